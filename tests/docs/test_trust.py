"""The trust page claims no more than its tests prove."""

from __future__ import annotations

import ast
import re

import attrs
import pytest
from pages import ROOT, text_of

PAGE = ROOT / "docs" / "trust.md"
_LINK = re.compile(r"\[(test_\w+)\]\(([^)]+)\)")


@attrs.frozen(kw_only=True)
class Row:
    number: int
    check: str
    state: str
    done: str
    proofs: tuple[tuple[str, str], ...]


def rows() -> list[Row]:
    found = []
    for line in text_of(PAGE).splitlines():
        if re.match(r"\| \d+ \|", line):
            number, check, state, done, proof = (cell.strip() for cell in line.strip().strip("|").split(" | "))
            found.append(
                Row(number=int(number), check=check, state=state, done=done, proofs=tuple(_LINK.findall(proof)))
            )
    return found


def test_the_table_has_the_eighteen_checks_in_order() -> None:
    assert [row.number for row in rows()] == list(range(1, 19))
    assert {row.state for row in rows()} <= {"green", "amber", "red"}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.number}-{row.state}")
def test_a_claim_names_tests_and_a_gap_is_said(row: Row) -> None:
    assert row.done.endswith(".")
    if row.state == "red":
        assert not row.proofs
    else:
        assert row.proofs, f"row {row.number} is {row.state} without a test"
    # What is missing in an amber row stands in bold, and a green row has nothing of the kind.
    assert ("**" in row.done) is (row.state == "amber")


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row.number))
def test_every_named_test_exists(row: Row) -> None:
    for name, link in row.proofs:
        path = (PAGE.parent / link).resolve()
        assert path.is_file(), f"row {row.number}: {link} does not exist"
        functions = {n.name for n in ast.walk(ast.parse(text_of(path))) if isinstance(n, ast.FunctionDef)}
        assert name in functions, f"row {row.number}: {link} has no {name}"


def test_what_is_red_is_not_a_technique_of_the_program() -> None:
    from pelletry.techniques import TECHNIQUES

    red = " ".join(row.check.lower() for row in rows() if row.state == "red")
    words = {"diffraction": "diffraction", "dilatometry": "dilatometry", "granulometry": "particle size",
             "microscopy": "microscopy", "xps": "photoelectron"}  # fmt: skip
    for card in TECHNIQUES:
        assert words.get(card.name, "no such word") not in red, f"{card.name} is built; its row is out of date"
    for word in words.values():
        assert word in red or any(words.get(card.name) == word for card in TECHNIQUES)
