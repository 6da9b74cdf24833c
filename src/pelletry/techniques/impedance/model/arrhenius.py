r"""Arrhenius energies in both conventions, with an uncertainty that the residuals have confirmed.

``ln(sigma T)``: :math:`\ln(\sigma T) = \ln A - E_a/(kT)`, the form of hopping (Nernst-Einstein). ``ln(sigma)``: without T.
The same data give energies that differ by about kT of the mean temperature, 25-38 meV, and the fit cannot tell which
form is right (R^2 of the wrong one is 0.9999), so both are always computed and each energy names its convention.

Weights. The line is fitted in the log, where errors of resistances are symmetric. A stated temperature error enters
through the slope (effective variance, Orear1982). When the chi2 test contradicts the stated errors (p < 0.1), a
scatter common to all points is added until they agree (PauleMandel1982), Student's t takes the place of 1.96, and
:attr:`ArrheniusFit.note` says so. Scatter that chance explains is not added: it would widen half of all intervals for
nothing, while scatter below the stated errors narrows none (it never does). Without stated errors all points weigh the
same and the residuals alone give the uncertainty.
"""

from __future__ import annotations

import math

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.freedom import combined_degrees_of_freedom, student_95
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.reference.constants import BOLTZMANN_EV_PER_K, ICE_POINT_K

__all__ = [
    "CONVENTIONS",
    "ArrheniusFit",
    "ConductivityAt",
    "Influence",
    "conductivity_at",
    "fit_arrhenius",
    "fit_both_conventions",
    "leave_one_out",
    "weighted_line",
]

CONVENTIONS = ("ln(sigma T)", "ln(sigma)")
#: Residuals this improbable under the stated errors contradict them.
LARGEST_P_OF_SCATTER = 0.1
SOURCES = ("Orear1982", "PauleMandel1982", "Raj2023")


@attrs.frozen(kw_only=True)
class ArrheniusFit:
    """A straight line through ln y over 1/T, y = sigma T or sigma as the convention says."""

    convention: str = attrs.field(validator=attrs.validators.in_(CONVENTIONS))
    weighting: str
    temperature_K: Array = array_field(unit="K", doc="(n,) ascending")
    conductivity_S_per_m: Array = array_field(unit="S/m", doc="(n,)")
    relative_std: Array = array_field(unit="1", doc="(n,) std of ln y that the weights use; NaN with equal weights")
    residual: Array = array_field(unit="1", doc="(n,) ln y measured minus line")
    energy_eV: Estimate
    log_prefactor: float
    covariance: Array | None = array_field(
        unit="", doc="(2, 2) of (ln A, Ea/eV), None with fewer than three temperatures"
    )
    chi2_reduced: float | None
    scatter_relative: float
    r_squared: float
    t_factor: float | None
    note: str

    @property
    def dof(self) -> int:
        """Degrees of freedom, points minus two."""
        return self.temperature_K.size - 2

    @property
    def residual_std(self) -> float | None:
        """Standard deviation of the points about the line, in ln y; None with fewer than three points."""
        return math.sqrt(float(self.residual @ self.residual) / self.dof) if self.dof > 0 else None

    def log_conductivity(self, temperature_K: float | Array) -> Array:
        """ln(sigma / (S/m)) on the line."""
        temperature = np.asarray(temperature_K, dtype=float)
        log_y = self.log_prefactor - self.energy_eV.value / (BOLTZMANN_EV_PER_K * temperature)
        return log_y - np.log(temperature) if self.convention == "ln(sigma T)" else log_y

    def log_std(self, temperature_K: float) -> float | None:
        """Standard deviation of the line's ln sigma at a temperature; None when the fit has no covariance."""
        if self.covariance is None:
            return None
        gradient = np.array([1.0, -1.0 / (BOLTZMANN_EV_PER_K * temperature_K)])
        return math.sqrt(max(float(gradient @ self.covariance @ gradient), 0.0))


@attrs.frozen(kw_only=True)
class Influence:
    """What one point does to the energy: the energy without it, and how far the point lies off the others' line."""

    temperature_K: float
    energy_without_eV: float
    shift_eV: float
    studentized_residual: float
    p_value: float
    is_outlier: bool


