"""Web archives, as crawlers and Common Crawl News write them: the HTML pages of a WARC file, by ``warcio``."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from typing import IO, Any

from stancewire.articles.document import article_from_html
from stancewire.articles.entries import Entry
from stancewire.articles.options import MAX_CHARS
from stancewire.errors import InputError, MissingError, first_line
from stancewire.records import Article


@dataclass(frozen=True, slots=True)
class Page:
    """An archived page; its id is the address and the time of the visit, since crawlers come again."""

    html: bytes
    charset: str
    where: str
    url: str
    visited: str

    def article(self) -> Article:
        """See `Entry`; the date is the page's own, else that of the visit."""
        if len(self.html) > MAX_CHARS:
            raise InputError(f"{self.where}: a page of more than {MAX_CHARS:,} bytes, expected an article.")
        try:
            html = self.html.decode(self.charset, "replace")
        except (LookupError, ValueError):  # a charset that nobody knows, or with a NUL in its name
            html = self.html.decode("utf-8", "replace")
        try:
            article = article_from_html(html, f"{self.url}@{self.visited}")
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from None
        return replace(article, date=article.date or self.visited[:10] or None, extra={"url": self.url})

    def original(self) -> Mapping[str, Any]:
        """See `Entry`; the page itself is not copied."""
        return {"url": self.url, "visited": self.visited}


def warc_entries(stream: IO[bytes], name: str) -> Iterator[Entry]:
    """HTML responses of a WARC stream (gzipped records too); requests, images and errors are passed over.

    Raises
    ------
    MissingError
        When the extra ``warc`` is not installed.
    InputError
        Where the archive is damaged.
    """
    try:
        from warcio.archiveiterator import ArchiveIterator
    except ImportError:
        raise MissingError("WARC needs an extra: pip install 'stancewire[warc]'") from None
    archive, number = ArchiveIterator(stream), 0
    while True:
        try:
            with redirect_stderr(io.StringIO()) as said:
                record = next(archive, None)
                number += 1
                page = _page(record, f"{name}:{number}") if record and _is_page(record) else None
        except (InputError, OSError):
            raise
        except Exception as error:  # warcio lets slip whatever a damaged record makes it meet
            raise InputError(f"{name}: not a readable WARC file at record {number} ({first_line(error)}).") from None
        if said.getvalue():  # warcio would only complain, and lose what stands between two records
            raise InputError(f"{name}: not a readable WARC file at record {number} (a wrong Content-Length before it).")
        if record is None:
            return
        if page:
            yield page


def _is_page(record: Any) -> bool:
    if record.rec_type != "response" or not record.http_headers:
        return False
    kind = record.http_headers.get_header("Content-Type") or ""
    return "html" in kind.lower() and record.http_headers.get_statuscode() == "200"


def _page(record: Any, where: str) -> Page:
    kind = (record.http_headers.get_header("Content-Type") or "").lower()
    _, _, charset = kind.partition("charset=")
    headers = record.rec_headers
    return Page(
        record.content_stream().read(MAX_CHARS + 1),
        charset.split(";")[0].strip(" \"'") or "utf-8",
        where,
        headers.get_header("WARC-Target-URI") or where,
        headers.get_header("WARC-Date") or "",
    )
