"""Users' articles in: files of many formats to a stream of `Article`.

`read_articles` is the one door. A reader is one short file per format; each yields articles or raises
`InputError` for a bad record, which stops the stream or, with ``on_error="skip"``, is handed to the caller's
`reject`.
"""

from stancewire.articles.entries import Entry
from stancewire.articles.options import ReadOptions
from stancewire.articles.remote import Location, Remote
from stancewire.articles.stream import STDIN, InputFile, read_articles, repeated_id
from stancewire.articles.units import Unit, units_of
from stancewire.articles.walk import find_files

__all__ = [
    "STDIN",
    "Entry",
    "InputFile",
    "Location",
    "ReadOptions",
    "Remote",
    "Unit",
    "find_files",
    "read_articles",
    "repeated_id",
    "units_of",
]