@attrs.frozen(kw_only=True)
class ConductivityAt:
    """Conductivity read from the line at one temperature.

    ``conductivity_S_per_m`` is that of the line (its std does not contain the scatter of a single measurement);
    ``prediction_interval_95`` is where one further measurement would fall. ``distance_K`` is how far the temperature
    lies outside the measured range, 0 when inside.
    """

    temperature_K: float
    conductivity_S_per_m: Estimate
    prediction_interval_95: tuple[float, float] | None
    is_extrapolated: bool
    distance_K: float
    sentence: str


def fit_arrhenius(
    *,
    temperature_K: Array,
    conductivity_S_per_m: Array,
    relative_std: Array | None = None,
    temperature_std_K: float | Array | None = None,
    convention: str = "ln(sigma T)",
    weighting: str = "stated",
) -> ArrheniusFit | Unresolved:
    """Fit one line; the order of the points does not matter.

    Parameters
    ----------
    temperature_K, conductivity_S_per_m:
        Shape (n,), all > 0. [K, S/m]
    relative_std:
        Standard deviation of ln(sigma) of each point, without geometry (common to all) and without temperature; None or
        any NaN: not known, all points weigh the same.
    temperature_std_K:
        Standard deviation of each temperature, independent between points. An offset of the thermometer common to all
        points belongs to :func:`conductivity_at`. [K]
    weighting:
        ``"stated"`` (errors given, scatter added where needed) or ``"equal"``.

    Returns
    -------
    :
        The fit. Two temperatures give a value without uncertainty, fewer an Unresolved.
    """
    order = np.argsort(np.asarray(temperature_K, dtype=float), kind="stable")
    temperature = np.asarray(temperature_K, dtype=float)[order]
    sigma = np.asarray(conductivity_S_per_m, dtype=float)[order]
    distinct = _distinct_temperatures(temperature)
    if distinct < 2:
        return Unresolved(reason=_too_few(distinct), unit="eV")
    log_y = np.log(sigma * temperature) if convention == "ln(sigma T)" else np.log(sigma)
    stated = _stated_variance(relative_std, order) if weighting == "stated" else None
    by_temperature = None if temperature_std_K is None else np.broadcast_to(temperature_std_K, order.shape)[order]
    x = -1.0 / (BOLTZMANN_EV_PER_K * temperature)
    if stated is None:
        line = _equal_weights(x, log_y)
    else:
        line = _effective_variance(x, log_y, temperature, stated, by_temperature, convention)
    return _fit_from_line(line, x, log_y, temperature, sigma, convention, distinct)


def fit_both_conventions(
    *,
    temperature_K: Array,
    conductivity_S_per_m: Array,
    relative_std: Array | None = None,
    temperature_std_K: float | Array | None = None,
    weighting: str = "stated",
) -> dict[str, ArrheniusFit | Unresolved]:
    """:func:`fit_arrhenius` in both conventions, by the name of the convention."""
    return {
        convention: fit_arrhenius(
            temperature_K=temperature_K,
            conductivity_S_per_m=conductivity_S_per_m,
            relative_std=relative_std,
            temperature_std_K=temperature_std_K,
            convention=convention,
            weighting=weighting,
        )
        for convention in CONVENTIONS
    }


@attrs.frozen(kw_only=True)
class _Line:
    intercept: float
    slope: float
    covariance: Array
    variance: Array
    chi2_reduced: float | None
    scatter_variance: float


def _distinct_temperatures(temperature_K: Array) -> int:
    return int(np.unique(np.round(temperature_K, 1)).size)


def _too_few(distinct: int) -> str:
    return f"an activation energy needs at least two temperatures; there {'is one' if distinct else 'is none'}"


def _stated_variance(relative_std: Array | None, order: npt.NDArray[np.intp]) -> Array | None:
    if relative_std is None:
        return None
    std = np.asarray(relative_std, dtype=float)[order]
    return std**2 if bool(np.all(np.isfinite(std) & (std > 0))) else None


def weighted_line(x: Array, y: Array, variance: Array) -> tuple[float, float, Array]:
    """Intercept, slope and covariance of the weighted line; x is centred first, since its offset is 30 times its range."""
    weight = 1.0 / variance
    centre = float(weight @ x / weight.sum())
    dx = x - centre
    spread = float(weight @ dx**2)
    slope = float(weight @ (dx * y) / spread)
    mean = float(weight @ y / weight.sum())
    var_slope, var_mean = 1.0 / spread, 1.0 / float(weight.sum())
    covariance = np.array([[var_mean + centre**2 * var_slope, -centre * var_slope], [-centre * var_slope, var_slope]])
    return mean - slope * centre, slope, covariance


