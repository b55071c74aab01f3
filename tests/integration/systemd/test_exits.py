"""The exit status of services that cannot start, by hand and as the main process of a unit."""

import subprocess
import sys

import pytest

DATABASE = "database:\n  data_dir: {data}\n  rqlite_join_address: 192.0.2.1:7001\n"
NODE = {"node.yaml": f"node:\n  data_dir: {{data}}\n{{more}}{DATABASE}"}
GATEWAY = {"gateway.yaml": "data_dir: {data}\n{more}"}
PROGRAMS = {"node": NODE, "rqlite": NODE, "gateway": GATEWAY}
# What systemd tells the main process of a unit: its own number.
UNIT = 'SYSTEMD_EXEC_PID=$$; export SYSTEMD_EXEC_PID; exec "$@"'


@pytest.fixture(params=PROGRAMS)
def start(request, tmp_path):
    """Start a service with some text in its configuration and a data directory; return exit status and words."""

    def run(more, data=tmp_path, *, unit):
        ((name, text),) = PROGRAMS[request.param].items()
        (tmp_path / name).write_text(text.format(more=more, data=data))
        (tmp_path / name).chmod(0o600)
        code = f"from debros.{request.param}.main import main; main()"
        program = [sys.executable, "-c", code, "--config", tmp_path / name]
        command = ["sh", "-c", UNIT, "sh", *program] if unit else program
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize("more", ["surprise: 1\n", "tab:\t- [\n"], ids=["unknown key", "no YAML"])
def test_a_configuration_that_is_wrong_by_itself(start, more):
    by_hand, said = start(more, unit=False)
    in_a_unit, the_same = start(more, unit=True)
    assert (by_hand, in_a_unit) == (1, 78)
    assert said == the_same
    assert "Configuration errors (1):" in said


def test_what_the_host_may_mend_is_tried_again(start, tmp_path):
    """A file where the data directory should be; it might as well be a disk that is not there yet."""
    (tmp_path / "file").touch()
    status, said = start("", tmp_path / "file", unit=True)
    assert status == 1
    assert "is not a directory" in said
