"""Photoelectron lines (``data/photoelectron_lines.csv``) and binding energies of phases (``data/binding_energies.csv``)."""

from __future__ import annotations

import csv
import functools
from importlib.resources import files

import attrs

__all__ = ["BindingEnergy", "PhotoelectronLine", "binding_energies", "photoelectron_line", "photoelectron_lines"]


@attrs.frozen(kw_only=True)
class PhotoelectronLine:
    """One level of one element. ``splitting_eV`` and ``ratio`` (weaker over stronger) are None where it is fitted as one line.

    ``scofield_factor`` is the cross section at 1487 eV relative to C 1s of both lines together (Scofield1976).
    ``has_wide_partner``: the weaker line is wider by a Coster-Kronig decay and keeps a width of its own.
    """

    level: str
    energy_eV: float
    splitting_eV: float | None
    ratio: float | None
    scofield_factor: float
    has_wide_partner: bool
    overlaps: tuple[str, ...]
    splitting_source: str

    @property
    def element(self) -> str:
        return self.level.partition(" ")[0]


@attrs.frozen(kw_only=True)
class BindingEnergy:
    """Where a phase was seen: energies as printed, and the reference that set their scale.

    ``tolerance_eV`` widens the range in an audit. ``is_reference_stated`` False: the page does not say, see the table's head.
    """

    phase: str
    kind: str
    level: str
    low_eV: float
    high_eV: float
    tolerance_eV: float
    reference_line: str
    reference_eV: float
    is_reference_stated: bool
    source: str

    def on_scale(self, *, line: str, energy_eV: float) -> tuple[float, float] | None:
        """The widened range on the scale on which ``line`` lies at ``energy_eV``; None when the references cannot be bridged.

        BE(285.0) = BE as printed + (285.0 - reference as printed). Two different lines are not bridged: between C 1s and
        metals the difference is what charging changes.
        """
        if line != self.reference_line:
            return None
        move = energy_eV - self.reference_eV
        return (self.low_eV + move - self.tolerance_eV, self.high_eV + move + self.tolerance_eV)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("pelletry.reference") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def _number(text: str) -> float | None:
    return float(text) if text else None


@functools.cache
def photoelectron_lines() -> tuple[PhotoelectronLine, ...]:
    """Every line, in the order of the table."""
    return tuple(
        PhotoelectronLine(
            level=row["level"],
            energy_eV=float(row["energy_eV"]),
            splitting_eV=_number(row["splitting_eV"]),
            ratio=_number(row["ratio"]),
            scofield_factor=float(row["scofield"]),
            has_wide_partner=row["widths"] == "own",
            overlaps=tuple(filter(None, row["overlaps"].split(";"))),
            splitting_source=row["splitting_source"],
        )
        for row in _rows("photoelectron_lines.csv")
    )


def photoelectron_line(level: str) -> PhotoelectronLine | None:
    """The line of a level such as ``Ti 2p``; None when the table has none."""
    return next((line for line in photoelectron_lines() if line.level == level), None)


@functools.cache
def binding_energies() -> tuple[BindingEnergy, ...]:
    """Every entry, in the order of the table."""
    return tuple(
        BindingEnergy(
            phase=row["phase"],
            kind=row["kind"],
            level=row["level"],
            low_eV=float(row["low_eV"]),
            high_eV=float(row["high_eV"]),
            tolerance_eV=float(row["tolerance_eV"]),
            reference_line=row["reference_line"],
            reference_eV=float(row["reference_eV"]),
            is_reference_stated=row["is_reference_stated"] == "yes",
            source=row["source"],
        )
        for row in _rows("binding_energies.csv")
    )