def _equal_weights(x: Array, y: Array) -> _Line:
    intercept, slope, covariance = weighted_line(x, y, np.ones_like(x))
    residual = y - intercept - slope * x
    variance = float(residual @ residual) / (x.size - 2) if x.size > 2 else math.nan
    return _Line(
        intercept=intercept,
        slope=slope,
        covariance=covariance * variance,
        variance=np.full_like(x, math.nan),
        chi2_reduced=None,
        scatter_variance=variance,
    )


def _effective_variance(
    x: Array, y: Array, temperature: Array, stated: Array, temperature_std: Array | None, convention: str
) -> _Line:
    """The line with the errors of the temperatures moved into ln y by its slope.

    ln(sigma T) is formed with the temperature that was read, so that only sigma moves with the true one: its slope is
    E/(kT^2) - 1/T.
    """
    by_product = 1.0 / temperature if convention == "ln(sigma T)" else np.zeros_like(temperature)
    slope = _equal_weights(x, y).slope
    variance = stated
    for _ in range(4):  # the slope enters the weights only weakly: three rounds settle it to 1e-6
        if temperature_std is not None:
            change_per_K = slope / (BOLTZMANN_EV_PER_K * temperature**2) - by_product
            variance = stated + (change_per_K * temperature_std) ** 2
        extra = _scatter_variance(x, y, variance)
        intercept, slope, covariance = weighted_line(x, y, variance + extra)
    chi2 = _chi2(x, y, variance) / (x.size - 2) if x.size > 2 else None
    return _Line(
        intercept=intercept,
        slope=slope,
        covariance=covariance,
        variance=variance + extra,
        chi2_reduced=chi2,
        scatter_variance=extra,
    )


def _chi2(x: Array, y: Array, variance: Array) -> float:
    intercept, slope, _ = weighted_line(x, y, variance)
    return float(np.sum((y - intercept - slope * x) ** 2 / variance))


def _is_contradicted(chi2: float, dof: int) -> bool:
    """Whether residuals are larger than chance makes them of the stated errors."""
    from scipy.special import chdtrc

    return dof > 0 and float(chdtrc(dof, chi2)) < LARGEST_P_OF_SCATTER


def _scatter_variance(x: Array, y: Array, variance: Array) -> float:
    """Variance to add to every point so that chi2 equals its degrees of freedom; 0 where chance explains the residuals."""
    dof = x.size - 2
    if not _is_contradicted(_chi2(x, y, variance), dof):
        return 0.0
    low, high = 0.0, float(np.var(y)) + float(variance.max())
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _chi2(x, y, variance + middle) > dof else (low, middle)
    return 0.5 * (low + high)


def _fit_from_line(
    line: _Line, x: Array, log_y: Array, temperature: Array, sigma: Array, convention: str, distinct: int
) -> ArrheniusFit:
    residual = log_y - line.intercept - line.slope * x
    has_uncertainty = distinct >= 3
    std = math.sqrt(line.covariance[1, 1]) if has_uncertainty else None
    factor = _interval_factor(line, x.size - 2) if has_uncertainty else None
    interval = None if std is None or factor is None else (line.slope - factor * std, line.slope + factor * std)
    weighting = "equal" if line.chi2_reduced is None and np.isnan(line.variance).all() else "stated"
    scatter = line.scatter_variance if math.isfinite(line.scatter_variance) else 0.0
    energy = Estimate(
        value=line.slope,
        std=std,
        unit="eV",
        method=f"line through {convention} over 1/T, {x.size} points, {weighting} weights",
        interval_95=interval,
    )
    total = float(np.sum((log_y - log_y.mean()) ** 2))
    return ArrheniusFit(
        convention=convention,
        weighting=weighting,
        temperature_K=temperature,
        conductivity_S_per_m=sigma,
        relative_std=np.sqrt(line.variance),
        residual=residual,
        energy_eV=energy,
        log_prefactor=line.intercept,
        covariance=line.covariance if has_uncertainty else None,
        chi2_reduced=line.chi2_reduced,
        scatter_relative=math.sqrt(scatter),
        r_squared=1.0 - float(residual @ residual) / total if total > 0 else math.nan,
        t_factor=factor,
        note=_note(line, distinct, weighting),
    )


