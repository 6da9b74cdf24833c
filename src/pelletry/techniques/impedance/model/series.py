r"""All temperatures of a pellet fitted together, beside the separate fits, with a test of whether that is allowed.

Where a grain arc lies above the window, single spectra give its resistance to 20-30 %; together, with its Arrhenius law
and a capacitance that hardly changes, to 1 %. The price is a model: if the arc is not what the model takes it for, the
energy is sharp and wrong. So the common fit never replaces the separate ones. It reports a lack-of-fit test against them
and, with :func:`model_dependence`, how far an energy moves from model to model.

The width s of the deviations from the Arrhenius line is estimated from the series itself by expectation and maximisation,
from 2 % down to no less than 0.1 %. Their main cause is the thermometer, so the width of each resistance is taken in
proportion to its energy. Uncertainties come from the posterior covariance,
widened when the common fit does not describe the data, with Student's t for the number of temperatures.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray, array_field
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.fitting.least_squares import damped_least_squares
from pelletry.reference.constants import ELECTRIC_CONSTANT_F_PER_M
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.elements import LOWEST_N
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.model.series_layout import ArcTie, Layout, SeriesModel, layout_from_model

__all__ = [
    "COMMON_MODELS",
    "SeriesFit",
    "SeriesResistance",
    "fit_series",
    "geometric_capacitance",
    "model_dependence",
]

POOLING_STD = 0.02
SMALLEST_POOLING_STD = 0.001
LACK_OF_FIT_P = 0.01
MIN_TEMPERATURES = 4

#: The readings shown side by side. "shared C" is the physical one; "shared Q" is common in the literature and lets the
#: capacitance drift unseen.
COMMON_MODELS: tuple[SeriesModel, ...] = (
    SeriesModel(name="Arrhenius, capacitances drift"),
    SeriesModel(name="Arrhenius, capacitance of the fast arc fixed", ties=(ArcTie(drifts=False), ArcTie())),
    SeriesModel(name="shared Q of the fast arc", law="free", ties=(ArcTie(kept="Q", drifts=False), ArcTie(kept=""))),
)


@attrs.frozen(kw_only=True)
class SeriesResistance:
    """One resistance over the series. ``energy_eV`` is that of ln(sigma T); None under the law "free".

    ``log_std`` (n,) is the standard deviation of ln R, ``deviation`` (n,) the fitted departure from the Arrhenius line.
    """

    name: str
    energy_eV: Estimate | None
    resistance_ohm: Array = array_field(unit="ohm")
    log_std: Array = array_field()
    deviation: Array = array_field()


@attrs.frozen(kw_only=True)
class SeriesFit:
    """The common fit. ``p_lack_of_fit``: probability that the separate fits are better by so much by chance alone."""

    model: SeriesModel
    circuit: str
    temperature_K: Array = array_field(unit="K")
    resistances: tuple[SeriesResistance, ...]
    total_ohm: Array = array_field(unit="ohm")
    total_log_std: Array = array_field()
    pooling_std: float
    chi2: float
    chi2_separate: float
    parameters: float
    parameters_separate: int
    f_lack_of_fit: float
    p_lack_of_fit: float
    is_converged: bool
    covariance_scale: float
    sentence: str

    @property
    def is_consistent(self) -> bool:
        """The common model describes the spectra as well as the separate fits do, within chance."""
        return self.p_lack_of_fit > LACK_OF_FIT_P

    def resistance(self, name: str) -> SeriesResistance:
        return next(r for r in self.resistances if r.name == name)


@attrs.frozen(kw_only=True, eq=False)
class _Data:
    """What the residuals need: spectra of one list of frequencies are stacked; weights are divided by the noise."""

    groups: tuple[tuple[npt.NDArray[np.intp], Array, ComplexArray, Array], ...]
    layout: Layout

    def rows(self, common: Array) -> tuple[Array, Array]:
        """Weighted residuals (k,) of all spectra and their derivatives (k, g)."""
        theta, slope = self.layout.theta(common)
        residuals, jacobians = [], []
        for members, frequency_Hz, impedance_ohm, weight in self.groups:
            z, by_theta = self.layout.circuit.impedance_and_jacobian(frequency_Hz, theta[members])
            gap, by_common = z - impedance_ohm, by_theta @ slope[members]
            for part, derivative, w in ((gap.real, by_common.real, 0), (gap.imag, by_common.imag, 1)):
                residuals.append((part * weight[..., w]).ravel())
                jacobians.append((derivative * weight[..., w, None]).reshape(-1, self.layout.size))
        return np.concatenate(residuals), np.concatenate(jacobians)

    @property
    def count(self) -> int:
        """Number of real data that carry weight."""
        return sum(int(np.count_nonzero(weight)) for *_, weight in self.groups)


def _data(fits: Sequence[CircuitFit], layout: Layout) -> _Data:
    by_grid: dict[bytes, list[int]] = {}
    for i, fit in enumerate(fits):
        by_grid.setdefault(fit.frequency_Hz.tobytes(), []).append(i)
    groups = []
    for members in by_grid.values():
        z = np.array([fits[i].impedance_ohm for i in members])
        weight = np.array([_weights(fits[i]) for i in members])
        used = np.where(weight.any(axis=-1), z, 1.0)  # points left out may hold NaN, which a weight of zero keeps
        groups.append((np.array(members), fits[members[0]].frequency_Hz, used, weight))
    return _Data(groups=tuple(groups), layout=layout)


def fit_series(
    *,
    fits: Sequence[CircuitFit],
    temperature_K: npt.ArrayLike,
    model: SeriesModel = COMMON_MODELS[0],
    grain_capacitance: Estimate | None = None,
) -> SeriesFit | Unresolved:
    """Fit all spectra of one pellet together, starting from their separate fits with the same circuit.

    Parameters
    ----------
    fits:
        One separate fit a spectrum, all of one circuit.
    temperature_K:
        Shape (n,). [K]
    grain_capacitance:
        Geometric capacitance of the grains [F] with its std (:func:`geometric_capacitance`), for a circuit that starts with
        a plain R: the R then becomes an arc with this capacitance, known within its std. Without it a grain arc that just
        enters the window at the cold end bends the energies.

    Returns
    -------
    :
        The common fit, or Unresolved with fewer than four temperatures or fits that did not end.
    """
    temperature = np.asarray(temperature_K, dtype=float)
    if np.unique(np.round(temperature, 1)).size < MIN_TEMPERATURES:
        return Unresolved(reason=f"a common fit needs at least {MIN_TEMPERATURES} temperatures", unit="eV")
    if any(not np.isfinite(fit.theta).all() or not fit.chi2_reduced > 0 for fit in fits):
        return Unresolved(reason="a separate fit did not end, so the common one has no start", unit="eV")
    text = fits[0].circuit_text
    if grain_capacitance is not None:
        arc_text = _PLAIN_R.sub(r"\1(RC)\2", text)
        grain_capacitance, text = (None, text) if arc_text == text else (grain_capacitance, arc_text)
    layout = layout_from_model(
        circuit=parse_circuit(text), model=model, temperature_K=temperature, grain_capacitance=grain_capacitance
    )
    data = _data(fits, layout)
    theta, weight = _with_grain_arc(fits, layout, has_grain_arc=grain_capacitance is not None)
    solved = layout.start(theta, weight, POOLING_STD)
    pooling, haste = POOLING_STD, 3.0
    solved = _solve(data, solved, pooling).common
    data = attrs.evolve(data, layout=layout.with_deviations_by_energy(solved))
    layout = data.layout
    for _ in range(10):
        state = _solve(data, solved, pooling)
        solved = state.common
        updated = _pooling_std(layout, solved, _inverse(state.normal))
        if not layout.pooled_scale.any() or abs(updated / pooling - 1.0) < 0.05:
            break
        # Expectation-maximisation creeps towards small deviations: steps are taken four times at once until one goes back.
        haste = haste if updated < pooling else 0.0
        pooling = float(np.clip(updated * (updated / pooling) ** haste, SMALLEST_POOLING_STD, 1.0))
    return _result(data, model, state, pooling, fits)


def _weights(fit: CircuitFit) -> Array:
    """Weights (m, 2) of real and imaginary parts over the noise that the separate fit found."""
    return np.asarray(fit.weight).reshape(-1, 2) / math.sqrt(fit.chi2_reduced)


#: Where a common fit starts with an inductance that the separate fits found negative.
_SMALLEST_CABLE_H = 1e-8
_PLAIN_R = re.compile(r"^(L?)R(\()")


def geometric_capacitance(*, cell_constant_per_m: float, permittivity: float, factor: float) -> Estimate:
    r"""Capacitance of the pellet as a plate capacitor, :math:`\varepsilon_r \varepsilon_0 A / l`, known to a factor. [F]"""
    value = permittivity * ELECTRIC_CONSTANT_F_PER_M / cell_constant_per_m
    method = f"permittivity {permittivity:g}, known to a factor of {factor:g}"
    return Estimate(value=value, std=value * math.log(factor), unit="F", method=method)


def _with_grain_arc(fits: Sequence[CircuitFit], layout: Layout, *, has_grain_arc: bool) -> tuple[Array, Array]:
    """Internal coordinates (n, p) of the separate fits, and how far each is to be believed for the common start."""
    theta = np.array([fit.theta for fit in fits])
    std = np.sqrt(np.array([np.clip(np.diag(fit.theta_covariance), 0.0, 1e6) for fit in fits]))
    weight = 1.0 / (np.where(np.isfinite(std), std, 1e3) + 0.03)
    if has_grain_arc and len(layout.circuit.parameters) > theta.shape[1]:
        r = layout.circuit.arcs[0].resistance
        tau = theta[:, r] + layout.offset[:, r + 1]
        # The separate fits hold the grains' capacitance in an L of either sign; here it has its own place and L is a cable.
        signed = list(parse_circuit(fits[0].circuit_text).signed_indices)
        henry = np.array([fit.values for fit in fits])[:, signed]
        theta[:, signed], weight[:, signed] = np.log(np.maximum(henry, _SMALLEST_CABLE_H)), 1e-3
        theta = np.insert(theta, r + 1, tau, axis=1)
        weight = np.insert(weight, r + 1, 1e-3, axis=1)
    return theta, weight


def _inverse(normal: Array) -> Array:
    return np.asarray(np.linalg.pinv(normal, hermitian=True), dtype=float)


def _widths(layout: Layout, pooling: float) -> Array:
    return np.where(layout.pooled_scale > 0, pooling * layout.pooled_scale, layout.prior_width)


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """Common coordinates, normal matrix (priors included), chi2 of the data alone."""

    common: Array
    normal: Array
    chi2: float
    is_converged: bool


def _solve(data: _Data, start: Array, pooling: float) -> _State:
    width = _widths(data.layout, pooling)
    inverse = np.where(np.isfinite(width), 1.0 / width, 0.0)
    prior_rows = np.diag(inverse)[inverse > 0]
    lower, upper = _bounds(data.layout)

    def function(common: Array, _: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        residual, jacobian = data.rows(common[0])
        residual = np.concatenate([residual, prior_rows @ common[0]])
        return residual[None], np.vstack([jacobian, prior_rows]).T[None]

    solution = damped_least_squares(
        function, start[None], lower=lower, upper=upper, longest_step=2.0, tolerance=1e-9, max_iterations=80
    )
    common = np.asarray(solution.theta[0])
    residual, _ = data.rows(common)
    return _State(
        common=common,
        normal=np.asarray(solution.normal[0]),
        chi2=float(residual @ residual),
        is_converged=bool(solution.is_converged[0]),
    )


def _bounds(layout: Layout) -> tuple[Array, Array]:
    """Exponents stay in their box; with drift the box holds for the middle of the range and leaves room for the slope."""
    lower, upper = np.full(layout.size, -np.inf), np.full(layout.size, np.inf)
    for j in layout.circuit.n_indices:
        moves = np.abs(layout.matrix[:, j, :]).sum(axis=0) > 0
        is_level = moves & ~np.isfinite(layout.prior_width)
        lower[is_level], upper[is_level] = LOWEST_N, 1.0
    return lower, upper


def _pooling_std(layout: Layout, common: Array, covariance: Array) -> float:
    """Root mean square of the deviations with what is not known of them (one step of expectation-maximisation)."""
    if not layout.pooled_scale.any():
        return POOLING_STD
    pooled = layout.pooled_scale > 0
    second_moment = (common[pooled] ** 2 + np.diag(covariance)[pooled]) / layout.pooled_scale[pooled] ** 2
    return float(np.clip(math.sqrt(float(second_moment.mean())), SMALLEST_POOLING_STD, 1.0))


def _result(data: _Data, model: SeriesModel, state: _State, pooling: float, fits: Sequence[CircuitFit]) -> SeriesFit:
    layout, common, chi2 = data.layout, state.common, state.chi2
    covariance = _inverse(state.normal)
    width = _widths(layout, pooling)
    held = float(np.sum(np.diag(covariance)[np.isfinite(width)] / width[np.isfinite(width)] ** 2))
    parameters = layout.size - held
    separate = len(fits[0].names) * len(fits)
    chi2_separate = float(sum(fit.chi2 / fit.chi2_reduced for fit in fits))
    ratio, p_value = _lack_of_fit(chi2, chi2_separate, parameters, separate)
    scale = max(1.0, chi2 / max(data.count - parameters, 1.0))
    resistances = tuple(
        _resistance(layout, common, covariance * scale, j, p.name)
        for j, p in enumerate(layout.circuit.parameters)
        if p.kind == "R"
    )
    total, total_std = _total(layout, common, covariance * scale)
    return SeriesFit(
        model=model,
        circuit=layout.circuit.text,
        temperature_K=layout.temperature_K,
        resistances=resistances,
        total_ohm=total,
        total_log_std=total_std,
        pooling_std=pooling,
        chi2=chi2,
        chi2_separate=chi2_separate,
        parameters=parameters,
        parameters_separate=separate,
        f_lack_of_fit=ratio,
        p_lack_of_fit=p_value,
        is_converged=state.is_converged,
        covariance_scale=scale,
        sentence=_sentence(model, parameters, separate, chi2, chi2_separate, p_value),
    )


def _lack_of_fit(chi2: float, chi2_separate: float, parameters: float, separate: int) -> tuple[float, float]:
    """F of the common against the separate fits; chi2_separate equals its degrees of freedom by the choice of weights."""
    from scipy.special import fdtrc

    saved = max(separate - parameters, 1.0)
    ratio = max(chi2 - chi2_separate, 0.0) / saved
    return ratio, float(fdtrc(saved, max(chi2_separate, 1.0), ratio))


def _resistance(layout: Layout, common: Array, covariance: Array, parameter: int, name: str) -> SeriesResistance:
    rows = layout.matrix[:, parameter]
    log_r = rows @ common + layout.offset[:, parameter]
    variance = np.einsum("ij,jk,ik->i", rows, covariance, rows)
    pooled = layout.pooled_scale > 0
    energy = None
    if parameter in layout.energy:
        place = layout.energy[parameter]
        energy = _energy(float(common[place]), math.sqrt(max(float(covariance[place, place]), 0.0)), len(log_r))
    return SeriesResistance(
        name=name,
        energy_eV=energy,
        resistance_ohm=np.exp(log_r),
        log_std=np.sqrt(np.maximum(variance, 0.0)),
        deviation=rows[:, pooled] @ common[pooled],
    )


def _energy(value: float, std: float, temperatures: int) -> Estimate:
    from scipy.special import stdtrit

    # A thermometer's error moves all resistances of a temperature together, so they do not add degrees of freedom.
    dof = max(temperatures - 2, 1)
    half = float(stdtrit(dof, 0.975)) * std
    return Estimate(
        value=value,
        std=std,
        unit="eV",
        method="all temperatures fitted together, ln(sigma T)",
        interval_95=(value - half, value + half),
    )


def _total(layout: Layout, common: Array, covariance: Array) -> tuple[Array, Array]:
    rows = [layout.matrix[:, j] for j, p in enumerate(layout.circuit.parameters) if p.kind == "R"]
    offsets = [layout.offset[:, j] for j, p in enumerate(layout.circuit.parameters) if p.kind == "R"]
    each = [np.exp(row @ common + offset) for row, offset in zip(rows, offsets, strict=True)]
    total = np.sum(each, axis=0)
    gradient = sum(r[:, None] * row for r, row in zip(each, rows, strict=True)) / total[:, None]
    variance = np.einsum("ij,jk,ik->i", gradient, covariance, gradient)
    return np.asarray(total), np.sqrt(np.maximum(variance, 0.0))


def _sentence(
    model: SeriesModel, parameters: float, separate: int, chi2: float, chi2_separate: float, p_value: float
) -> str:
    verdict = (
        f"no worse than chance allows (p = {p_value:.2g})"
        if p_value > LACK_OF_FIT_P
        else f"worse than chance allows (p = {p_value:.1g}), so its numbers depend on the model"
    )
    return (
        f"{model.name}: {parameters:.0f} parameters instead of {separate} describe the spectra {verdict}; "
        f"chi2 {chi2 / chi2_separate:.3g} times that of the separate fits."
    )


def model_dependence(*, part: str, energies: Mapping[str, Estimate], sample: str = "") -> Finding | None:
    """A warning when the energies of one part differ between models by more than their own uncertainties.

    ``energies`` names each model; the first is the one reported. None when they agree or there is only one.
    """
    if len(energies) < 2:
        return None
    values = [e.value for e in energies.values()]
    stds = [e.std or 0.0 for e in energies.values()]
    low, high = int(np.argmin(values)), int(np.argmax(values))
    gap = values[high] - values[low]
    if gap <= 2.0 * math.hypot(stds[low], stds[high]) or gap < 0.002:
        return None
    listed = ", ".join(f"{e.value:.3f} eV ({name})" for name, e in energies.items())
    return Finding(
        code="energy-depends-on-model",
        severity="warning",
        sentence=(
            f"The activation energy of the {part} depends on the model: {listed}. The spread of {gap:.3f} eV is larger than "
            "the uncertainty of each, so no single one of them is its true uncertainty."
        ),
        samples=(sample,) if sample else (),
        quantities=(f"activation_energy_{part.replace(' ', '_')}",),
    )
