"""What a run told while its MLflow store could not be written to: kept in a folder, sent later, in the same order."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancewire.errors import InputError
from stancewire.files import parse_json_object, read_bytes, read_jsonl, write_json
from stancewire.metrics import Metric
from stancewire.runs import Keeper, RunInfo

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD, CALLS, FILES = "run.json", "calls.jsonl", "files"


@dataclass(slots=True)
class Head:
    """What is known of the run.

    Attributes
    ----------
    run_id
        The run in the store, when it was opened there before the store failed.
    parent
        Run id, or name of the folder, of the run it is nested in.
    started
        Milliseconds since 1970.
    status
        ``FINISHED`` or ``FAILED``; `None` while the run is open, and after its process was killed.
    """

    experiment: str
    name: str
    description: str
    tags: dict[str, str]
    started: int
    register_as: str | None = None
    run_id: str | None = None
    parent: str | None = None
    status: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {name: getattr(self, name) for name in self.__slots__}


def new_head(experiment: str, info: RunInfo, register_as: str | None, parent: str | None) -> Head:
    """The head of a run that starts now."""
    started = int(time.time() * 1000)
    return Head(experiment, info.name, info.description, dict(info.tags), started, register_as, parent=parent)


class Spool:
    """A `Keeper` that writes each call as a line of ``calls.jsonl``, and copies of files beside it."""

    def __init__(self, unsent: Path, head: Head) -> None:
        self.head = head
        self.folder = unsent / f"{head.started}-{head.name}-{uuid.uuid4().hex[:6]}"
        (self.folder / FILES).mkdir(parents=True)
        self.save()

    def save(self) -> None:
        """Write the head as it is now."""
        write_json(self.folder / HEAD, self.head.to_dict())

    def _keep(self, call: str, **arguments: Any) -> None:
        with (self.folder / CALLS).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"call": call, "arguments": arguments}, default=str) + "\n")

    def _copy(self, path: Path) -> str:
        """Copy a file or folder; returns its place within the spool."""
        place = f"{FILES}/{uuid.uuid4().hex[:8]}/{path.name}"
        target = self.folder / place
        target.parent.mkdir()
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy2(path, target)
        return place

    def params(self, values: Mapping[str, Any]) -> None:
        """See `Keeper`."""
        self._keep("params", values=dict(values))

    def tags(self, values: Mapping[str, str]) -> None:
        """See `Keeper`."""
        self._keep("tags", values=dict(values))

    def describe(self, text: str) -> None:
        """See `Keeper`."""
        self._keep("describe", text=text)

    def metrics(self, values: Mapping[str, Metric], prefix: str = "") -> None:
        """See `Keeper`."""
        self._keep("metrics", values={name: list(metric) for name, metric in values.items()}, prefix=prefix)

    def step_metric(self, name: str, value: float, step: int) -> None:
        """See `Keeper`."""
        self._keep("step_metric", name=name, value=float(value), step=step)

    def figure(self, name: str, figure: Figure) -> None:
        """See `Keeper`; the picture is drawn now."""
        place = self.folder / FILES / uuid.uuid4().hex[:8]
        place.mkdir()
        figure.savefig(place / f"{name}.png")
        self._keep("file", path=(place / f"{name}.png").relative_to(self.folder).as_posix(), folder="figures")

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Keeper`."""
        self._keep("table", name=name, rows=[dict(row) for row in rows])

    def file(self, path: Path, folder: str) -> None:
        """See `Keeper`; a copy is kept."""
        self._keep("file", path=self._copy(path), folder=folder)

    def text(self, name: str, content: str) -> None:
        """See `Keeper`."""
        self._keep("text", name=name, content=content)

    def dataset(self, name: str, rows: Sequence[Mapping[str, Any]], digest: str, context: str) -> None:
        """See `Keeper`."""
        self._keep("dataset", name=name, rows=[dict(row) for row in rows], digest=digest, context=context)

    def document(self, name: str, content: Mapping[str, Any]) -> None:
        """See `Keeper`."""
        self._keep("document", name=name, content=dict(content))

    def model(self, bundle: Path) -> None:
        """See `Keeper`; a copy is kept, since the next training may replace the bundle."""
        self._keep("model", bundle=self._copy(bundle))


def read_head(folder: Path) -> Head:
    """Read what `Spool` wrote.

    Raises
    ------
    InputError
        When the head is not one of ours.
    """
    data = parse_json_object(read_bytes(folder / HEAD), str(folder / HEAD))
    try:
        return Head(**data)
    except TypeError as error:
        raise InputError(f"{folder / HEAD}: not a kept run ({error}). Remove the folder.") from None


def replay(folder: Path, keeper: Keeper) -> None:
    """Make every kept call again, in order."""
    if not (folder / CALLS).exists():
        return
    for _, row in read_jsonl(folder / CALLS):
        arguments = row["arguments"]
        match row["call"]:
            case "metrics":
                arguments["values"] = {name: Metric(*m) for name, m in arguments["values"].items()}
            case "file":
                arguments["path"] = folder / arguments["path"]
            case "model":
                arguments["bundle"] = folder / arguments["bundle"]
        getattr(keeper, row["call"])(**arguments)


def spools(unsent: Path) -> Iterator[Path]:
    """Folders of kept runs, oldest first: a parent comes before its children."""
    yield from sorted(path.parent for path in unsent.glob(f"*/{HEAD}"))
