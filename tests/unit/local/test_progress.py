import io

from debros.local.progress import Progress


def test_without_a_terminal_each_change_that_matters_is_a_line() -> None:
    out = io.StringIO()
    with Progress(["host1/node", "host1/gateway"], out) as progress:
        for state in ("waiting", "starting", "backoff", "starting", "ready", "ready"):
            progress.update("host1/node", state)
        progress.update("host1/gateway", "failed")
    lines = [line.split("(")[0].split() for line in out.getvalue().splitlines()]
    assert lines == [["host1/node", "exited,", "starts", "again"], ["host1/node", "ready"], ["host1/gateway", "fails"]]


def test_on_a_terminal_a_table_shows_every_process() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with Progress(["host1/node", "host1/gateway"], out) as progress:
        progress.update("host1/node", "ready")
    assert "host1/node" in out.getvalue()
    assert "host1/gateway" in out.getvalue()
