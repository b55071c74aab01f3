"""Starts debros-enrol the way systemd does, run as `door.py ETC KEYS CONFIG STATE`: each start with fresh credentials.

What is loaded, and under which names, is read from the unit itself; a directory's files are named `<id>_<file>`
(systemd.exec(5), LoadCredential=).
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

UNIT = Path(__file__).resolve().parents[3] / "systemd" / "debros-enrol.service"


def load(etc: Path, keys: Path, config: Path, into: Path) -> None:
    here = {"/etc/debros": etc, "/opt/debros/keys": keys, "/opt/debros/configs": config.parent}
    for name, source in re.findall(r"^LoadCredential=([^:]+):(\S+)$", UNIT.read_text(), re.MULTILINE):
        (base,) = [base for base in here if source.startswith(base)]
        path = here[base] / source.removeprefix(base).lstrip("/")
        if path.is_dir():
            for file in path.rglob("*"):
                if file.is_file():
                    shutil.copy(file, into / f"{name}_{'_'.join(file.relative_to(path).parts)}")
        else:
            shutil.copy(path, into / name)


def main() -> None:
    etc, keys, config, state = map(Path, sys.argv[1:])
    credentials = Path(tempfile.mkdtemp(prefix="door", dir=etc.parent))
    load(etc, keys, config, credentials)
    state.mkdir(exist_ok=True)
    environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(credentials), "STATE_DIRECTORY": str(state)}
    code = "from debros.enrol.door.main import main; main()"
    os.execve(sys.executable, [sys.executable, "-c", code], environment)


if __name__ == "__main__":
    main()
