"""The codebook: which topics there are, what each one's stance is about, and the rules to label by."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from stancewire.errors import InputError, ProblemsError
from stancewire.files import Locate, canonical_json, read_yaml, sha256

FAVOR, AGAINST, NEUTRAL = "favor", "against", "neutral"
STANCES = (FAVOR, AGAINST, NEUTRAL)
ABSENT = "absent"
"""In place of a stance: the sentence has not the topic."""

Model = TypeVar("Model", bound=BaseModel)
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """A test sentence of a rule: the stance it must get, or ``absent`` when it has not the topic."""

    text: Text
    stance: Literal["favor", "against", "neutral", "absent"]
    why: Text


class Topic(_Strict):
    """One topic and the proposition that its stance is about (the *target*)."""

    id: Name
    title: Text
    definition: Text
    includes: tuple[Text, ...] = ()
    excludes: tuple[Text, ...] = ()
    target: Text
    examples: tuple[Example, ...] = ()


class RuleTest(_Strict):
    """A sentence that a model which knows a rule gets right on one topic."""

    kind: Literal["positive", "negative", "edge"]
    text: Text
    topic: Name
    stance: Literal["favor", "against", "neutral", "absent"]


class Rule(_Strict):
    """One rule of labelling, with the sentences it is tested by."""

    id: Name
    text: Text
    tests: tuple[RuleTest, ...] = ()


class Codebook(_Strict):
    """Topics in order, and the stances; read with `read_codebook`."""

    name: Text
    version: int = Field(ge=1)
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    stances: tuple[Literal["favor"], Literal["against"], Literal["neutral"]] = ("favor", "against", "neutral")
    topics: tuple[Topic, ...]
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Codebook:
        if not self.topics:
            raise ValueError("a codebook needs at least one topic")
        ids = [topic.id for topic in self.topics] + [rule.id for rule in self.rules]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"id used twice: {', '.join(twice)}")
        unknown = sorted({test.topic for rule in self.rules for test in rule.tests} - set(self.topic_ids))
        if unknown:
            raise ValueError(f"rule tests name topics that the codebook has not: {', '.join(unknown)}")
        return self

    @property
    def topic_ids(self) -> tuple[str, ...]:
        """Topic ids in the codebook's order, which is the class order of every model."""
        return tuple(topic.id for topic in self.topics)

    @cached_property
    def hash(self) -> str:
        """Sha256 over the canonical JSON form: any change of a word changes it."""
        return sha256(canonical_json(self.model_dump(mode="json")))


def read_codebook(path: Path) -> Codebook:
    """Read and validate a codebook.

    Raises
    ------
    ProblemsError
        With every problem of the file, each with its line.
    """
    data, locate = read_yaml(path)
    return parse_codebook(data, str(path), locate)


def parse_codebook(data: Any, where: str, locate: Locate | None = None) -> Codebook:
    """Validate an already parsed codebook; raises as `read_codebook` does."""
    return validate(Codebook, data, where, locate)


def validate(model: type[Model], data: Any, where: str, locate: Locate | None = None) -> Model:
    """Validate data from a file of ours with pydantic; all problems become `ProblemsError` lines."""
    if not isinstance(data, dict):
        raise InputError(f"{where}: found {type(data).__name__}, expected a mapping of keys.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            place = f"{where}:{locate(problem['loc'])}" if locate else where
            lines.append(f"{place}: {_explain(dict(problem))}")
        raise ProblemsError(lines) from None


def _explain(problem: dict[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "the file"
    match problem["type"]:
        case "extra_forbidden":
            return f"unknown key '{key}'. Remove it or correct its spelling."
        case "missing":
            return f"'{key}' is missing."
        case "value_error":
            return f"{key}: {problem['ctx']['error']}."
        case _:
            found = repr(problem["input"])
            shown = found if len(found) <= 60 else found[:57] + "..."
            return f"'{key}': {problem['msg']} (found {shown})."
