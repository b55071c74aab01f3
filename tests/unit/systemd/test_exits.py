import os

import pytest

from debros.systemd import startup_failure


@pytest.mark.parametrize(
    ("lasting", "environ", "status"),
    [
        (True, {}, 1),
        (True, {"SYSTEMD_EXEC_PID": str(os.getpid())}, 78),
        (False, {"SYSTEMD_EXEC_PID": str(os.getpid())}, 1),
        (True, {"SYSTEMD_EXEC_PID": str(os.getppid())}, 1),  # inherited: systemd looks at somebody else
        (True, {"SYSTEMD_EXEC_PID": ""}, 1),
    ],
)
def test_trying_again_is_given_up_only_where_it_cannot_help(lasting, environ, status):
    assert startup_failure(lasting=lasting, environ=environ) == status
