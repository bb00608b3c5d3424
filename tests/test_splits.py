from stancewire.records import Label, LabelledSentence, Sentence
from stancewire.splits import UnionFind, clusters, near_duplicates, split_documents

LONG = "The defence minister of the republic promised forty tanks to the army of its neighbour on {}"


def row(doc: str, n: int, text: str, **more: object) -> LabelledSentence:
    """A labelled sentence without a topic."""
    return LabelledSentence(f"{doc}.{n}", doc, n, Sentence(text), more.pop("labels", {}), **more)  # type: ignore[arg-type]


def many(count: int) -> list[LabelledSentence]:
    """Documents of ten sentences that have nothing in common."""
    return [row(f"d{i}", n, f"Word{i}x{n}.") for i in range(count) for n in range(10)]


def test_near_duplicates_are_found_and_other_sentences_are_not() -> None:
    rows = [
        row("a", 0, LONG.format("Monday")),
        row("b", 0, LONG.format("Tuesday")),
        row("c", 0, "Rain fell on the old harbour town while its fishermen mended nets all week."),
    ]
    assert near_duplicates(rows) == [("a.0", "b.0")]


def test_short_sentences_repeat_by_chance() -> None:
    assert near_duplicates([row("a", 0, "He refused."), row("b", 0, "He refused.")]) == []


def test_documents_that_share_wire_copy_are_one_cluster() -> None:
    rows = [row("a", 0, LONG.format("Monday")), row("b", 0, LONG.format("Monday")), row("c", 0, "Rain fell.")]
    assert clusters(rows) == {"a": "a", "b": "a", "c": "c"}


def test_the_halves_of_a_minimal_pair_are_one_cluster() -> None:
    rows = [row("a", 0, "He agreed.", pair="p1"), row("b", 0, "He refused.", pair="p1"), row("c", 0, "Rain fell.")]
    assert clusters(rows) == {"a": "a", "b": "a", "c": "c"}


def test_windows_of_one_article_are_one_cluster_whatever_their_ids() -> None:
    rows = [row("a", 0, "One.", origin="u"), row("b", 0, "Two.", origin="u"), row("c", 0, "Six.", origin="v")]
    assert clusters(rows) == {"a": "a", "b": "a", "c": "c"}


def test_about_the_wanted_share_is_held_out() -> None:
    held_out = split_documents(many(40), 0.25, seed=0)
    assert len(held_out) == 10


def test_the_same_seed_holds_out_the_same_documents_and_another_seed_others() -> None:
    rows = many(40)
    assert split_documents(rows, 0.25, 7) == split_documents(list(reversed(rows)), 0.25, 7)
    assert split_documents(rows, 0.25, 7) != split_documents(rows, 0.25, 8)


def test_a_cluster_is_never_cut() -> None:
    rows = many(30)
    pairs = [row(f"d{i}", 10, LONG.format(i // 2) + f" at the {i // 2} o'clock meeting in {i // 2}") for i in range(30)]
    held_out = split_documents(rows + pairs, 0.3, seed=1)
    home = clusters(rows + pairs)
    for cluster in set(home.values()):
        assert len({doc in held_out for doc, name in home.items() if name == cluster}) == 1


def test_rows_keep_the_split_they_carry() -> None:
    fixed = [row("dev", 0, "Rain fell.", split="dev"), row("train", 0, "Snow fell.", split="train")]
    for seed in range(5):
        held_out = split_documents(fixed + many(10), 0.2, seed)
        assert "dev" in held_out
        assert "train" not in held_out


def test_documents_follow_the_split_of_their_cluster() -> None:
    fixed = [row("x", 0, "One.", split="dev", origin="u"), row("y", 0, "Two.", split="train", origin="v")]
    free = [row("z", 0, "Six.", origin="u"), row("w", 0, "Ten.", origin="v")]
    assert split_documents(fixed + free, 0.25, 0) == frozenset({"x", "z"})


def test_only_candidates_are_held_out_and_none_that_is_like_another_document() -> None:
    rows = [row("own", 0, "One.", split="dev", origin="u"), row("alike", 0, "Two.", origin="u"), *many(10)]
    candidates = {r.doc for r in rows} - {"own"}
    for seed in range(20):
        held_out = split_documents(rows, 0.4, seed, candidates)
        assert len(held_out) == 4
        assert not held_out & {"own", "alike"}


def test_context_rows_do_not_count() -> None:
    rows = [row("a", 0, "One.", labels=None), row("b", 0, "Two.", labels={"aid": Label("neutral")})]
    assert split_documents(rows, 0.4, 0) == frozenset({"a"})


def test_union_keeps_the_smallest_representative_whatever_the_order() -> None:
    for joins in ([("a", "b"), ("b", "c")], [("c", "b"), ("b", "a")]):
        sets = UnionFind("abcd")
        for a, b in joins:
            sets.union(a, b)
        assert [sets.find(x) for x in "abcd"] == ["a", "a", "a", "d"]
