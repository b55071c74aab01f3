import json

import pytest

from debros.release import manifest
from debros.release.errors import ReleaseError

FILES = {"bin/rqlited": "r", "requirements.txt": "q", "roles/x.yml": "x"}


def test_the_id_follows_the_content_but_not_the_debs(small):
    _, plain = small(FILES)
    _, bundle = small({**FILES, "debs/debian-12/ufw.deb": "d"})
    _, other = small({**FILES, "roles/x.yml": "y"})
    assert plain.id == bundle.id
    assert plain.id.startswith("1.2.3-")
    assert other.id != plain.id


def test_the_runtime_follows_programs_and_packages_only(small):
    _, first = small(FILES)
    _, roles = small({**FILES, "roles/x.yml": "y"})
    _, packages = small({**FILES, "requirements.txt": "other"})
    assert first.runtime == roles.runtime
    assert first.runtime != packages.runtime


def test_what_was_written_is_read_back(small, tmp_path):
    _, whole = small(FILES, {"playbooks": "ansible"})
    (tmp_path / "release.json").write_text(whole.text())
    assert manifest.read(tmp_path) == whole


@pytest.mark.parametrize("change", [{"files": None}, {"links": {}, "files": {"a": ["only one"]}}, {"rqlite": 7}])
def test_a_damaged_manifest_is_named(small, tmp_path, change):
    _, whole = small(FILES)
    (tmp_path / "release.json").write_text(json.dumps({**json.loads(whole.text()), **change}))
    with pytest.raises(ReleaseError, match=r"release\.json is missing or damaged"):
        manifest.read(tmp_path)


def test_another_format_is_named(small, tmp_path):
    _, whole = small(FILES)
    (tmp_path / "release.json").write_text(whole.text().replace('"format": 1', '"format": 2'))
    with pytest.raises(ReleaseError, match="has format 2; this program knows 1"):
        manifest.read(tmp_path)
