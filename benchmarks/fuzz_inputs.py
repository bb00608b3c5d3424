"""Mutated input files against the readers: whatever stands in a file, it is read, or refused in one line.

    python benchmarks/fuzz_inputs.py --times 10000 --seed 0

Good files of every format are damaged (bytes flipped, cut, doubled, replaced by nasty ones) and read with both ways
of handling errors; every article is split into sentences. Anything but articles or a `StancewireError` is a bug: the
input is kept beside the message.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pyarrow
import pyarrow.parquet

from stancewire.articles import ReadOptions, read_articles, units_of
from stancewire.errors import StancewireError

ROWS = [
    {"id": "a", "title": "Grain", "date": "2024-11-13", "text": "The minister promised more tents. “No!” he said."},
    {
        "id": "b",
        "title": "Ünïcode",
        "date": None,
        "text": "Brüssel sagt nein 🌧️.\r\nRain fell.\n\n- on Oslo\n- and Rome",
    },
    {"sentences": ["One.", "Two."], "source": {"deep": [1, 2.5, None, True]}},
]
PAGE = "<html><head><title>T</title></head><body><article><p>{}</p></article></body></html>"
NASTY = [
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"'", b"{", b"}", b"[" * 3000, b"\\ud800",
    b"\\u0000", b"9" * 5000, b"-1e999", b"NaN", b"null", b"\t", b",", b"<", b"]]>", b"\xe2\x80\xae", b"\xcc\x81" * 50,
    b"WARC/1.0\r\n", b"Content-Length: -1\r\n", b"PAR1", b"text", b"sentences", b"id",
]  # fmt: skip


def good_files() -> dict[str, bytes]:
    """One file of every format."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
    flat = [{key: str(row.get(key, "")) for key in ("id", "title", "date", "text")} for row in ROWS[:2]]
    csv = "id,title,date,text\n" + "".join('{id},"{title}",{date},"{text}"\n'.format(**row) for row in flat)
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(flat), sink)
    body = PAGE.format("The minister promised more tents to the people who had lost their homes. " * 5).encode()
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
    head = f"WARC-Type: response\r\nWARC-Target-URI: http://x.org/\r\nContent-Length: {len(http)}\r\n\r\n".encode()
    warc = b"WARC/1.0\r\n" + b"Content-Type: application/http; msgtype=response\r\n" + head + http + b"\r\n\r\n"
    return {
        "a.txt": b"Grain leaves\n\nThe minister promised more. Rain fell.\nSource: Daily",
        "a.md": b"---\ntitle: x\n---\n# Grain\n\n- The minister promised.\n- Rain fell.",
        "a.html": body,
        "a.jsonl": lines,
        "a.jsonl.gz": gzip.compress(lines),
        "a.jsonl.zst": pyarrow.compress(lines, "zstd", asbytes=True),
        "a.csv": csv.encode(),
        "a.tsv": csv.replace(",", "\t").encode(),
        "a.parquet": sink.getvalue(),
        "a.warc": warc,
        "a.warc.gz": gzip.compress(warc),
    }


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to four damages."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(made) + 1), chance.choice([1, 1, 2, 8, 64])
        match chance.randrange(5):
            case 0:
                made[at : at + length] = chance.randbytes(length)
            case 1:
                made[at:at] = chance.choice(NASTY)
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = made[at : at + 64]
            case _:
                del made[at:]
    return bytes(made)


def read(path: Path, on_error: str) -> str:
    """How a file was met: ``articles``, ``rejected`` or ``refused``."""
    rejects: list[str] = []
    options = ReadOptions(on_error=on_error, reject=rejects.append)  # type: ignore[arg-type]
    try:
        for article in read_articles([str(path)], options):
            for unit in units_of(article):
                if article.text[unit.start : unit.end] != unit.sentence.text:
                    raise AssertionError("a span does not hold its sentence")
    except StancewireError as error:
        if "\n" in str(error):
            raise AssertionError("a message of more than one line") from error
        return "refused"
    return "rejected" if rejects else "articles"


def main() -> None:
    """Run, count, and end with 1 when there was a bug."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "stancewire-fuzz")
    asked = parser.parse_args()
    chance, files, met, bugs = random.Random(asked.seed), good_files(), Counter[str](), 0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.times):
            name = list(files)[number % len(files)]
            path = Path(folder) / name
            path.write_bytes(mutate(files[name], chance))
            try:
                met[read(path, chance.choice(["stop", "skip"]))] += 1
            except Exception:
                bugs += 1
                asked.keep.mkdir(exist_ok=True)
                (asked.keep / f"{number}-{name}").write_bytes(path.read_bytes())
                print(f"{number} {name}: {traceback.format_exc().splitlines()[-1]}")
    counts = ", ".join(f"{n} {how}" for how, n in sorted(met.items()))
    print(f"{asked.times} mutated inputs in {time.perf_counter() - begun:.0f} s: {counts}; {bugs} bugs")
    raise SystemExit(bugs > 0)


if __name__ == "__main__":
    main()
