"""Symbols, primes, units: what a label looks like at each door."""

from __future__ import annotations

import doctest

import pytest

from pelletry.render import limits, ticks, typography
from pelletry.render.typography import html_label, latex_unit, mathtext_label, plain_text, unit_text


@pytest.mark.parametrize("module", [typography, limits, ticks], ids=lambda m: m.__name__)
def test_examples_in_the_docstrings_hold(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize(
    ("label", "html"),
    [
        ("-Z''", "−<i>Z</i>″"),
        ("ln(σT)", "ln(<i>σT</i>)"),
        ("R_gb", "<i>R</i><sub>gb</sub>"),
        ("1000/T", "1000/<i>T</i>"),
        ("Re Z", "Re <i>Z</i>"),
        ("thickness of a pellet", "thickness of a pellet"),
        ("25 °C", "25 °C"),
        ("a<b & c", "<i>a</i>&lt;<i>b</i> &amp; <i>c</i>"),
    ],
)
def test_symbols_are_italic_and_words_are_not(label: str, html: str) -> None:
    assert html_label(label) == html


def test_units_are_powers_not_fractions() -> None:
    assert [unit_text(u) for u in ("S/cm", "g/cm3", "K/min", "ohm", "mA/cm2", "1", "%", "S K/cm")] == [
        "S cm⁻¹", "g cm⁻³", "K min⁻¹", "Ω", "mA cm⁻²", "", "%", "S K cm⁻¹",
    ]  # fmt: skip
    assert latex_unit("Ω cm2") == r"$\Omega$\,cm$^{2}$"
    assert unit_text("arb. units!") == "arb. units!"


def test_a_dollar_in_a_label_is_a_dollar() -> None:
    assert mathtext_label("cost $5$") == r"cost \$5\$"


def test_a_hyphen_in_a_name_is_no_minus() -> None:
    assert plain_text("LATP-800, -40 °C, 10^-3, -Z''") == "LATP-800, −40 °C, 10⁻³, −Z″"
