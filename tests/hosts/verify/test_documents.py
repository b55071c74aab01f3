"""What operate.md and units.md tell somebody to look at is typed on a real host, as it stands there."""

import pytest

from testkit.docblocks import OPERATORS, ROOT, looks

LINES = list(dict.fromkeys(line for page in OPERATORS for line in looks(ROOT / page)))


@pytest.mark.parametrize("line", LINES)
def test_it_can_be_typed(machine, line):
    done = machine.attempt(f"sudo sh -c 'export SYSTEMD_PAGER=cat; {line.replace(chr(39), chr(34))}'")
    # journalctl -g finds nothing: 1; systemctl status of what does not run: 3
    assert done.returncode in ({0, 1} if line.startswith("journalctl") else {0, 3}), done.stderr
    for word in ("unrecognized", "invalid option", "Unknown", "Failed to", "Usage:", "not found"):
        assert word not in done.stderr, done.stderr
