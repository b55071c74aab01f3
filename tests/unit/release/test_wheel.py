import base64
import csv
import hashlib
import io
import json
import zipfile

import pytest

from debros.release import sources, wheel
from debros.release.errors import ReleaseError


@pytest.fixture
def made(project, commit, tmp_path):
    commit(project)

    def make(name="w.whl"):
        build = sources.build(project, "")
        wheel.write(project, sources.collect(project), build, tmp_path / name)
        return tmp_path / name

    return make


def test_the_package_with_migrations_and_what_it_was_built_from(made):
    with zipfile.ZipFile(made()) as file:
        names = set(file.namelist())
        build = json.loads(file.read("debros/_build.json"))
        assert file.read("debros/_data/migrations/001.sql") == b"SELECT 1;\n"
        assert b"debros-node = debros.node:main" in file.read("debros-1.2.3.dist-info/entry_points.txt")
        metadata = file.read("debros-1.2.3.dist-info/METADATA").decode()
    assert build["version"] == "1.2.3"
    assert len(build["commit"]) == 40
    assert build["build_time"] == "2026-01-02T03:04:05+00:00"
    assert "Requires-Dist: six==1.0\n" in metadata
    assert names == {
        "debros/__init__.py", "debros/release/__init__.py", "debros/_data/migrations/001.sql", "debros/_build.json",
        "debros-1.2.3.dist-info/METADATA", "debros-1.2.3.dist-info/WHEEL", "debros-1.2.3.dist-info/entry_points.txt",
        "debros-1.2.3.dist-info/licenses/LICENSE", "debros-1.2.3.dist-info/RECORD",
    }  # fmt: skip


def test_record_names_every_file_with_its_digest(made):
    with zipfile.ZipFile(made()) as file:
        rows = {row[0]: row[1] for row in csv.reader(io.StringIO(file.read("debros-1.2.3.dist-info/RECORD").decode()))}
        assert rows.keys() == set(file.namelist())
        for name, stated in rows.items():
            if name != "debros-1.2.3.dist-info/RECORD":
                digest = base64.urlsafe_b64encode(hashlib.sha256(file.read(name)).digest()).rstrip(b"=").decode()
                assert stated == f"sha256={digest}"


def test_the_same_sources_make_the_same_bytes(made, project):
    first = made("one.whl").read_bytes()
    (project / "src/debros/__init__.py").touch()
    assert made("two.whl").read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as file:
        assert {info.date_time for info in file.infolist()} == {(2026, 1, 2, 3, 4, 4)}  # zip counts in two seconds


def test_a_foreign_wheel_is_written_again_with_the_same_content(tmp_path):
    source = tmp_path / "foreign.whl"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("b.py", "a.py", "x-1.dist-info/WHEEL", "x-1.dist-info/RECORD"):
            file.writestr(name, name)
    for target in ("one.whl", "two.whl"):
        wheel.repack(source, tmp_path / target, 315532800)
    assert (tmp_path / "one.whl").read_bytes() == (tmp_path / "two.whl").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.whl") as file:
        assert file.namelist() == ["a.py", "b.py", "x-1.dist-info/WHEEL", "x-1.dist-info/RECORD"]
        assert file.read("a.py") == b"a.py"


def test_something_else_is_no_wheel(tmp_path):
    (tmp_path / "x").write_text("x")
    with pytest.raises(ReleaseError, match="is not a wheel"):
        wheel.repack(tmp_path / "x", tmp_path / "y", 315532800)
