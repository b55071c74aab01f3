"""The bed's commands, from a test."""

import subprocess
from pathlib import Path

from hostkit.paths import BED


def bed(*args: object, check: bool = True, **options: object) -> str:
    """Run one command of the bed and return what it printed."""
    done = subprocess.run([BED, *map(str, args)], check=False, capture_output=True, text=True, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"bed {' '.join(map(str, args))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def bed_dir() -> Path:
    """Return the folder with the bed's state."""
    return Path(bed("dir").strip())


def names() -> dict[str, bool]:
    """Return every host of the bed, and whether it has power."""
    rows = [line.split() for line in bed("list").splitlines()]
    return {name: state == "up" for name, _, state in rows}
