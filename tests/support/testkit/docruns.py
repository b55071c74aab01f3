"""Where each command of the documents is run. What is not here, or stands here in vain, fails a test."""

from typing import NamedTuple


class Run(NamedTuple):
    """Where a command is run.

    Attributes:
        test: The file that does it.
        words: Found in that file: a part of the command, or what puts it together.
    """

    test: str
    words: str


# Every block of these is run, in the document's order.
WHOLE = {
    "README.md": "tests/integration/test_readme.py",
    "docs/auth.md": "tests/integration/test_pages.py",
    "docs/getting-started.md": "tests/integration/test_pages.py",
    "docs/http.md": "tests/integration/gateway/test_http_docs.py",
    "docs/pubsub.md": "tests/integration/gateway/test_pubsub_docs.py",
    "docs/sql.md": "tests/integration/gateway/test_sql_docs.py",
    "docs/storage.md": "tests/integration/gateway/test_storage_docs.py",
    "docs/cli.md": "tests/integration/cli/test_cli_docs.py",
    "docs/metrics.md": "tests/integration/gateway/test_metrics.py",
}
_VERIFY = Run("tests/hosts/verify/test_documents.py", "looks(ROOT / page)")
_CONTROLLER = Run("tests/integration/test_readme.py", "docs/deploy.md")
_INSTALLER = "https://github.com/DeBrosOfficial/network/releases/latest/download/install-debros-network.sh"
_PIPED = f"curl -sSL {_INSTALLER} | sudo bash"
_ALONE = "tests/hosts/restore/test_2_alone.py"
_ENDED = "tests/hosts/join/test_5_certificate.py"
_RESTORE = "ansible-playbook ansible/restore.yml -i inventories/prod -e restore_confirm=true"
_MAKE = Run("tests/unit/test_makefile.py", "CONTRIBUTING.md")
_BED = "tests/hosts/test_bed.py"
_MOLECULE = Run("tests/hosts/run.py", '"molecule"')
# These want a host, root, a network or an hour: line by line.
LINES: dict[str, dict[str, Run]] = {
    "CONTRIBUTING.md": {
        f"make {target}": _MAKE
        for target in ("up", "test", "test-hosts", "soak", "endurance", "fuzz", "lint", "bench", "down")
    },
    "docs/deploy.md": {
        "python3 -m venv ~/.debros/ansible": _CONTROLLER,
        "~/.debros/ansible/bin/pip install --quiet -r requirements-deploy.txt": _CONTROLLER,
        "export PATH=~/.debros/ansible/bin:$PATH": _CONTROLLER,
        "cp -r inventories/prod inventories/mine": _CONTROLLER,
        "ansible-playbook site.yml -i inventories/mine": _CONTROLLER,
        "ansible-vault encrypt inventories/mine/secrets/{ca.key,rqlite.yml,api-keys,server-key}": Run(
            "tests/unit/ansible/test_secrets.py", "ansible-vault"
        ),
    },
    "docs/install.md": {
        _PIPED: Run("tests/hosts/installer/test_3_online.py", "server_commands()"),
        f"{_PIPED} -s -- --dry-run": Run("tests/hosts/installer/test_1_life.py", '"--dry-run"'),
        f"{_PIPED} -s -- --join INVITE": Run("tests/hosts/join/test_1_three_hosts.py", '"--join"'),
        "sudo scripts/install-debros-network.sh": Run("tests/integration/scripts/test_installer.py", "scripts/"),
        "make bundle": Run("tests/hosts/conftest.py", "make_bundle()"),
        "sudo bash install-debros-network.sh --offline debros-bundle-*.tar.gz": Run(
            "tests/support/hostkit/installer.py", '"--offline"'
        ),
        "sudo network-cli invite": Run("tests/hosts/join/test_1_three_hosts.py", "sudo network-cli invite"),
        "sudo debros-host leader": _VERIFY,
        "sudo systemctl stop debros-rqlite": Run(_ENDED, "systemctl stop debros-rqlite"),
        "sudo bash install-debros-network.sh": Run(_ENDED, "install("),
    },
    "docs/operate.md": {
        "debros-host restart debros-rqlite": Run("tests/integration/hosts/test_restart.py", '"restart"'),
        "sudo debros-host restore debros-20260102T030405Z.sqlite": Run(_ALONE, "restore "),
        "sudo debros-host restore --rollback": Run(_ALONE, "restore --rollback"),
        f"{_RESTORE} -e restore_file=backups/debros-….sqlite": Run(
            "tests/hosts/restore/test_1_cluster.py", "restore_file="
        ),
        f"{_RESTORE} -e restore_from=n2 -e restore_backup=debros-….sqlite": Run(
            "tests/hosts/restore/test_1_cluster.py", "restore_from="
        ),
        f"{_RESTORE} -e restore_rollback=true": Run("tests/hosts/restore/test_1_cluster.py", "restore_rollback=true"),
        "sudo debros-host backup --without-leader": Run(
            "tests/hosts/restore/test_1_cluster.py", "debros-host backup --without-leader"
        ),
        f"{_RESTORE} -e restore_from=n1 -e restore_backup=debros-….sqlite": Run(
            "tests/hosts/restore/test_1_cluster.py", "restore_from="
        ),
        "ansible-playbook site.yml -i inventories/prod": Run("tests/hosts/restore/test_1_cluster.py", "play("),
        "sudo network-cli invite": Run("tests/hosts/join/test_1_three_hosts.py", "sudo network-cli invite"),
        "sudo network-cli invite --revoke": Run("tests/hosts/join/test_3_removed.py", "network-cli invite --revoke"),
        "sudo debros-host members": Run("tests/integration/hosts/test_membership.py", "members"),
        "sudo debros-host members remove n2": Run("tests/hosts/join/test_3_removed.py", "debros-host members remove"),
    },
    "docs/units.md": {
        "sudo debros-host restart debros-rqlite": Run("tests/integration/hosts/test_restart.py", '"restart"'),
        # It opens an editor; the test writes what one would.
        "sudo systemctl edit debros-gateway": Run("tests/hosts/upgrade/test_upgrade.py", "systemctl edit"),
        "sudo systemctl restart debros-gateway": Run("tests/hosts/faults/test_2_services.py", "systemctl restart"),
    },
    "docs/testing.md": {
        "tests/hosts/bed template bookworm": Run(_BED, 'bed("template"'),
        "tests/hosts/bed up n1 n2": Run(_BED, 'bed("up"'),
        "tests/hosts/bed ssh n1 systemctl is-system-running": Run(_BED, 'bed("ssh"'),
        "tests/hosts/bed ssh n1": Run(_BED, 'bed("ssh"'),
        "tests/hosts/bed cut n2": Run(_BED, 'one("cut"'),
        "tests/hosts/bed logs n1 -u debros-gateway -n 50": Run(_BED, 'bed("logs"'),
        "tests/hosts/bed down": Run(_BED, 'bed("down")'),
        "export PATH=$PWD/.venv/bin:$PATH": _MOLECULE,
        "molecule converge -s cluster": _MOLECULE,
        "molecule verify -s cluster": _MOLECULE,
        "molecule destroy -s cluster": _MOLECULE,
    },
    "examples/client/README.md": {
        ".venv/bin/python examples/client/sql.py": Run(
            "tests/integration/gateway/client/test_examples.py", "test_it_runs_and_says_what_it_found"
        )
    },
    "examples/typescript/README.md": {
        line: Run("tests/integration/gateway/test_typescript.py", words)
        for line, words in (
            ("cd examples/typescript", "examples"),
            ("npm install", "npm.installed"),
            ("npm run generate", '"generate"'),
            ("npm run build", '"build"'),
            ("npm run smoke", '"smoke"'),
        )
    },
}
