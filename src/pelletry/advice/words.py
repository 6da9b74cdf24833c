"""Small words that all advice shares: lists, numbers in the unit people read, findings."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, bracketed
from pelletry.core.units import displayed

__all__ = ["finding", "kind_of", "listed", "shown", "value_shown"]

_PERCENT = frozenset(
    {"mass_fraction", "porosity", "green_relative_density", "amorphous_fraction", "state_fraction", "utilisation"}
    | {"capacity_left", "coulombic_efficiency", "fade_per_cycle"}
)
_GRAINS = frozenset({"intercept_mean", "mendelson_diameter", "ecd_mean_number"})


def listed(names: Sequence[str], *, most: int = 0) -> str:
    """``A, B and C``; with ``most``, what is beyond is counted.

    >>> listed(["A", "B", "C"]), listed(["A", "B", "C", "D"], most=2)
    ('A, B and C', 'A, B and 2 more')
    """
    if most and len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def kind_of(name: str) -> str:
    """The kind under which a quantity of that name is displayed."""
    if name in _PERCENT:
        return "percent"
    if name in _GRAINS:
        return "grain"
    return "layer" if name == "layer_thickness" else "film" if name == "surface_layer_thickness" else name


def shown(estimate: Estimate, kind: str = "") -> str:
    """``5.0(2)e-4 S/cm``: with its uncertainty, in the unit people read."""
    moved = displayed(estimate, kind)
    return bracketed(moved.value, moved.std) + ("" if moved.unit == "1" else f" {moved.unit}")


def value_shown(value: float, unit: str, kind: str = "") -> str:
    """A number without uncertainty, to four digits."""
    moved = displayed(Estimate(value=value, unit=unit, method=""), kind)
    return f"{moved.value:.4g}" + ("" if moved.unit == "1" else f" {moved.unit}")


def finding(
    code: str, severity: str, sentence: str, samples: Sequence[str] = (), quantities: Sequence[str] = ()
) -> Finding:
    """A finding, each sample and quantity named once."""
    return Finding(
        code=code,
        severity=severity,
        sentence=sentence,
        samples=tuple(dict.fromkeys(samples)),
        quantities=tuple(dict.fromkeys(quantities)),
    )
