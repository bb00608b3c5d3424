"""Articles to a folder of tags that no crash can spoil: shards, a log of commits, resume, engines.

The folder holds ``part-000000.jsonl`` and so on, and ``_run/`` with what is known of the run (readers of data sets
pass over names that begin with an underscore). A shard is a fixed stretch of the input stream, cut by counts alone;
it exists when its line stands in ``_run/shards.jsonl``, so that a run which continues after a crash writes the very
bytes that an undisturbed run writes, whatever the engine and the number of workers.
"""

from stancewire.batch.engines import Engine, InProcess, LocalProcesses, threads_each
from stancewire.batch.one_file import write_file
from stancewire.batch.reading import ShardSize
from stancewire.batch.run import Job, Progress, run_batch

__all__ = [
    "Engine",
    "InProcess",
    "Job",
    "LocalProcesses",
    "Progress",
    "ShardSize",
    "run_batch",
    "threads_each",
    "write_file",
]
