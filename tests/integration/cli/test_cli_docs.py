"""Every example of docs/cli.md, which is every example of `--help`, typed against a running host."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from debros.local import layout
from testkit.docblocks import ROOT, shell_lines
from testkit.wallets import Ethereum

LINES = shell_lines(ROOT / "docs" / "cli.md")
PEER = "12D3KooWGJfVKeNgdJAa1HTWcHGaRxsJ5qEj3YGUxnfyK5tFJwLz"
# These need a person with a browser, or root on a host that the playbooks have made.
ELSEWHERE = {
    "network-cli auth login": "tests/integration/gateway/pages/test_cli.py",
    "network-cli auth login --device": "tests/integration/gateway/pages/test_cli.py",
    "sudo network-cli invite": "tests/hosts/join/test_1_three_hosts.py",
    "sudo network-cli invite --ttl 1h --address 203.0.113.7": "tests/hosts/join/test_1_three_hosts.py",
    "sudo network-cli invite --revoke": "tests/hosts/join/test_3_removed.py",
}
# What has to be there before the example, because another one has taken it away, or it stands further down.
_SIGNED_IN = "network-cli auth login --key-file wallet.key"
BEFORE = {
    "network-cli auth logout --all": _SIGNED_IN,
    "network-cli auth logout --local": _SIGNED_IN,
    "network-cli auth status": _SIGNED_IN,
    "network-cli auth switch --namespace shop": f"{_SIGNED_IN} --namespace shop",
    "network-cli auth switch localhost:6001 --wallet": "network-cli auth logout",  # leaves one that can be meant
    'network-cli query "SELECT * FROM': 'network-cli query "CREATE TABLE users (id INTEGER PRIMARY KEY, name, age)"',
    "network-cli storage exists": "network-cli storage put greeting hello",
    "network-cli storage get logo": "network-cli storage put logo @logo.png",
    "network-cli config validate --name gateway.yaml": "network-cli config init --type gateway",
    "network-cli pubsub subscribe jobs": "{ until network-cli pubsub topics | grep -qx jobs; do sleep 0.2; done;"
    " network-cli pubsub publish jobs work; } &",
}
# An address where nobody listens is an answer, too.
EXIT = {"network-cli connect": 5}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files that the examples name, which is the HOME, too."""
    desk = tmp_path_factory.mktemp("desk")
    for folder in (".config/fish/completions", "db/migrations", "migrations", "configs"):
        (desk / folder).mkdir(parents=True)
    for folder in ("db/migrations", "migrations"):
        (desk / folder / "001_example.sql").write_text("CREATE TABLE cli_example (id INTEGER PRIMARY KEY);\n")
    (desk / "configs/node.yaml").write_text((ROOT / "configs/node.yaml").read_text())
    (desk / "statement.sql").write_text("SELECT 1")
    (desk / "message.json").write_text("{}")
    (desk / "logo.png").write_bytes(b"\x89PNG\x00")
    key = desk / "wallet.key"
    key.touch(0o600)
    key.write_text(Ethereum()._key.to_hex())
    return desk


def typed(line: str, gateway: str, host: Path, wallet: str) -> str:
    """Return an example with what is here in the place of what stands for it."""
    for shown, here in {
        "sudo network-cli backup": f"network-cli backup --node-config {host}/configs/node.yaml --directory backups",
        "/mnt/backups": "backups",
        "https://gateway.example": gateway,
        "localhost:6001": gateway,
        "/opt/debros/keys": f"{host}/keys",
        "0x00000000000000000000000000000000000000aa": wallet,
        "--namespace shop": "--namespace shop-$$",
        "/p2p/ID": f"/p2p/{PEER}",
        "/ip4/192.0.2.10/tcp/4001": "/ip4/127.0.0.1/tcp/1",
        "subscribe news 10s": "subscribe news 1s",
    }.items():
        line = line.replace(shown, here)
    return f"{line} 1s" if line == "network-cli pubsub subscribe news" else line


@pytest.mark.cluster
@pytest.mark.timeout(1200)
def test_each_can_be_typed(env: dict[str, str], desk: Path) -> None:
    gateway = f"http://localhost:{6001 + int(env['DEBROS_PORT_OFFSET'])}"
    wallet = Ethereum(bytes.fromhex((desk / "wallet.key").read_text())).address
    host = layout.Layout(Path(env["DEBROS_HOME"])).host(1).root
    own = (("DEBROS_CREDENTIALS_FILE", desk / "own.json"), ("DEBROS_WALLET_KEY_FILE", desk / "wallet.key"))
    script = ["pg_dump() { echo dump; }", "deploy() { :; }", f"export DEBROS_GATEWAY_URL={gateway}"]
    for line in (line for line in LINES if line not in ELSEWHERE):
        told = [*(command for start, command in BEFORE.items() if line.startswith(start)), line]
        # What signs in and out has credentials of its own.
        signs = re.match(r"network-cli (auth|migrate up db)", line)
        export = "".join(f"export {name}={value}; " for name, value in own) if signs else ""
        code = next((code for start, code in EXIT.items() if line.startswith(start)), 0)
        typed_ = "\n".join(typed(one, gateway, host, wallet) for one in told)
        script.append(f"( {export}set -e\n{typed_}\nwait )\n[ $? = {code} ] || echo 'FAILED: {quoted(line)}'")
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=desk, env=dict(env) | {"HOME": str(desk), "PATH": f"{Path(sys.executable).parent}:{env['PATH']}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1100, check=False,
    )  # fmt: skip
    assert "FAILED: " not in done.stdout, done.stdout + done.stderr
    assert (desk / "logo.png").read_bytes() == b"\x89PNG\x00"
    assert len(list((desk / "backups").glob("debros-*.sqlite"))) == 2


def quoted(line: str) -> str:
    """Return a line between single quotes of the shell."""
    return line.replace("'", "'\\''")


def test_the_others_are_tried_elsewhere() -> None:
    assert set(ELSEWHERE) <= set(LINES)
    assert [test for test in ELSEWHERE.values() if not (ROOT / test).is_file()] == []
