"""Records to size distributions: classes in metres, shares that add up to one, and what the instrument said of itself.

Percentages whose sum is off by more than half a per cent are refused: a class is missing, and every percentile with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake, quoted
from pelletry.core.record import Record
from pelletry.techniques.granulometry.measurement import BASES, InstrumentRow, OpticalModel, SizeDistribution

__all__ = ["SUM_WITHIN_PERCENT", "read"]

SUM_WITHIN_PERCENT = 0.5
_FEWEST_CLASSES = 5
_TO_METRES = {"µm": 1e-6, "μm": 1e-6, "um": 1e-6, "nm": 1e-9, "mm": 1e-3, "m": 1.0}
_ROLES_OF_THE_SAMPLE = ("", "sample")


def read(records: Sequence[Record], /) -> tuple[SizeDistribution, ...]:
    """Distributions of the records, in their order; a record that makes none is refused by name, the others come out.

    Raises
    ------
    MeasurementError
        When no record makes a distribution; the message names each reason.
    """
    made: list[SizeDistribution] = []
    refused: list[Mistake] = []
    for record in records:
        try:
            made.append(_distribution(record))
        except MeasurementError as error:
            refused.extend(error.mistakes)
    if refused and not made:
        raise MeasurementError(mistakes=refused)
    if refused:
        sentences = tuple(f"another record of this file was left out: {mistake}" for mistake in refused)
        made[0] = attrs.evolve(made[0], warnings=(*made[0].warnings, *sentences))
    return tuple(made)


def _distribution(record: Record) -> SizeDistribution:
    where = _place(record)
    basis, percent = _percent(record, where)
    edges_m = _edges(record, where)
    total = float(percent.sum())
    if abs(total - 100.0) > SUM_WITHIN_PERCENT:
        raise MeasurementError(
            f"the classes hold {total:.2f} % of the {basis}",
            where=where,
            expected=f"100 % within {SUM_WITHIN_PERCENT}",
            do="export the result with all its size classes, in per cent",
        )
    hints = {hint.name: str(hint.value) for hint in record.hints}
    role = hints.get("role", "")
    return SizeDistribution(
        edges_m=edges_m,
        share_fraction=percent / total,
        basis=basis,
        name=record.name,
        state="" if role in _ROLES_OF_THE_SAMPLE else role,
        run=hints.get("run", ""),
        is_average="average" in record.name.lower(),
        optical=_optical(record),
        instrument=_instrument(record),
        obscuration_percent=_number(record, "obscuration [%]"),
        origin=record.origin,
        warnings=record.warnings,
    )


def _place(record: Record) -> str:
    line = f":{record.origin.line}" if record.origin.line else ""
    return f"{record.origin.path}{line} ({quoted(record.name, longest=40)})"


def _percent(record: Record, where: str) -> tuple[str, Array]:
    """Basis and percentages.

    Raises
    ------
    MeasurementError
        When there is no column of shares, a share is missing or negative, or there are too few classes.
    """
    for basis in BASES:
        column = record.column(f"{basis} in")
        if column is None:
            continue
        values = np.asarray(column.values, dtype=np.float64)
        if column.unit != "%":
            raise MeasurementError(f"the shares are in {quoted(column.unit)}", where=where, expected="per cent")
        if not np.isfinite(values).all():
            raise MeasurementError("a class has no value", where=where, do="export the record again")
        if (values < 0).any():
            raise MeasurementError(
                f"{int((values < 0).sum())} classes hold less than nothing ({values.min():.3g} %)",
                where=where,
                expected="shares that are not negative",
                do="look whether the cumulative curve falls somewhere",
            )
        if np.count_nonzero(values) < _FEWEST_CLASSES:
            raise MeasurementError(
                f"only {np.count_nonzero(values)} classes hold anything",
                where=where,
                expected=f"at least {_FEWEST_CLASSES}",
                do="export the result with finer size classes",
            )
        return basis, values
    there = ", ".join(quoted(c.name) for c in record.columns[:10]) or "none"
    raise MeasurementError(
        f"no column of shares by volume or number; the columns are {there}",
        where=where,
        expected="'volume in' or 'number in'",
        do="export 'Result Between User Sizes'",
    )


def _edges(record: Record, where: str) -> Array:
    low, high = record.column("size lower edge"), record.column("size upper edge")
    if low is None or high is None:
        raise MeasurementError(
            "it is not known which edges the classes have, and the wrong side moves every size by a class",
            where=where,
            do="export the result with the instrument's own d50, or in the wide layout",
        )
    factor = _TO_METRES.get(low.unit)
    if factor is None:
        raise MeasurementError(f"the sizes are in {quoted(low.unit)}", where=where, expected="µm, nm or mm")
    edges = np.append(np.asarray(low.values, dtype=np.float64), float(high.values[-1])) * factor
    if not (np.isfinite(edges).all() and edges[0] > 0 and (np.diff(edges) > 0).all()):
        raise MeasurementError("the sizes are not positive and rising", where=where, do="export the record again")
    return edges


def _optical(record: Record) -> OpticalModel:
    said = record.header
    return OpticalModel(
        particle_index=said.get("particle refractive index", ""),
        absorption=said.get("particle absorption index", ""),
        dispersant=said.get("dispersant", ""),
        dispersant_index=said.get("dispersant refractive index", ""),
        analysis=said.get("analysis model", ""),
    )


def _number(record: Record, *keys: str) -> float | None:
    for key in keys:
        try:
            value = float(record.header.get(key, ""))
        except ValueError:
            continue
        if np.isfinite(value) and value > 0:
            return value
    return None


def _instrument(record: Record) -> InstrumentRow:
    def size(key: str) -> float | None:
        value = _number(record, f"instrument {key} [µm]")
        return None if value is None else value * 1e-6

    surface = _number(record, "Specific surface area", "Specific Surface Area", "Specific Surface Area (m²/kg)")
    in_kg = "Specific Surface Area (m²/kg)" in record.header
    return InstrumentRow(
        d10_m=size("d10"),
        d50_m=size("d50"),
        d90_m=size("d90"),
        volume_mean_m=size("D[4,3]"),
        surface_mean_m=size("D[3,2]"),
        # The Mastersizer 2000 prints m2/g and names no unit.
        specific_surface_m2_per_kg=None if surface is None else surface * (1.0 if in_kg else 1e3),
    )
