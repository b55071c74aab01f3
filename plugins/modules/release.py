"""Documentation of the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Build the release on the controller, or put it in place on a host
description:
  - V(built) makes a release of the project this collection lies in, or finds the one made from the same sources (use it
    with C(run_once)). A collection that lies in the current release of this very host, worked on without SSH, is that
    release.
  - V(installed) copies the archive to a host that lacks it, unpacks it beside the earlier ones and makes it the current
    one. A run that was interrupted is mended by the next.
options:
  state: {description: What to do., required: true, type: str, choices: [built, installed]}
  path: {description: "A release that exists already; with V(installed), the one to install.", type: str, default: ""}
  sha256: {description: "Its checksum, hex.", type: str, default: ""}
  arch: {description: Machine of the hosts., type: str, default: x86_64}
  rqlited: {description: "An rqlited of the controller, instead of the official one.", type: str, default: ""}
  third_party: {description: A third-party build of rqlite will do., type: bool, default: false}
  into: {description: The host's directory of releases., type: str, default: /opt/debros/src}
  keep: {description: "Releases to keep there, the current one included.", type: int, default: 2}
author: [The DeBros Network founders]
attributes:
  check_mode: {support: full, description: "V(built) builds all the same, V(installed) changes nothing."}
  diff_mode: {support: none, description: There is no text to compare.}
"""

EXAMPLES = r"""
- name: Build
  debros.network.release:
    state: built
  run_once: true
  register: __release

- name: Install
  debros.network.release:
    state: installed
    path: "{{ __release.path }}"
    sha256: "{{ __release.sha256 }}"
"""

RETURN = r"""
id: {description: Version and checksum of the content., returned: success, type: str}
path: {description: The archive on the controller., returned: built, type: str}
rqlite: {description: "Version, source and checksum of the rqlited in it.", returned: built, type: dict}
runtime_changed: {description: Whether services are made of something else now., returned: installed, type: bool}
"""
