import subprocess
from pathlib import Path

import yaml
from ansible_collections.debros.network.plugins.action import uninstall

from debros.release import sources

ROOT = Path(__file__).resolve().parents[3]
SAID = """What would be done:
  systemctl stop debros-node.service
SSH stays allowed in the firewall (UFW), now as a rule of your own: ufw allow 22/tcp
  rm -rf -- /opt/debros/bin
That was a dry run: nothing was removed.
"""


def test_what_a_dry_run_would_do() -> None:
    assert uninstall.steps(SAID) == ["systemctl stop debros-node.service", "rm -rf -- /opt/debros/bin"]
    assert uninstall.steps("What would be done:\nThat was a dry run: nothing was removed.\n") == []


def test_the_installer_is_where_the_plugin_looks_for_it() -> None:
    text = uninstall._SCRIPT.read_text()
    assert "--uninstall) ACTION=uninstall" in text


def test_every_link_of_the_role_is_the_installers_to_remove_with_the_folders_that_it_needs() -> None:
    """Links of /usr/local: what they lead to ships with a release."""
    values = yaml.safe_load((ROOT / "roles/debros/vars/main.yml").read_text())
    links = values["_debros_program_links"] + values["_debros_help_links"]
    made = {one["path"]: one["target"] for one in links if one["path"].startswith("/usr/local/")}
    script = uninstall._SCRIPT.read_text()
    ours = script[script.index("what_is_ours() {") : script.index("would() {")]
    ours = f'TOP="" ROOT=/opt/debros CACHE=/c UNITS=/u ETC=/e\n{ours}what_is_ours\n'
    shown = ours + 'printf "%s\\n" "${LINKS[@]}" - "${SHELVES[@]}"'
    listed = subprocess.run(["bash", "-euc", shown], capture_output=True, text=True, check=True).stdout.split("-\n")
    assert set(listed[0].split()) == made.keys()
    shelves = {path.rpartition("/")[0] for path in made} - {"/usr/local/bin"}
    assert shelves <= set(listed[1].split())
    shipped = {source.path for source in sources.collect(ROOT)}
    current = "{{ debros_root }}/src/current/"
    pages = {target.removeprefix(current) for target in made.values() if target.startswith(current)}
    assert len(pages) == 4
    assert pages <= shipped
