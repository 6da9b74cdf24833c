r"""Master sintering curve: one curve of density for all heating rates, and the energy that makes it one.

If densification follows one mechanism and the grain size is a function of density alone,

.. math:: \rho = f(\ln\Theta), \qquad \Theta(t) = \int_0^t \frac{1}{T} \exp\left(-\frac{Q}{R T}\right) dt

for every firing (Su and Johnson 1996). The integral begins at room temperature: a record that begins later is continued down to
it with its first rate. Between rows :math:`\ln` of the integrand is taken as straight, which is exact for the exponential.
f is a cubic spline with equal steps in :math:`\ln\Theta`; for each trial Q it is fitted linearly, and Q minimises what is left.
A thermocouple that runs ahead of the sample by :math:`\tau\,dT/dt` imitates another Q: :math:`\tau` is fitted with Q, held
only by a stated prior. The scale of the density does not matter for Q, so a green density is not needed for it.

Far from the truth the runs may lie side by side in :math:`\ln\Theta` without overlap, where a spline fits each of them: a
difference between runs at equal density that exceeds a quarter of their common range is therefore added to what is left.

Intervals are those of the profile of the sum of squares, with as many independent residuals as their correlation along each run
allows: thousands of rows of one run are not thousands of measurements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field

__all__ = ["GAS_CONSTANT_J_PER_MOL_K", "MasterCurve", "SinteringRun", "ln_work", "master_curve", "spline_values"]

GAS_CONSTANT_J_PER_MOL_K = 8.314462618  # CODATA 2018, exact
_ROOM_K = 298.15
_BASIS = 12
_LOWEST_J, _HIGHEST_J = 40e3, 3000e3
_POINTS = 200
_WORK_POINTS = 700
_T_95 = 1.96
_LEVELS = 7
_APART = 0.25


@attrs.frozen(kw_only=True)
class SinteringRun:
    """One firing: time, measured temperature and density (any scale), shape (n,), heating and dwell only."""

    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    density_relative: Array = array_field()
    rate_K_per_s: float


@attrs.frozen(kw_only=True)
class MasterCurve:
    """The fit. ``knots_ln_work`` are the ends of the spline's range, ``coefficients`` its weights.

    ``ln_work``, ``density`` and ``residual`` hold the compared points of all runs one behind the other, run i up to ``ends[i]``.
    ``left_out_J_per_mol`` holds Q without each run in turn, with the lag held. ``rms`` is in units of the density.
    """

    energy_J_per_mol: float
    low_J_per_mol: float
    high_J_per_mol: float
    lag_s: float
    lag_std_s: float | None
    rms: float
    left_out_J_per_mol: tuple[float, ...]
    knots_ln_work: tuple[float, float]
    coefficients: Array = array_field()
    ln_work: Array = array_field()
    density_relative: Array = array_field()
    residual: Array = array_field()
    ends: tuple[int, ...]
    independent_count: float = 0.0

    def of_run(self, index: int) -> tuple[Array, Array]:
        """ln Theta and density of one run's points."""
        rows = slice(self.ends[index - 1] if index else 0, self.ends[index])
        return self.ln_work[rows], self.density_relative[rows]

    @property
    def is_bounded(self) -> bool:
        """Did the sum of squares rise on both sides within the range that was looked at?"""
        return self.low_J_per_mol > _LOWEST_J and self.high_J_per_mol < _HIGHEST_J


# -- the integral ------------------------------------------------------------------------------------------------------


def ln_work(time_s: Array, temperature_K: Array, *, energy_J_per_mol: float) -> Array:
    """ln Theta at each row, shape (n,), -inf at the first. Theta in s/K.

    >>> time = np.linspace(0.0, 3600.0, 50)
    >>> flat = ln_work(time, np.full(50, 1000.0), energy_J_per_mol=1e5)  # a dwell: Theta = t/T exp(-Q/RT)
    >>> bool(np.isclose(flat[-1], np.log(3.6) - 1e5 / (8.314462618 * 1000.0)))
    True
    """
    exponent = -energy_J_per_mol / (GAS_CONSTANT_J_PER_MOL_K * temperature_K) - np.log(temperature_K)
    highest = float(exponent.max())
    f = np.exp(exponent - highest)
    step = np.diff(exponent)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(np.abs(step) > 1e-6, np.diff(f) / step, 0.5 * (f[1:] + f[:-1]))
        work = np.concatenate([[0.0], np.cumsum(mean * np.diff(time_s))])
        return np.asarray(np.log(work) + highest)


