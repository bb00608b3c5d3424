"""Label Studio's JSON: tasks with the sentence and its context, annotations with stances and holders.

A stance is a *choice* named like its topic, its holder a *text area* named ``<topic>_holder``. No annotation means
context only; an annotation without a result means that the sentence has no topic.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from stancewire.codebook import STANCES, Codebook
from stancewire.errors import InputError, first_line
from stancewire.records import Label, LabelledSentence

_HOLDER = "_holder"


def label_config(codebook: Codebook) -> str:
    """The labelling interface to paste into a Label Studio project."""
    lines = ["<View>", '  <Text name="context" value="$before"/>', '  <Header value="$text"/>']
    lines.append('  <Text name="text" value="$text"/>')
    for topic in codebook.topics:
        lines.append(f"  <Header value={quoteattr(f'{topic.title}: {topic.target}')}/>")
        lines.append(f'  <Choices name="{topic.id}" toName="text" choice="single" showInline="true">')
        lines += [f'    <Choice value="{stance}"/>' for stance in STANCES]
        lines.append("  </Choices>")
        lines.append(f'  <TextArea name="{topic.id}{_HOLDER}" toName="text" maxSubmissions="1" placeholder="holder"/>')
    return "\n".join([*lines, "</View>", ""])


def to_tasks(rows: Sequence[LabelledSentence], codebook: Codebook) -> bytes:
    """Rows as Label Studio tasks."""
    tasks = [{"data": _data(row), "annotations": _annotations(row, codebook)} for row in rows]
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()


def from_tasks(
    text: str, where: str, codebook: Codebook
) -> Iterator[tuple[str, Mapping[str, Any], dict[str, Label] | None]]:
    """Place, data and labels of each task; the last annotation that was not cancelled counts.

    Raises
    ------
    InputError
        When the file is not an export of tasks, or holds something else as an annotation.
    """
    try:
        tasks = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: broken JSON at line {error.lineno} ({error.msg}).") from None
    if not isinstance(tasks, list) or not all(isinstance(t, dict) and isinstance(t.get("data"), dict) for t in tasks):
        raise InputError(f"{where}: expected a list of tasks with 'data'. In Label Studio, export as 'JSON'.")
    for number, task in enumerate(tasks, start=1):
        place = f"{where}: task {number}"
        try:
            valid = [a for a in task.get("annotations") or [] if not a.get("was_cancelled")]
            labels = _labels(valid[-1], codebook) if valid else None
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise InputError(f"{place}: an annotation is not Label Studio's ({first_line(error)}).") from None
        yield place, task["data"], labels


def _data(row: LabelledSentence) -> dict[str, Any]:
    data = {"id": row.id, "doc": row.doc, "n": row.n, "title": row.sentence.title, "text": row.text}
    return data | {"before": " ".join(row.sentence.before), "annotator": row.annotator, "pair": row.pair}


def _annotations(row: LabelledSentence, codebook: Codebook) -> list[dict[str, Any]]:
    if row.labels is None:
        return []
    result: list[dict[str, Any]] = []
    for topic in codebook.topic_ids:
        if topic in row.labels:
            label = row.labels[topic]
            result.append(_item(row.id, topic, "choices", {"choices": [label.stance]}))
            if label.holder is not None:
                result.append(_item(row.id, topic + _HOLDER, "textarea", {"text": [label.holder]}))
    return [{"result": result}]


def _item(i: str, name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": f"{i}-{name}", "from_name": name, "to_name": "text", "type": kind, "value": value}


def _labels(annotation: Mapping[str, Any], codebook: Codebook) -> dict[str, Label]:
    stances: dict[str, str] = {}
    holders: dict[str, str] = {}
    for item in annotation.get("result") or []:
        name, value = item.get("from_name", ""), item.get("value", {})
        if value.get("choices"):
            stances[name] = value["choices"][0]
        elif value.get("text") and name.endswith(_HOLDER):
            text = value["text"]
            holders[name.removesuffix(_HOLDER)] = text if isinstance(text, str) else text[0]
    known = [topic for topic in codebook.topic_ids if topic in stances]
    unknown = [topic for topic in stances if topic not in codebook.topic_ids]  # reported by the caller
    return {topic: Label(stances[topic], holders.get(topic)) for topic in (*known, *unknown)}
