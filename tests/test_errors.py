from __future__ import annotations

import pytest

from stancewire.errors import (
    BundleError,
    InputError,
    MissingError,
    OutputError,
    ProblemsError,
    StancewireError,
    did_you_mean,
    raise_problems,
)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [(InputError, ValueError), (MissingError, FileNotFoundError), (OutputError, OSError), (BundleError, ValueError)],
)
def test_every_error_is_ours_and_a_built_in(error, builtin):
    assert issubclass(error, StancewireError)
    assert issubclass(error, builtin)


def test_all_problems_are_in_one_message():
    with pytest.raises(ProblemsError, match=r"^a:1: x\nb:2: y$") as raised:
        raise_problems(["a:1: x", "b:2: y"])
    assert raised.value.problems == ("a:1: x", "b:2: y")


def test_no_problems_raise_nothing():
    raise_problems([])


@pytest.mark.parametrize(("found", "hint"), [("positve", " Did you mean 'positive'?"), ("zzz", "")])
def test_the_nearest_known_word_is_offered(found, hint):
    assert did_you_mean(found, ("positive", "negative")) == hint
