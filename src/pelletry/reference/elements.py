"""Atomic weights and what follows from a formula: moles of each element and the molar mass.

Weights are the abridged standard ones of IUPAC (Prohaska 2022); those of lithium and boron vary with the source of the element in
the third digit, which no electrochemist's balance sees.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from pelletry.core.errors import Mistake, PelletryError, quoted

__all__ = ["SOURCE", "atomic_weights", "elements_of", "molar_mass_g_per_mol"]

SOURCE = "Prohaska2022"
LICENCE = "facts cited, no text taken"

_TOKEN = re.compile(r"([A-Z][a-z]?)|([(\[])|([)\]])|(\d+(?:\.\d+)?|\.\d+)")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LONGEST = 200


@functools.cache
def atomic_weights() -> Mapping[str, float]:
    """Symbol -> standard atomic weight [g/mol]."""
    text = (files("pelletry.reference") / "data" / "atomic_weights.csv").read_text(encoding="utf-8")
    rows = (line.split(",") for line in text.splitlines()[1:] if line)
    return MappingProxyType({symbol: float(weight) for symbol, weight in rows})


def elements_of(formula: str) -> dict[str, float]:
    """Moles of each element in one mole of the formula.

    >>> elements_of("Li1.4Al0.4Ti1.6(PO4)3")
    {'Li': 1.4, 'Al': 0.4, 'Ti': 1.6, 'P': 3.0, 'O': 12.0}

    Raises
    ------
    PelletryError
        When the text is no formula with numbers; ``Li1+xAlxTi2-x(PO4)3`` is none.
    """
    total: dict[str, float] = {}
    for part in re.split(r"[·•*]", formula.translate(_SUBSCRIPTS).replace(" ", "")):
        ahead = re.match(r"(\d+(?:\.\d+)?)(?=[A-Z(\[])", part)
        factor = float(ahead[1]) if ahead else 1.0
        for symbol, count in _of_part(part[ahead.end() if ahead else 0 :], formula).items():
            total[symbol] = total.get(symbol, 0.0) + factor * count
    return total


def molar_mass_g_per_mol(formula: str) -> float:
    """Molar mass of a formula [g/mol].

    >>> round(molar_mass_g_per_mol("LiTi2(PO4)3"), 2)
    387.58
    """
    weights = atomic_weights()
    return sum(count * weights[symbol] for symbol, count in elements_of(formula).items())


def _of_part(text: str, formula: str) -> dict[str, float]:
    if not text or len(text) > _LONGEST:
        raise _wrong(formula)
    stack: list[dict[str, float]] = [{}]
    last: dict[str, float] = {}
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _wrong(formula)
        position = found.end()
        symbol, opens, closes, number = found.groups()
        if symbol:
            if symbol not in atomic_weights():
                raise _wrong(formula, f"{quoted(symbol)} is no element")
            last = {symbol: 1.0}
            _add(stack[-1], last, 1.0)
        elif opens:
            stack.append({})
            last = {}
        elif closes:
            if len(stack) == 1:
                raise _wrong(formula)
            last = stack.pop()
            _add(stack[-1], last, 1.0)
        elif number:
            if not last:
                raise _wrong(formula)
            _add(stack[-1], last, float(number) - 1.0)
            last = {}
    if len(stack) != 1 or not stack[0]:
        raise _wrong(formula)
    return stack[0]


def _add(to: dict[str, float], what: Mapping[str, float], factor: float) -> None:
    for symbol, count in what.items():
        to[symbol] = round(to.get(symbol, 0.0) + factor * count, 12)


def _wrong(formula: str, what: str = "") -> PelletryError:
    return PelletryError(
        mistakes=[
            Mistake(
                what=what or f"{quoted(formula)} is no formula",
                expected="elements with numbers, as Li1.4Al0.4Ti1.6(PO4)3",
            )
        ]
    )
