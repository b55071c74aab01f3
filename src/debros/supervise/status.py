"""The status file: one JSON document, replaced atomically, so that a reader never sees half of it."""

import json
from pathlib import Path
from typing import Any

from debros import files


def write_status(path: Path, document: dict[str, Any]) -> None:
    """Replace the file's content.

    Not synced to disk: it describes running processes and means nothing after a power cut.

    Raises:
        OSError: The file cannot be written; the old one is untouched.
    """
    files.replace(path, json.dumps(document, indent=1), durable=False)


def read_status(path: Path) -> dict[str, Any] | None:
    """Return the document; None when there is none or it is not a JSON object."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None
