"""The codebook: which topics there are, what each one's stance is about, and the rules to label by."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from stancewire.files import Locate, canonical_json, read_yaml, sha256
from stancewire.validation import validate

FAVOR, AGAINST, NEUTRAL = "favor", "against", "neutral"
STANCES = (FAVOR, AGAINST, NEUTRAL)
ABSENT = "absent"
"""In place of a stance: the sentence has not the topic."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Answer = Literal["favor", "against", "neutral", "absent"]
"""What a sentence is given on one topic."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Example(_Strict):
    """A test sentence of a rule: the stance it must get, or ``absent`` when it has not the topic."""

    text: Text
    stance: Answer
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
    stance: Answer


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
