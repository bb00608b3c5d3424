"""A whole file that is one article: ``.txt``, ``.md``, ``.html``."""

from __future__ import annotations

import logging
import re

from stancewire.articles.record import check_length
from stancewire.errors import InputError, MissingError
from stancewire.records import Article
from stancewire.text import is_hard_wrapped

_FRONT_MATTER = re.compile(r"\A---\r?\n.*?\r?\n---\r?\n", re.DOTALL)
_SOURCE_NOTE = re.compile(r"\r?\n[ \t]*(?:Original )?Source:[ \t]*(\S[^\r\n]{0,300})\s*\Z", re.IGNORECASE)
_TITLE_LINE = re.compile(r"\s*+(?:#{1,6} )?(?P<title>\S[^\r\n]{0,199}+)\r?\n(?P<blank>[ \t]*+\r?\n)?\s*+(?=\S)")


def article_from_text(text: str, doc: str) -> Article:
    """An article from plain text or Markdown.

    The first line is the title when other text follows it, it is at most 200 characters long and does not end
    in a full stop (in hard-wrapped text a blank line must follow it). A last line ``Original Source: ...`` and a
    Markdown front matter are not part of the body. `Article.text` is the file as read, so offsets hold in it.
    """
    check_length(text)
    front = _FRONT_MATTER.match(text)
    start = front.end() if front else 0
    note = _SOURCE_NOTE.search(text, max(start, len(text) - 400))
    end = note.start() if note else len(text)
    line = _TITLE_LINE.match(text, start, end)
    title = ""
    if line and _is_title(line, text):
        title, start = line["title"].strip(), line.end()
    extra = {"source": note[1].strip()} if note else {}
    return Article(doc=doc, text=text, title=title, extra=extra, body=(start, end))


def _is_title(line: re.Match[str], text: str) -> bool:
    if line["title"].rstrip().endswith("."):
        return False
    return bool(line["blank"]) or not is_hard_wrapped(text.splitlines()[:40])


def article_from_html(html: str, doc: str) -> Article:
    """The main text of a web page, with its title and date, found by trafilatura.

    Raises
    ------
    MissingError
        When the extra ``html`` is not installed.
    InputError
        When the page has no main text.
    """
    try:
        import trafilatura
    except ImportError:
        raise MissingError("HTML needs an extra: pip install 'stancewire[html]'") from None
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it would print what is raised below
    found = trafilatura.bare_extraction(
        html, with_metadata=True, include_comments=False, include_tables=False, favor_precision=True
    )
    text = (found.text or "") if found else ""
    if not text.strip():
        raise InputError("found no main text in the page; expected an article.")
    title = found.title or ""
    heading = len(title) if title and text.startswith(f"{title}\n") else 0
    body = (heading, len(text))
    return Article(doc=doc, text=check_length(text), title=title, date=found.date, body=body)
