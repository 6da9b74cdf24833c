r"""A run cut into rests and half cycles, and what each of them says.

A half cycle is a stretch of constant sign of the current; a rest is a stretch where it is below a small share of the largest
current of the run. Where the file holds no current, the program's own loops (or the moments of spectra) are the steps and the
current is the one a person stated.

The overpotential is given three ways, since each answers another question: at the first point under current (the ohmic drop and
whatever is faster than the recorder), the median of the last fifth in time (the plateau), and the largest. Charge is the integral
of the current by trapezoids, :math:`\int I\,dt`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array

__all__ = ["REST_FRACTION", "HalfCycle", "half_cycles", "step_starts"]

#: A current below this share of the largest of the run is a rest; cyclers hold zero to about a thousandth of their range.
REST_FRACTION = 0.02
#: The part of a step, counted from its end in time, that its plateau is the median of.
_PLATEAU_FRACTION = 0.2
_SHORTEST_POINTS = 2
_FEWEST_AT_REST = 5
#: Standard deviation of a median over that of a mean, of many normal deviates.
_STD_OF_MEDIAN = 1.2533


@attrs.frozen(kw_only=True)
class HalfCycle:
    """One step under current: rows ``start`` to ``stop`` (exclusive) of the run; ``number`` counts from 1.

    ``current_A`` is the median; ``rest_voltage_V`` the median of the last fifth of the rest before it, five points at least (None: there
    was none), ``rest_std_V`` its standard deviation.
    """

    number: int
    start: int
    stop: int
    time_start_s: float
    time_stop_s: float
    current_A: float
    charge_C: float
    voltage_first_V: float
    voltage_plateau_V: float
    voltage_largest_V: float
    voltage_last_V: float
    rest_voltage_V: float | None
    rest_std_V: float = 0.0
    points: int

    @property
    def duration_s(self) -> float:
        return self.time_stop_s - self.time_start_s

    @property
    def sign(self) -> int:
        return 1 if self.current_A > 0 else -1


def half_cycles(
    time_s: Array,
    voltage_V: Array,
    current_A: Array,
    *,
    cuts: Sequence[int] = (),
    rest_current_A: float | None = None,
    charge_C: Array | None = None,
    current_holds: str = "points",
) -> tuple[HalfCycle, ...]:
    """All steps under current, in their order.

    Parameters
    ----------
    time_s, voltage_V, current_A:
        Arrays of shape (n,); a current that is not a number counts as none.
    cuts:
        Rows at which a new step begins even when the current goes on (loops of the program, spectra in between).
    rest_current_A:
        A current up to this is a rest; None: :data:`REST_FRACTION` of the largest.
    charge_C:
        Running integral of the current, shape (n,); None: it is formed by trapezoids.
    current_holds:
        At the points, since the point ``before`` (the interval before a step's first point is then the step's) or until the one ``after``.
    """
    current = np.nan_to_num(current_A)
    if current.size == 0:
        return ()
    if rest_current_A is None:
        # The largest current of a few wild points must not turn everything else into a rest.
        rest_current_A = REST_FRACTION * float(np.percentile(np.abs(current), 99.5))
    sign = np.where(np.abs(current) <= rest_current_A, 0, np.sign(current)).astype(np.int8)
    starts = step_starts(sign, cuts)
    stops = [*starts[1:], sign.size]
    found: list[HalfCycle] = []
    rest: tuple[float, float] | None = None
    for start, stop in zip(starts, stops, strict=True):
        if sign[start] == 0:
            rest = _at_rest(time_s[start:stop], voltage_V[start:stop]) or rest
            continue
        if stop - start >= _SHORTEST_POINTS and time_s[stop - 1] > time_s[start]:
            made = _half_cycle(len(found) + 1, start, stop, time_s, voltage_V, current, rest)
            if charge_C is not None:
                ends = _charge_ends(start, stop, charge_C.size, current_holds)
                made = attrs.evolve(made, charge_C=float(charge_C[ends[1]] - charge_C[ends[0]]))
            found.append(made)
            rest = None
    return tuple(found)


def _charge_ends(start: int, stop: int, points: int, current_holds: str) -> tuple[int, int]:
    """The rows between whose integrals the charge of a step lies."""
    if current_holds == "before":
        return max(start - 1, 0), stop - 1
    return start, min(stop, points - 1) if current_holds == "after" else stop - 1


def _at_rest(time_s: Array, voltage_V: Array) -> tuple[float, float] | None:
    """The voltage at the end of a rest and its standard deviation."""
    good = np.isfinite(voltage_V)
    t, v = time_s[good], voltage_V[good]
    if not v.size:
        return None
    late = v[
        min(int(np.searchsorted(t, t[-1] - _PLATEAU_FRACTION * (t[-1] - t[0]))), max(0, v.size - _FEWEST_AT_REST)) :
    ]
    scatter = float(np.std(late, ddof=1)) if late.size > 1 else 0.0
    return float(np.median(late)), _STD_OF_MEDIAN * scatter / math.sqrt(late.size)


def step_starts(sign: npt.NDArray[np.int8], cuts: Sequence[int]) -> list[int]:
    """Rows where the sign changes or a cut lies."""
    changes = np.flatnonzero(np.diff(sign)) + 1
    return sorted({0, *changes.tolist(), *(c for c in cuts if 0 < c < sign.size)})


def _half_cycle(
    number: int,
    start: int,
    stop: int,
    time_s: Array,
    voltage_V: Array,
    current_A: Array,
    rest: tuple[float, float] | None,
) -> HalfCycle:
    t, v, i = time_s[start:stop], voltage_V[start:stop], current_A[start:stop]
    is_late = t >= t[-1] - _PLATEAU_FRACTION * (t[-1] - t[0])
    with np.errstate(invalid="ignore"):
        late = v[is_late & np.isfinite(v)]
        known = v[np.isfinite(v)]
    current = float(np.median(i))
    largest = math.nan if not known.size else float(known.max() if current > 0 else known.min())
    return HalfCycle(
        number=number,
        start=start,
        stop=stop,
        time_start_s=float(t[0]),
        time_stop_s=float(t[-1]),
        current_A=current,
        charge_C=float(np.sum(np.diff(t) * 0.5 * (i[1:] + i[:-1]))),
        voltage_first_V=math.nan if not known.size else float(known[0]),
        voltage_plateau_V=math.nan if not late.size else _time_median(t[is_late], v[is_late]),
        voltage_largest_V=largest,
        voltage_last_V=math.nan if not known.size else float(known[-1]),
        rest_voltage_V=None if rest is None else rest[0],
        rest_std_V=0.0 if rest is None else rest[1],
        points=stop - start,
    )


def _time_median(time_s: Array, voltage_V: Array) -> float:
    """The median over time, not over points: a recorder that writes at every jump would weigh the jumps."""
    good = np.isfinite(voltage_V)
    t, v = time_s[good], voltage_V[good]
    if t.size < 3 or t[-1] <= t[0]:
        return float(np.median(v))
    weight = np.gradient(t)
    order = np.argsort(v, kind="stable")
    summed = np.cumsum(weight[order])
    return float(v[order][np.searchsorted(summed, 0.5 * summed[-1])])
