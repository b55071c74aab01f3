from ansible_collections.debros.network.plugins.action import uninstall

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
