"""Formulas: molar masses against published ones, and texts that are none."""

from __future__ import annotations

import itertools

import pytest

from pelletry.core.errors import PelletryError
from pelletry.reference.elements import atomic_weights, elements_of, molar_mass_g_per_mol


@pytest.mark.parametrize(
    ("formula", "mass"),
    # PubChem's molecular weights, but for the two electrolytes: sums of the same table by hand.
    [("Li3PO4", 115.8), ("Al2O3", 101.96), ("LiFePO4", 157.76), ("Li2CO3", 73.89), ("CuSO4·5H2O", 249.68), ("(NH4)H2PO4", 115.03), ("LiZr2(PO4)3", 474.3)],
)  # fmt: skip
def test_molar_masses_are_the_published_ones(formula: str, mass: float) -> None:
    assert molar_mass_g_per_mol(formula) == pytest.approx(mass, abs=0.012 if mass < 400 else 0.06)


def test_brackets_decimals_and_subscripts() -> None:
    assert elements_of("Li₁.₄Al0.4Ti1.6(PO4)3") == elements_of("Li1.4 Al0.4 Ti1.6 (P O4)3")
    assert elements_of("Ca10(PO4)6F2") == {"Ca": 10.0, "P": 6.0, "O": 24.0, "F": 2.0}
    assert elements_of("K4[Fe(CN)6]")["C"] == 6.0


@pytest.mark.parametrize(
    "text", ["", "x", "Li1+xAlxTi2-x(PO4)3", "Li(", "Li)", "Xx2", "2", "Li2..O", "()", "LATP", "Li" * 200]
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(PelletryError):
        molar_mass_g_per_mol(text)


def test_every_weight_is_a_weight_and_rises_but_for_the_known_pairs() -> None:
    weights = list(atomic_weights().items())
    assert len(weights) > 70
    falls = [(a, b) for (a, x), (b, y) in itertools.pairwise(weights) if y < x]
    assert falls == [("Ar", "K"), ("Co", "Ni"), ("Te", "I")]
