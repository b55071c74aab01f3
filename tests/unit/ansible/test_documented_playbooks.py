"""Every ansible-playbook command in the documents, in a block or in the text, is one that Ansible takes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.docblocks import ROOT, documents

PARSE = """
import json, sys
from ansible.cli.playbook import PlaybookCLI
for words in json.load(sys.stdin):
    try:
        PlaybookCLI(words).parse()
    except SystemExit as end:
        sys.exit(f"{words}: {end}")
"""


def told() -> list[list[str]]:
    """Return the words of each, with an inventory and values for what stands there for them."""
    found = set()
    for document in documents():
        for line in re.findall(r"(?:`| {4}|^)(ansible-playbook [^`\n#]+)", document.read_text(), re.MULTILINE):
            found.add(" ".join(re.sub(r"-i …", "-i inventories/prod", line.replace("[", "").replace("]", "")).split()))
    return [line.split() for line in sorted(found)]


def run(words: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        words, cwd=ROOT, env=env, input=text, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.fixture(scope="module")
def commands() -> list[list[str]]:
    found = told()
    assert len(found) > 12
    return found


def test_ansible_takes_their_options(commands: list[list[str]]) -> None:
    done = run([sys.executable, "-c", PARSE], json.dumps(commands))
    assert done.returncode == 0, done.stderr
    wrong = run([sys.executable, "-c", PARSE], json.dumps([[*commands[0], "--nonsense"]]))
    assert wrong.returncode != 0


def test_their_playbooks_can_be_read(commands: list[list[str]]) -> None:
    names = sorted({words[1] for words in commands if words[1].endswith(".yml")})
    assert len(names) > 8
    done = run(["ansible-playbook", "--syntax-check", "-i", "inventories/prod", *names])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("playbook: ") == len(names)
