"""Run the README's `sh` blocks in order, in a fresh clone of this checkout that borrows its .venv."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SKIP = ("git clone", "cd stancewire", "make test")  # the clone is made here; the tests have just run


def main() -> int:
    """Exit code of the first command that fails, else 0."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    commands = [line for line in lines if line and not line.startswith(("#", *SKIP))]
    if not commands:
        sys.exit("README.md has no sh block: nothing was checked")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "stancewire")
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
        Path(folder, ".venv").symlink_to(ROOT / ".venv")
        for stamp in (".dev", ".predict"):  # newer than the clone's files: make must not install anew
            (ROOT / ".venv" / stamp).touch()
        for command in commands:
            print(f"$ {command}", flush=True)
            shell = f'export PATH="$PWD/.venv/bin:$PATH"; {command}'
            done = subprocess.run(["bash", "-c", shell], cwd=folder, check=False)
            if done.returncode:
                return done.returncode
    print(f"{len(commands)} commands of the README ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