def _interval_factor(line: _Line, dof: int) -> float:
    """Half width of a 95 % interval in standard deviations.

    Student's t when the residuals give the uncertainty, wholly or in part; else the normal 1.96, since stated errors that
    the residuals do not contradict are taken as known.
    """
    return student_95(dof if line.chi2_reduced is None or line.scatter_variance > 0.0 else None)


def _note(line: _Line, distinct: int, weighting: str) -> str:
    if distinct < 3:
        return "Two temperatures give an energy but no uncertainty; measure at least three."
    scatter = 100 * math.sqrt(line.scatter_variance)
    if weighting == "equal":
        return f"All points weigh the same; the uncertainty is from their scatter about the line, {scatter:.2g} %."
    if line.scatter_variance > 0:
        return (
            f"The points scatter more than their stated errors explain (reduced chi2 {line.chi2_reduced:.2g}): "
            f"{scatter:.2g} % of scatter was added to each, which widens the uncertainty."
        )
    return (
        f"The stated errors explain the scatter (reduced chi2 {line.chi2_reduced:.2g}); the uncertainty is theirs and was "
        "not reduced."
    )


def leave_one_out(fit: ArrheniusFit) -> tuple[Influence, ...]:
    """The energy without each point in turn; empty with fewer than four points.

    A point is an outlier when its studentized residual against the line of the others has a p value under 5 % after
    Bonferroni's correction for having looked at all points.
    """
    n = fit.temperature_K.size
    if n < 4 or _distinct_temperatures(fit.temperature_K) < 4:
        return ()
    x = -1.0 / (BOLTZMANN_EV_PER_K * fit.temperature_K)
    log_y = fit.residual + fit.log_prefactor + fit.energy_eV.value * x
    variance = np.ones(n) if fit.weighting == "equal" else fit.relative_std**2
    return tuple(_influence(i, x, log_y, variance, fit) for i in range(n))


def _influence(i: int, x: Array, log_y: Array, variance: Array, fit: ArrheniusFit) -> Influence:
    from scipy.special import stdtr

    n = x.size
    keep = np.arange(n) != i
    intercept, slope, covariance = weighted_line(x[keep], log_y[keep], variance[keep])
    others = log_y[keep] - intercept - slope * x[keep]
    scale = max(float(np.sum(others**2 / variance[keep])) / (n - 3), 0.0 if fit.weighting == "equal" else 1.0)
    gradient = np.array([1.0, x[i]])
    predicted_variance = scale * (variance[i] + float(gradient @ covariance @ gradient))
    off = float(log_y[i] - intercept - slope * x[i])
    studentized = off / math.sqrt(predicted_variance) if predicted_variance > 0 else math.inf * np.sign(off or 1.0)
    p_value = min(1.0, 2.0 * n * float(stdtr(n - 3, -abs(studentized))))
    return Influence(
        temperature_K=float(fit.temperature_K[i]),
        energy_without_eV=slope,
        shift_eV=slope - fit.energy_eV.value,
        studentized_residual=studentized,
        p_value=p_value,
        is_outlier=p_value < 0.05,
    )


