"""The page about --json speaks of the schemas and keys that exist."""

from __future__ import annotations

import json
import re

import pytest
from pages import ROOT, blocks, text_of

REFERENCE = ROOT / "docs" / "reference"
PAGE = REFERENCE / "json.md"


def test_every_schema_is_named() -> None:
    assert set(re.findall(r"\]\(([\w.]+\.schema\.json)\)", text_of(PAGE))) == {
        path.name for path in REFERENCE.glob("*.schema.json")
    }


def test_the_example_is_a_quantity_of_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    example = next(block for block in blocks(text_of(PAGE)) if block.language == "json")
    schema = json.loads(text_of(REFERENCE / "run.schema.json"))["properties"]["quantities"]["items"]
    jsonschema.validate(json.loads(example.text), schema)


def test_every_command_has_its_shape() -> None:
    from pelletry.cli.app import COMMANDS

    table = text_of(PAGE).partition("## A quantity")[0]
    assert all(f"`pelletry {name}`" in table for name in COMMANDS)


def test_keys_of_drafts_checks_and_traces_are_those_of_the_program(tmp_path) -> None:
    from pelletry import api

    (tmp_path / "raw").mkdir()
    rows = "".join(f"{10 ** (5 - i / 5):.6g},{100 + i},{-10 - i}\n" for i in range(20))
    (tmp_path / "raw" / "A_25C.csv").write_text("frequency (Hz),Re(Z) (ohm),Im(Z) (ohm)\n" + rows, encoding="utf-8")
    drafted = api.drafted_document(api.scaffold(tmp_path / "study", tmp_path / "raw", given={"thickness": "1 mm"}))
    checked = api.checked_document(api.check(tmp_path / "study"))
    text = text_of(PAGE)
    for name, document in (("new", drafted), ("check", checked)):
        row = re.search(rf"^\| `pelletry {name}` \|.*$", text, flags=re.MULTILINE)
        assert row is not None
        assert all(f"`{key}`" in row.group() for key in document), name
    assert set(drafted["samples"][0]) == {"name", "spectra", "temperatures_K"}


def test_the_python_examples_parse_and_name_what_exists() -> None:
    from pelletry import api

    for block in blocks(text_of(PAGE)):
        if block.language == "python":
            compile(block.text, str(PAGE), "exec")
            for name in re.findall(r"\bapi\.(\w+)", block.text):
                assert name in api.__all__
