"""What is generated from the schema is up to date, and complete."""

from pathlib import Path

import pytest
import yaml

from debros.config import generate, validate_text
from debros.config.schema import CLIENT, GATEWAY, NODE, for_kind

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", list(generate.outputs()))
def test_the_files_in_the_repository_are_those_of_the_schema(name):
    assert (ROOT / name).read_text(encoding="utf-8") == generate.outputs()[name], (
        "run: python -m debros.config.generate"
    )


def test_check_fails_when_a_file_is_stale_and_writing_repairs_it(tmp_path, capsys):
    assert generate.main(["--check", str(tmp_path)]) == 1
    assert generate.main([str(tmp_path)]) == 0
    assert generate.main(["--check", str(tmp_path)]) == 0
    (tmp_path / "configs/node.yaml").write_text("stale")
    capsys.readouterr()
    assert generate.main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "configs/node.yaml is out of date; run: python -m debros.config.generate\n"


@pytest.mark.parametrize("kind", ["node", "bootstrap", "gateway", "client"])
def test_the_sample_files_are_valid_and_complete(kind):
    text = (ROOT / f"configs/{kind}.yaml").read_text(encoding="utf-8")
    report = validate_text(kind, text, environ={})
    assert report.problems == ()
    assert report.notices == ()
    document = yaml.safe_load(text)
    for path, _ in for_kind(kind).leaves():
        place = document
        for part in path:
            place = place[part]


def test_every_key_is_documented_with_a_sentence():
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    for schema in (NODE, GATEWAY, CLIENT):
        for path, field in schema.leaves():
            assert f"| `{'.'.join(path)}` |" in page
            assert field["meta"]["help"].endswith(".") or field["meta"]["help"].endswith("…")
            assert field["meta"].get("env", "") in page
