"""Ansible module: take DeBros Network off a host."""

from __future__ import annotations

import grp
import pwd
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: uninstall
short_description: Take DeBros Network off a host
description:
  - Stops the services and removes units, programs and releases. Data, keys, configuration and drop-ins of the operator
    stay unless O(purge=true).
options:
  purge: {description: "Remove data, keys, configuration, drop-ins and the user as well.", type: bool, default: false}
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: Nothing is changed.}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Nothing of it shall stay
  debros.network.uninstall:
    purge: true
"""

RETURN = r"""
removed: {description: What was (or in check mode would be) removed., returned: always, type: list, elements: str}
"""

_UNITS = Path("/etc/systemd/system")
_KINDS = ("service", "socket", "timer", "target", "slice")
_ROOT = Path("/opt/debros")
_LINKS = (Path("/usr/local/bin/network-cli"), Path("/usr/local/bin/debros-host"))


def units() -> list[Path]:
    """Return our unit files, the target first, so that everything stops with it."""
    found = [path for kind in _KINDS for path in _UNITS.glob(f"debros*.{kind}")]
    return sorted(found, key=lambda path: (path.suffix != ".target", path.name))


def leftovers(*, purge: bool) -> list[Path]:
    """Return what is to go beside the units themselves, files before their directories."""
    found = [path for path in _LINKS if path.is_symlink() and path.readlink().is_relative_to(_ROOT)]
    found += [Path("/etc/sysusers.d/debros.conf"), Path("/etc/tmpfiles.d/debros.conf"), Path("/run/debros")]
    found += _UNITS.glob("debros*.d/10-debros*.conf")
    if purge:
        found += [*_UNITS.glob("debros*.d"), _ROOT, *Path("/var/lib/systemd/timers").glob("stamp-debros*")]
    else:
        found += [_ROOT / "bin", _ROOT / "src"]
    return [path for path in found if path.exists() or path.is_symlink()]


def remove(path: Path) -> None:
    """Remove a file, link or tree."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def accounts() -> list[list[str]]:
    """Return the commands that remove user and group, as far as they exist."""
    commands = []
    if any(user.pw_name == "debros" for user in pwd.getpwall()):
        commands.append(["userdel", "debros"])
    elif any(group.gr_name == "debros" for group in grp.getgrall()):
        commands.append(["groupdel", "debros"])
    return commands


def run(module: AnsibleModule) -> list[str]:
    """Do it; return what went."""
    purge, check = module.params["purge"], module.check_mode
    removed = []
    found = units()
    if found and not check:
        # Stopped first and all together: a timer must not start what is being taken away.
        module.run_command(["systemctl", "disable", "--now", *(path.name for path in found)])
    for path in [*found, *leftovers(purge=purge)]:
        removed.append(str(path))
        if not check:
            remove(path)
    if not check:
        for directory in _UNITS.glob("debros*.d"):
            if not any(directory.iterdir()):
                directory.rmdir()
        if found:
            module.run_command(["systemctl", "daemon-reload"])
            module.run_command(["systemctl", "reset-failed", "debros*"])
    for command in accounts() if purge else []:
        removed.append(" ".join(command))
        if not check:
            module.run_command(command, check_rc=True)
    return removed


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec={"purge": {"type": "bool", "default": False}}, supports_check_mode=True)
    try:
        removed = run(module)
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}; run this again")
    module.exit_json(changed=bool(removed), removed=removed)


if __name__ == "__main__":
    main()
