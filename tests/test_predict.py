import os
import subprocess
import sys
from pathlib import Path

import pytest

from stancewire import Article, Tagger, load
from stancewire.errors import MissingError
from stancewire.holders import find_holder
from stancewire.predict import BATCH
from stancewire.records import Label, Sentence, Tag

ARTICLE = "Aid for Kyiv\n\nThe minister promised to send more tents. Rain fell on coats and on Oslo all week.\n"
HEAVY = ("torch", "transformers", "datasets", "pandas", "mlflow", "sklearn", "scipy", "matplotlib")


def test_a_plain_text_is_tagged_sentence_by_sentence(tagger: Tagger) -> None:
    first, second = tagger.tag(ARTICLE)
    assert (first.n, first.text) == (0, "The minister promised to send more tents.")
    assert first.labels == {"aid": Label("favor", find_holder(first.text))}
    assert (second.n, second.labels) == (1, {})


def test_offsets_hold_in_the_text_as_read(tagger: Tagger) -> None:
    assert [ARTICLE[tag.start : tag.end] for tag in tagger.tag(ARTICLE)] == [tag.text for tag in tagger.tag(ARTICLE)]


def test_a_tag_says_which_model_and_codebook_made_it(tagger: Tagger) -> None:
    tag = tagger.tag(ARTICLE)[0]
    assert tag.model == tagger.bundle.label
    assert tag.codebook == tagger.bundle.manifest.codebook.hash[:8]


def test_every_topic_has_its_probabilities_and_stances_sum_to_one(tagger: Tagger) -> None:
    tag = tagger.tag(ARTICLE)[0]
    assert list(tag.topic_p) == ["aid", "sport"]
    assert {topic: list(p) for topic, p in tag.stance_p.items()} == {
        "aid": ["favor", "against", "neutral"],
        "sport": ["favor", "against", "neutral"],
    }
    assert [sum(p.values()) for p in tag.stance_p.values()] == pytest.approx([1, 1], abs=2e-4)


def test_a_neutral_label_has_no_holder(tagger: Tagger) -> None:
    tag = tagger.tag("A convoy with tents left for Kyiv on day 7.")[0]
    assert tag.labels == {"aid": Label("neutral", None)}


def test_sentences_that_are_given_are_taken_as_they_are(tagger: Tagger) -> None:
    sentences = ("The minister promised to send more tents. And grain.", "Rain fell.")
    article = Article("x", "\n".join(sentences), sentences=sentences)
    tags = tagger.tag(article)
    assert [(t.n, t.text, article.text[t.start : t.end]) for t in tags] == [
        (0, sentences[0], sentences[0]),
        (1, sentences[1], sentences[1]),
    ]


def test_articles_across_batches_give_the_same_tags_in_the_same_order(tagger: Tagger) -> None:
    articles = [
        Article(f"a{i}", f"The minister promised to send more tents to {i}.\nRain fell {i} times.")
        for i in range(BATCH)
    ]
    together = list(tagger.tag_many(articles))
    assert [(t.doc, t.n) for t in together] == [(a.doc, n) for a in articles for n in (0, 1)]
    assert together == [tag for article in articles for tag in tagger.tag(article)]


def test_tags_come_before_the_last_article_is_read(tagger: Tagger) -> None:
    read = []

    def articles() -> object:
        for i in range(10 * BATCH):
            read.append(i)
            yield Article(str(i), "Rain fell.")

    next(tagger.tag_many(articles()))  # type: ignore[arg-type]
    assert len(read) == BATCH


def test_nothing_in_gives_nothing_out(tagger: Tagger) -> None:
    assert list(tagger.tag_many([])) == []
    probabilities = tagger.predict_proba([])
    assert (probabilities.topic.shape, probabilities.stance.shape) == ((0, 2), (0, 2, 3))


def test_a_doubtful_sentence_is_marked_for_review(tagger: Tagger) -> None:
    threshold = tagger.bundle.manifest.thresholds
    texts = ["The minister promised tents.", "Tents.", "The match.", "Send.", "Rain in Oslo", "Any coats left?", "Kyiv"]
    for tag in (tag for text in texts for tag in tagger.tag(Article("x", text, sentences=(text,)))):
        near = any(abs(tag.topic_p[t] - float(threshold[k])) < 0.1 for k, t in enumerate(("aid", "sport")))
        split = any(max(tag.stance_p[topic].values()) < 0.5 for topic in tag.labels)
        assert tag.review == (near or split)


def test_the_context_of_a_sentence_is_its_title_and_what_stands_before(tagger: Tagger) -> None:
    alone = tagger.predict_proba([Sentence("The minister promised tents.")])
    within = tagger.predict_proba([Sentence("The minister promised tents.", "News", ("Rain fell.",))])
    assert alone.topic.tolist() == within.topic.tolist()  # the tiny model reads no context


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="nowhere: "):
        load(tmp_path / "nowhere")


def test_public_names_are_found_and_others_are_not() -> None:
    import stancewire

    assert (stancewire.load, stancewire.Tag) == (load, Tag)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        stancewire.nothing  # noqa: B018


def loaded_after(code: str) -> list[str]:
    """Heavy packages that a fresh Python has loaded after running some code."""
    tell = f"import sys; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True, env=os.environ
    )
    return done.stdout.split()


def test_predicting_imports_nothing_heavy(bundle_folder: Path) -> None:
    assert loaded_after(f"from stancewire import load; load({str(bundle_folder)!r}).tag('Rain fell.')") == []


def test_help_imports_nothing_heavy_nor_numpy() -> None:
    code = "import sys; sys.argv[1:] = ['--help']\nfrom stancewire.cli import group; group.main(standalone_mode=False)"
    shown = loaded_after(
        code + "\nprint('numpy' in sys.modules, 'pyarrow' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    assert shown[-3:] == ["False", "False", "False"]
    assert not set(shown) & set(HEAVY)
