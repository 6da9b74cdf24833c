"""Arcs of a cell against those of a control cell: which has no counterpart there, and so belongs to what the control lacks.

A process keeps its time constant tau = 1/(2 pi f_peak) and its capacitance when a part of the cell that it has nothing to do
with is left out; its resistance may change with the contact. Two arcs are counterparts when tau and C agree within a factor
of five each. Arcs are paired one to one, the nearest first. This is how El-Shinawi 2018 tells the LTP|LZP interface.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from pelletry.techniques.impedance.model.fit_result import ArcFit

__all__ = ["LARGEST_FACTOR", "ArcAgainstControl", "arcs_against_control"]

SOURCES = ("ElShinawi2018",)
LARGEST_FACTOR = 5.0


@attrs.frozen(kw_only=True)
class ArcAgainstControl:
    """One arc of the cell. ``counterpart`` and ``nearest`` number arcs of the control; None: none, or it has no arc.

    ``tau_factor`` and ``capacitance_factor`` are those of the nearest arc of the control over the cell's.
    """

    arc: int
    counterpart: int | None
    nearest: int | None
    tau_factor: float = math.nan
    capacitance_factor: float = math.nan

    @property
    def is_lacking_in_control(self) -> bool:
        return self.counterpart is None


def arcs_against_control(cell: Sequence[ArcFit], control: Sequence[ArcFit]) -> tuple[ArcAgainstControl, ...]:
    """Each arc of the cell with its counterpart in the control, if there is one. All arcs must be resolved."""
    apart = {(i, j): _factors(a, b) for i, a in enumerate(cell) for j, b in enumerate(control)}
    limit = math.log(LARGEST_FACTOR)
    pairs: dict[int, int] = {}
    for (i, j), logs in sorted(apart.items(), key=lambda item: math.hypot(*item[1])):
        if max(map(abs, logs)) <= limit and i not in pairs and j not in pairs.values():
            pairs[i] = j
    return tuple(_found(i, pairs.get(i), apart, len(control)) for i in range(len(cell)))


def _factors(one: ArcFit, other: ArcFit) -> tuple[float, float]:
    """ln of tau and of C, the other's over this one's."""
    return math.log(other.tau_s / one.tau_s), math.log(other.capacitance.value / one.capacitance.value)


def _found(
    i: int, counterpart: int | None, apart: dict[tuple[int, int], tuple[float, float]], count: int
) -> ArcAgainstControl:
    if not count:
        return ArcAgainstControl(arc=i, counterpart=None, nearest=None)
    nearest = min(range(count), key=lambda j: math.hypot(*apart[i, j])) if counterpart is None else counterpart
    tau, capacitance = (math.exp(x) for x in apart[i, nearest])
    return ArcAgainstControl(
        arc=i, counterpart=counterpart, nearest=nearest, tau_factor=tau, capacitance_factor=capacitance
    )