@attrs.frozen(kw_only=True)
class _Prepared:
    """A run ready to be integrated often: from room temperature on, and where its density is compared."""

    time_s: Array
    temperature_K: Array
    rate_K_per_s: Array
    at: Array
    density_relative: Array
    nominal_K_per_s: float

    def ln_work(self, energy_J_per_mol: float, lag_s: float) -> Array:
        true_K = self.temperature_K - lag_s * self.rate_K_per_s
        return ln_work(self.time_s, np.maximum(true_K, 100.0), energy_J_per_mol=energy_J_per_mol)[
            self.at.astype(np.intp)
        ]


def from_room_temperature(time_s: Array, temperature_K: Array, rate_K_per_s: float) -> tuple[Array, Array, int]:
    """The program continued down to room temperature with its first rate, and how many rows that put before it."""
    missing = float(temperature_K[0]) - _ROOM_K
    if missing <= 1.0 or rate_K_per_s <= 0:
        return time_s, temperature_K, 0
    count = max(2, math.ceil(missing / 5.0))
    before = np.linspace(_ROOM_K, float(temperature_K[0]), count, endpoint=False)
    return (
        np.concatenate([time_s[0] - (temperature_K[0] - before) / rate_K_per_s, time_s]),
        np.concatenate([before, temperature_K]),
        count,
    )


def _prepared(run: SinteringRun, low: float, high: float) -> _Prepared:
    # Even in time would crowd the dwell: even in both, by the length along the curve.
    t = (run.time_s - run.time_s[0]) / max(float(np.ptp(run.time_s)), 1e-9)
    y = (run.density_relative - run.density_relative.min()) / max(float(np.ptp(run.density_relative)), 1e-12)
    travelled = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(t)) + np.abs(np.diff(_calm(y))))])
    wanted = np.linspace(0.0, travelled[-1], min(_WORK_POINTS, len(t)))
    rows = np.unique(np.searchsorted(travelled, wanted).clip(0, len(t) - 1))
    # Means over the rows between, so that no measured point is thrown away.
    edges = np.append(rows, len(t))
    count = np.diff(edges)
    time, temperature, density = (
        np.add.reduceat(a, rows) / count for a in (run.time_s, run.temperature_K, run.density_relative)
    )
    calm = _calm(density)
    top = int(np.argmax(calm)) + 1  # what swells afterwards does not sinter
    active = np.flatnonzero((calm[:top] >= low) & (calm[:top] <= high))
    if len(active) > _POINTS:
        active = active[np.linspace(0, len(active) - 1, _POINTS).round().astype(np.intp)]
    full_time, full_temperature, before = from_room_temperature(time, temperature, run.rate_K_per_s)
    return _Prepared(
        time_s=full_time,
        temperature_K=full_temperature,
        rate_K_per_s=np.gradient(full_temperature, full_time),
        at=(active + before).astype(np.float64),
        density_relative=density[active],
        nominal_K_per_s=run.rate_K_per_s,
    )


