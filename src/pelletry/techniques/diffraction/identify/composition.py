r"""What cells and phases say about composition, with the scatter that the literature has.

Aluminium in Li1+xAlxTi2-x(PO4)3 shrinks a. Within one laboratory x follows :math:`a = 8.5118 - 0.0382\,x` (Aono1990) to ±0.015; over all
powders of the OBELiX table it follows to ±0.09 only, because lithium, strain and real aluminium content differ. c hardly depends on x.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.quantity import Estimate
from pelletry.reference.nasicon_cells import AONO_A0_ANGSTROM, AONO_SLOPE_ANGSTROM, AONO_STD_X, nasicon_cells
from pelletry.reference.phases.entries import elements_of

__all__ = [
    "FROM_AIR",
    "SOURCES",
    "AluminiumHint",
    "ElementsHint",
    "aluminium_from_cell",
    "amounts_of",
    "element_shares",
    "elements_against_phases",
]

SOURCES = ("Aono1990",)
#: Elements that a sample takes up without being weighed in: oxygen, water and carbon dioxide.
FROM_AIR = frozenset({"O", "H", "C"})
_LARGEST_X = 0.7


@attrs.frozen(kw_only=True)
class AluminiumHint:
    """x in Li1+xAlxTi2-x(PO4)3 from the cell: by the line of one laboratory, and over all laboratories; None outside 0 to 0.7.

    ``c_expected_angstrom`` is the mean c of published powders of that x; ``c_off_in_std`` how far the measured c lies from it, in standard
    deviations of the published ones. ``sentence`` says it all.
    """

    one_laboratory: Estimate | None
    all_laboratories: Estimate | None
    c_expected_angstrom: float | None
    c_off_in_std: float | None
    sentence: str


@attrs.frozen(kw_only=True)
class ElementsHint:
    """``not_weighed_in``: phase and the elements in it that were not weighed in; ``not_found``: weighed in and in no phase."""

    not_weighed_in: tuple[tuple[str, tuple[str, ...]], ...]
    not_found: tuple[str, ...]
    sentences: tuple[str, ...]


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Intercept, slope and scatter of y about the straight line through (x, y)."""
    slope, intercept = np.polyfit(x, y, 1)
    scatter = float(np.std(np.asarray(y) - (intercept + slope * np.asarray(x)), ddof=2))
    return float(intercept), float(slope), scatter


def aluminium_from_cell(a_angstrom: Estimate, c_angstrom: Estimate | None = None) -> AluminiumHint:
    """x(Al) of a LATP from its hexagonal cell."""
    cells = nasicon_cells("LATP")
    x, a = [cell.x for cell in cells], [cell.a_angstrom for cell in cells]
    intercept, slope, scatter = _line(x, a)
    measured = a_angstrom.std or 0.0
    aono = (AONO_A0_ANGSTROM - a_angstrom.value) / AONO_SLOPE_ANGSTROM
    all_x = (a_angstrom.value - intercept) / slope
    if not -0.15 < all_x < _LARGEST_X + 0.15:
        text = f"a = {a_angstrom.value:.4f} Å lies outside the range of Li1+xAlxTi2-x(PO4)3 with x of 0 to {_LARGEST_X:g}: no x is given."
        return AluminiumHint(
            one_laboratory=None, all_laboratories=None, c_expected_angstrom=None, c_off_in_std=None, sentence=text
        )
    one = Estimate(
        value=aono,
        std=float(np.hypot(AONO_STD_X, measured / AONO_SLOPE_ANGSTROM)),
        unit="1",
        method="a = 8.5118 − 0.0382 x of one laboratory",
    )
    every = Estimate(
        value=all_x,
        std=float(np.hypot(scatter, measured) / abs(slope)),
        unit="1",
        method=f"line through {len(cells)} published powders, with their scatter",
    )
    expected, off, about_c = _c_against_x(every.value, c_angstrom)
    text = (
        f"a gives x(Al) = {aono:.2f} ± {one.std:.2f} on the line of one laboratory and {all_x:.2f} ± {every.std:.2f} over "
        f"{len(cells)} published powders of many: the second is what can be said of a powder of unknown origin.{about_c}"
    )
    return AluminiumHint(
        one_laboratory=one, all_laboratories=every, c_expected_angstrom=expected, c_off_in_std=off, sentence=text
    )


def _c_against_x(x: float, c_angstrom: Estimate | None) -> tuple[float | None, float | None, str]:
    """c expected at x, how far the measured one lies off, and the words."""
    if c_angstrom is None:
        return None, None, ""
    table = nasicon_cells("LATP")
    intercept, slope, scatter = _line([cell.x for cell in table], [cell.c_angstrom for cell in table])
    expected = intercept + slope * x
    off = (c_angstrom.value - expected) / scatter
    useless = f" c says nothing of x (±{scatter / abs(slope):.1f})"
    if abs(off) > 1.5:
        longer = "longer" if off > 0 else "shorter"
        return (
            expected,
            off,
            f"{useless}; here it is {longer} than that of published powders by {abs(off):.1f} of their scatter.",
        )
    return expected, off, f"{useless}."


def amounts_of(formula: str) -> dict[str, float]:
    """Atoms per formula, brackets read.

    >>> amounts_of("Li1.3Al0.3Ti1.7(PO4)3") == {"Li": 1.3, "Al": 0.3, "Ti": 1.7, "P": 3.0, "O": 12.0}
    True
    """
    stack: list[dict[str, float]] = [{}]
    for element, count, opened, closed, times in re.findall(
        r"([A-Z][a-z]?)(\d*\.?\d*)|(\()|(\))(\d*\.?\d*)", formula.replace(" ", "")
    ):
        if element:
            stack[-1][element] = stack[-1].get(element, 0.0) + float(count or 1)
        elif opened:
            stack.append({})
        elif closed and len(stack) > 1:
            for inner, number in stack.pop().items():
                stack[-1][inner] = stack[-1].get(inner, 0.0) + number * float(times or 1)
    return stack[0]


def element_shares(fractions: Mapping[str, float]) -> dict[str, float]:
    """Mass shares of the elements in a mixture of formulas with those mass fractions."""
    from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi

    gemmi = load_gemmi()
    shares: dict[str, float] = {}
    for formula, fraction in fractions.items():
        masses = {e: n * float(gemmi.Element(e).weight) for e, n in amounts_of(formula).items()}
        whole = sum(masses.values())
        for element, mass in masses.items():
            shares[element] = shares.get(element, 0.0) + fraction * mass / whole
    return shares


def elements_against_phases(phases: Iterable[tuple[str, str]], composition: str) -> ElementsHint:
    """Phases (name, formula) against the elements of the composition that was weighed in; oxygen, water and carbonate are free."""
    weighed = elements_of(composition)
    listed = tuple(phases)
    seen = frozenset().union(*(elements_of(formula) for _, formula in listed)) if listed else frozenset()
    strange = tuple(
        (name, tuple(sorted(elements_of(formula) - weighed - FROM_AIR)))
        for name, formula in listed
        if elements_of(formula) - weighed - FROM_AIR
    )
    missing = tuple(sorted(weighed - seen - FROM_AIR)) if listed else ()
    sentences = [
        f"{name} holds {', '.join(elements)}, which was not weighed in: from the crucible, the jar or the holder, or a false match."
        for name, elements in strange
    ]
    if missing:
        sentences.append(
            f"{', '.join(missing)} was weighed in and is in no phase found: in a glass, in a solid solution, lost, or in a phase below detection."
        )
    return ElementsHint(not_weighed_in=strange, not_found=missing, sentences=tuple(sentences))