def conductivity_at(
    fit: ArrheniusFit,
    *,
    temperature_K: float,
    geometry_relative_std: float | None = None,
    geometry_degrees_of_freedom: float | None = None,
    temperature_offset_std_K: float | None = None,
) -> ConductivityAt:
    """Conductivity of the line at a temperature, marked as interpolated or extrapolated.

    ``geometry_relative_std`` is the common relative error of l/A (with its degrees of freedom, None: known), ``temperature_offset_std_K`` that of a thermometer
    wrong by the same amount at every point; both move the whole line and are added here, once. None: not included, and
    the method says so.

    Resistances in series that follow one law each have a sum that follows none, and seven points hardly show it. Between
    the measured temperatures the distance of the line to a parabola through the same points is therefore an error of the
    line (five points or more); beyond them it would say nothing.
    """
    value = math.exp(float(fit.log_conductivity(temperature_K)))
    low, high = float(fit.temperature_K.min()), float(fit.temperature_K.max())
    distance = max(low - temperature_K, temperature_K - high, 0.0)
    line_std = fit.log_std(temperature_K)
    if line_std is not None and distance == 0.0:
        line_std = math.hypot(line_std, _bend(fit, temperature_K))
    offset_std = abs(_change_per_kelvin(fit, temperature_K)) * (temperature_offset_std_K or 0.0)
    sentence = _position(fit, temperature_K, distance)
    included = [w for w, g in (("geometry", geometry_relative_std), ("thermometer", temperature_offset_std_K)) if g]
    contains = " and ".join(["line", *included]) if len(included) < 2 else "line, geometry and thermometer"
    method = f"{sentence}; {fit.convention}; uncertainty of {contains}"
    if line_std is None or fit.t_factor is None:
        estimate = Estimate(value=value, unit="S/m", method=f"{sentence}; {fit.convention}; uncertainty not known")
        prediction = None
    else:
        freedom, half = _combined(fit, line_std, geometry_relative_std, geometry_degrees_of_freedom, offset_std)
        estimate = Estimate(
            value=value,
            std=value * math.hypot(line_std, geometry_relative_std or 0.0, offset_std),
            unit="S/m",
            method=method,
            interval_95=(value * math.exp(-half), value * math.exp(half)),
            degrees_of_freedom=freedom,
        )
        single = math.hypot(line_std, fit.residual_std or 0.0)
        _, wide = _combined(fit, single, geometry_relative_std, geometry_degrees_of_freedom, offset_std)
        prediction = (value * math.exp(-wide), value * math.exp(wide))
    return ConductivityAt(
        temperature_K=temperature_K,
        conductivity_S_per_m=estimate,
        prediction_interval_95=prediction,
        is_extrapolated=distance > 0,
        distance_K=distance,
        sentence=sentence,
    )


def _bend(fit: ArrheniusFit, temperature_K: float) -> float:
    """How far a parabola through the points is from the line at a temperature, in ln sigma; 0 with fewer than 5 points."""
    if _distinct_temperatures(fit.temperature_K) < 5:
        return 0.0
    x = 1.0 / fit.temperature_K
    centre, scale = float(x.mean()), float(np.ptp(x))
    root_weight = np.ones_like(x) if np.isnan(fit.relative_std).any() else 1.0 / fit.relative_std
    parabola = np.polynomial.polynomial.polyfit((x - centre) / scale, fit.residual, 2, w=root_weight)
    return abs(float(np.polynomial.polynomial.polyval((1.0 / temperature_K - centre) / scale, parabola)))


def _change_per_kelvin(fit: ArrheniusFit, temperature_K: float) -> float:
    """d ln sigma/dT on the line. [1/K]"""
    slope = fit.energy_eV.value / (BOLTZMANN_EV_PER_K * temperature_K**2)
    return slope - 1.0 / temperature_K if fit.convention == "ln(sigma T)" else slope


def _combined(
    fit: ArrheniusFit, line_std: float, geometry: float | None, geometry_freedom: float | None, offset_std: float
) -> tuple[float | None, float]:
    """Degrees of freedom of line, geometry and thermometer together, and the half width of the 95 % interval of ln sigma."""
    of_line = fit.dof if fit.t_factor is not None and fit.t_factor > student_95(None) else None
    freedom = combined_degrees_of_freedom(
        [(line_std, of_line), (geometry or 0.0, geometry_freedom), (offset_std, None)]
    )
    return freedom, student_95(freedom) * math.hypot(line_std, geometry or 0.0, offset_std)


def _position(fit: ArrheniusFit, temperature_K: float, distance: float) -> str:
    low, high = float(fit.temperature_K.min()), float(fit.temperature_K.max())
    celsius = [f"{t - ICE_POINT_K:.4g}" for t in (temperature_K, low, high)]
    if distance > 0:
        side = "below" if temperature_K < low else "above"
        return f"extrapolated to {celsius[0]} °C, {distance:.3g} K {side} the measured range {celsius[1]} to {celsius[2]} °C"
    below = float(fit.temperature_K[fit.temperature_K <= temperature_K].max()) - ICE_POINT_K
    above = float(fit.temperature_K[fit.temperature_K >= temperature_K].min()) - ICE_POINT_K
    if above - below < 0.05:
        return f"at {celsius[0]} °C, a measured temperature, read from the line"
    return f"interpolated at {celsius[0]} °C between {below:.4g} and {above:.4g} °C"
