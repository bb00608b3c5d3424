"""Tags as a table for the eye: sentence, topics with their stances, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from stancewire.cli.terminal import STANCE_MARKS, STANCE_STYLES
from stancewire.records import Label, Tag


def tag_table(tags: Sequence[Tag]) -> Table:
    """One row per sentence; background sentences are dimmed, a ``?`` marks what a person should look at."""
    table = Table(show_lines=False, expand=True, pad_edge=False)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column("sentence", ratio=3)
    table.add_column("topic and stance", min_width=34, no_wrap=True)
    table.add_column("whose", ratio=1)
    doc = None
    for tag in tags:
        if tag.doc != doc:
            doc = tag.doc
            table.add_section()
            table.add_row("", Text(doc, style="bold"), "", "")
        sentence = Text(tag.text, style="" if tag.labels else "dim")
        table.add_row(str(tag.n), sentence, _topics(tag), _holders(tag.labels.values()))
    return table


def _topics(tag: Tag) -> Text:
    lines = [
        Text(
            f"{STANCE_MARKS[label.stance]} {topic} {label.stance} {tag.topic_p[topic]:.2f}",
            STANCE_STYLES[label.stance],
        )
        for topic, label in tag.labels.items()
    ]
    if tag.review:
        lines.append(Text("? look at this one", style="yellow"))
    return Text("\n").join(lines)


def _holders(labels: Iterable[Label]) -> Text:
    """Each holder once, in order."""
    return Text("\n".join(dict.fromkeys(label.holder for label in labels if label.holder)))