def _calm(y: Array) -> Array:
    width = max(1, len(y) // 60)
    kernel = np.ones(2 * width + 1) / (2 * width + 1)
    padded = np.concatenate([np.full(width, y[:width].mean()), y, np.full(width, y[-width:].mean())])
    return np.convolve(padded, kernel, mode="valid")


# -- the spline --------------------------------------------------------------------------------------------------------


def _basis(x: Array, ends: tuple[float, float]) -> Array:
    """Uniform cubic B-splines at x (n,): (n, 12); constant beyond the ends."""
    u = np.clip((x - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0) * (_BASIS - 3)
    cell = np.minimum(u.astype(np.intp), _BASIS - 4)
    t = u - cell
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1) / 6.0
    made = np.zeros((len(x), _BASIS))
    rows = np.arange(len(x))
    for k in range(4):
        made[rows, cell + k] = weights[:, k]
    return made


def spline_values(ln_work_: Array, *, ends: tuple[float, float], coefficients: Array) -> Array:
    """The master curve at values of ln Theta, shape of these; constant beyond its ends."""
    shape = np.shape(ln_work_)
    return np.asarray(_basis(np.ravel(ln_work_), ends) @ coefficients).reshape(shape)


def _spline_fit(x: Array, y: Array) -> tuple[tuple[float, float], Array, Array]:
    """Ends, coefficients and residuals; a weak pull to straight pieces decides where there are no points."""
    ends = (float(x.min()), float(x.max()))
    design = _basis(x, ends)
    bend = np.diff(np.eye(_BASIS), n=2, axis=0)
    normal = design.T @ design + 1e-7 * len(x) * bend.T @ bend
    coefficients = np.linalg.solve(normal + 1e-12 * np.eye(_BASIS), design.T @ y)
    return ends, coefficients, y - design @ coefficients


# -- the search --------------------------------------------------------------------------------------------------------


class _Problem:
    """Sum of squares over all runs as a function of ln Q and the lag, with the lag's prior."""

    def __init__(self, runs: Sequence[_Prepared], prior_s: float | None) -> None:
        self.runs = runs
        self.prior_s = prior_s
        self.y = np.concatenate([run.density_relative for run in runs])
        self.scale = float(np.ptp(self.y)) or 1.0
        self.places = _places_of_levels([run.density_relative for run in runs])

    def loss(self, ln_energy: float, lag_s: float) -> float:
        each = [run.ln_work(math.exp(ln_energy), lag_s) for run in self.runs]
        r = _spline_fit(np.concatenate(each), self.y)[2]
        total = float(r @ r) + len(r) * (self.scale * self._apart(each)) ** 2
        if self.prior_s is not None:
            # In units of the variance of a residual, so that the prior is worth one measurement.
            total *= 1.0 + (lag_s / self.prior_s) ** 2 / len(r)
        return total

    def _apart(self, each: Sequence[Array]) -> float:
        """By how much the runs differ at equal density, in units of the range of ln Theta, beyond the quarter that is allowed."""
        at = np.array([np.interp(place, np.arange(len(x)), x) for place, x in zip(self.places, each, strict=True)])
        span = float(np.ptp(at, axis=1).mean())
        return max(0.0, float(np.ptp(at, axis=0).mean()) / max(span, 1e-9) - _APART)


def _places_of_levels(densities: Sequence[Array]) -> list[Array]:
    """For each run the (fractional) points at which it reaches densities that all runs reach."""
    calm = [np.maximum.accumulate(_calm(y)) for y in densities]
    low, high = max(float(y[0]) for y in calm), min(float(y[-1]) for y in calm)
    levels = np.linspace(low + 0.05 * (high - low), high - 0.05 * (high - low), _LEVELS)
    return [np.asarray(np.interp(levels, y, np.arange(len(y)))) for y in calm]


def _best_lag(problem: _Problem, ln_energy: float, start_s: float, width_s: float) -> tuple[float, float]:
    """Lag of the least loss at one energy, and that loss, by shrinking parabolas."""
    if problem.prior_s is None:
        return 0.0, problem.loss(ln_energy, 0.0)
    return _parabola(lambda lag: problem.loss(ln_energy, lag), start_s, width_s, rounds=6)


def _parabola(function: Callable[[float], float], start: float, width: float, *, rounds: int) -> tuple[float, float]:
    """Minimum of a smooth function of one number near ``start``."""
    best, value = start, function(start)
    for _ in range(rounds):
        left, right = function(best - width), function(best + width)
        bend = left - 2 * value + right
        if bend > 0:
            move = float(np.clip(0.5 * width * (left - right) / bend, -2 * width, 2 * width))
        else:
            move = -width if left < right else width
        there = function(best + move)
        options = ((value, best), (left, best - width), (right, best + width), (there, best + move))
        new_value, new_best = min(options)
        if new_best == best or abs(new_best - best) < 0.3 * width:
            width *= 0.3
        best, value = new_best, new_value
    return best, value


def _search(problem: _Problem, lag_s: float | None) -> tuple[float, float, float]:
    """ln Q, lag and loss of the best fit; ``lag_s`` given: held."""
    grid = np.log(np.geomspace(80e3, 1500e3, 25))
    lags = (0.0,) if lag_s is not None or problem.prior_s is None else (0.0, 60.0, 150.0)
    held = 0.0 if lag_s is None else lag_s
    _, ln_energy, lag = min((problem.loss(q, held + lag), q, held + lag) for q in grid for lag in lags)
    if lag_s is not None or problem.prior_s is None:
        ln_energy, loss = _parabola(lambda q: problem.loss(q, held), ln_energy, 0.08, rounds=12)
        return ln_energy, held, loss
    # Along the valley: the best lag of each energy.
    state = {"lag": lag}

    def along(q: float) -> float:
        state["lag"], value = _best_lag(problem, q, state["lag"], 20.0)
        return value

    ln_energy, loss = _parabola(along, ln_energy, 0.08, rounds=10)
    lag, loss = _parabola(lambda value: problem.loss(ln_energy, value), state["lag"], 10.0, rounds=8)
    return ln_energy, lag, loss


def _independent(residuals: Sequence[Array]) -> float:
    """How many independent numbers residuals that are correlated along each run are worth."""
    count = 0.0
    for r in residuals:
        centred = r - r.mean()
        power = float(centred @ centred)
        if power <= 0:
            count += len(r)
            continue
        full = np.correlate(centred, centred, mode="full")[len(r) - 1 :] / power
        below = np.flatnonzero(full <= 0.05)
        stop = int(below[0]) if below.size else len(full)
        count += len(r) / max(1.0, 1.0 + 2.0 * float(full[1:stop].sum()))
    return count


def _profile_end(problem: _Problem, best: tuple[float, float, float], side: float, threshold: float) -> float:
    """ln Q at which the loss, with the lag free, has risen to the threshold; the bound when it does not."""
    ln_best, lag, _ = best
    bound = math.log(_LOWEST_J if side < 0 else _HIGHEST_J)
    inner, width = ln_best, 0.01
    while True:
        outer = ln_best + side * width
        if (outer - bound) * side >= 0:
            return bound
        lag, loss = _best_lag(problem, outer, lag, 20.0)
        if loss >= threshold:
            break
        inner, width = outer, width * 2.0
    for _ in range(7):
        middle = 0.5 * (inner + outer)
        lag, loss = _best_lag(problem, middle, lag, 10.0)
        inner, outer = (middle, outer) if loss < threshold else (inner, middle)
    return 0.5 * (inner + outer)


def master_curve(runs: Sequence[SinteringRun], *, lag_prior_s: float | None, low: float, high: float) -> MasterCurve:
    """Fit Q (and the lag, when a prior is given) to at least three runs.

    Parameters
    ----------
    low, high:
        Densities between which the runs are compared, in their own scale.
    """
    prepared = [_prepared(run, low, high) for run in runs]
    problem = _Problem(prepared, lag_prior_s)
    best = _search(problem, None)
    ln_energy, lag_s, loss = best
    energy = math.exp(ln_energy)
    x = [run.ln_work(energy, lag_s) for run in prepared]
    ends, coefficients, residual = _spline_fit(np.concatenate(x), problem.y)
    cuts = np.cumsum([len(one) for one in x])[:-1]
    residuals = tuple(np.split(residual, cuts))
    free = max(_independent(residuals) - _BASIS - 2, 3.0)
    threshold = loss * (1.0 + _student(free) ** 2 / free)
    low_J, high_J = (math.exp(_profile_end(problem, best, side, threshold)) for side in (-1.0, 1.0))
    left_out = []
    for i in range(len(prepared)):
        rest = _Problem([run for j, run in enumerate(prepared) if j != i], lag_prior_s)
        left_out.append(math.exp(_search(rest, lag_s)[0]))
    return MasterCurve(
        energy_J_per_mol=energy,
        low_J_per_mol=low_J,
        high_J_per_mol=high_J,
        lag_s=lag_s,
        lag_std_s=_lag_std(problem, best, loss / free) if lag_prior_s is not None else None,
        rms=float(np.sqrt(np.mean(residual**2))),
        left_out_J_per_mol=tuple(left_out),
        knots_ln_work=ends,
        coefficients=coefficients,
        ln_work=np.concatenate(x),
        density_relative=problem.y,
        residual=residual,
        ends=tuple(np.cumsum([len(one) for one in x]).tolist()),
        independent_count=free,
    )


def _student(freedom: float) -> float:
    """Student's t at 97.5 % for three or more degrees of freedom, by the expansion around the normal quantile."""
    z = _T_95
    g1, g2 = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3


def _lag_std(problem: _Problem, best: tuple[float, float, float], variance: float) -> float | None:
    """From the curvature of the loss along the lag, with the energy free."""
    ln_energy, lag_s, loss = best
    step = 15.0
    bends = []
    for side in (-step, step):
        _, there = _parabola(lambda q, at=lag_s + side: problem.loss(q, at), ln_energy, 0.03, rounds=6)  # type: ignore[misc]
        bends.append(there - loss)
    curvature = sum(bends) / step**2
    return math.sqrt(2.0 * variance / curvature) if curvature > 0 else None
