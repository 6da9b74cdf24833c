"""From a finished plan to the result: covariance, cells, fractions, curves, verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.broadening import SCHERRER_K, directional_widths
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.levenberg import Fitted, covariance_of
from pelletry.techniques.diffraction.model.peaks import FREE_INTENSITY, PhaseModel
from pelletry.techniques.diffraction.model.plan import Plan
from pelletry.techniques.diffraction.model.problem import Problem
from pelletry.techniques.diffraction.model.quantify import fractions_from_scales
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement, Verdict
from pelletry.techniques.diffraction.model.statistics import Agreement, agreement
from pelletry.techniques.diffraction.model.structure import Structure, density_kg_per_m3, volume_angstrom3
from pelletry.techniques.diffraction.model.symmetry import cell_from_reciprocal_metric
from pelletry.techniques.diffraction.model.verdicts import correlation_verdicts, fit_verdicts, phase_verdicts

__all__ = ["refinement_of"]

_METHOD = "Rietveld refinement; statistical standard deviation times max(1, GoF)"


@attrs.frozen(kw_only=True, eq=False)
class _State:
    """The problem at its minimum with the covariance of all (full) parameters."""

    problem: Problem
    values: Array
    covariance: Array  # of the full vector; zero rows for held ones
    free: Array

    def std(self, index: int) -> float:
        return math.sqrt(max(float(self.covariance[index, index]), 0.0))

    def estimate(self, index: int, unit: str) -> Estimate:
        return Estimate(value=float(self.values[index]), std=self.std(index) or None, unit=unit, method=_METHOD)


def refinement_of(
    plan: Plan,
    fitted: Fitted,
    *,
    pattern: Pattern,
    used: npt.NDArray[np.bool_],
    verdicts: Sequence[Verdict],
    started_cold: bool,
) -> Refinement:
    """Everything a refinement reports, computed at the end of a plan."""
    problem, p = plan.problem, plan.parameters
    calculated, _ = problem.evaluate(p.reduced, with_slopes=False)
    background = problem.background_curve()
    raw, determined = covariance_of(fitted.normal)
    kept = np.array([FREE_INTENSITY not in name for name in p.free_names], dtype=bool)
    prior = plan.prior_weight if plan.prior_weight.size == kept.size else np.zeros(kept.size)
    found = agreement(
        observed=plan.observed,
        calculated=calculated,
        background=background,
        std=plan.std,
        parameters=round(kept.size - float(prior @ np.diag(raw))),
    )
    covariance = raw * max(1.0, found.gof) ** 2
    state = _state(problem, covariance)
    fractions, fraction_covariance = _fractions(state)
    limits = _limits(state)
    bare = [phase.name for phase in problem.phases if phase.is_le_bail]
    whole = _on_all_points(problem, pattern, used)
    phases = tuple(
        _phase(
            state,
            phase,
            fraction=_fraction(fractions, fraction_covariance, k, phase, bare),
            limit=limits[k],
            contribution=whole[k],
            r_bragg=_r_bragg(plan, phase, calculated, background),
        )
        for k, phase in enumerate(problem.phases)
    )
    covariance = covariance[np.ix_(kept, kept)]
    std = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    every = [*verdicts, *_verdicts(plan, fitted, found, covariance, kept, determined, phases)]
    free = set(p.free_names)
    return Refinement(
        phases=phases,
        instrument=_instrument(problem),
        options=plan.options,
        names=tuple(name for name, is_kept in zip(p.free_names, kept, strict=True) if is_kept),
        values=fitted.values[kept],
        std=std,
        std_berar_lelann=std * found.berar_lelann,
        covariance=covariance,
        held=tuple(
            (n, float(v)) for n, v in zip(p.names, p.values, strict=True) if n not in free and FREE_INTENSITY not in n
        ),
        rwp=found.rwp,
        rexp=found.rexp,
        gof=found.gof,
        rwp_background_corrected=found.rwp_background_corrected,
        durbin_watson=found.durbin_watson,
        berar_lelann=found.berar_lelann,
        calculated=whole[-1] + np.sum(whole[:-1], axis=0),
        background=whole[-1],
        displacement_m=p["displacement_m"],
        zero_deg=p["zero_deg"],
        fraction_covariance=fraction_covariance,
        points=int(plan.observed.size),
        evaluations=problem.evaluations,
        is_converged=fitted.is_converged,
        started_cold=started_cold,
        verdicts=tuple(every),
    )


def _state(problem: Problem, covariance: Array) -> _State:
    p = problem.parameters
    moved = np.flatnonzero(p.row >= 0)
    spread = np.zeros((len(p.names), covariance.shape[0]))
    spread[moved, p.row[moved]] = p.factor[moved]
    return _State(
        problem=problem, values=p.values, covariance=spread @ covariance @ spread.T, free=(p.row >= 0).astype(float)
    )


def _instrument(problem: Problem) -> Instrument:
    p = problem.parameters
    lines = tuple(
        attrs.evolve(line, weight=problem.lines[0].weight * (1.0 if k == 0 else p[f"line:{line.name}"]))
        for k, line in enumerate(problem.lines)
    )
    return attrs.evolve(
        problem.instrument,
        radiation=attrs.evolve(problem.instrument.radiation, lines=lines),
        U=p["U"],
        V=p["V"],
        W=p["W"],
        X=p["X"],
        Y=p["Y"],
        axial_divergence=p["axial"],
        zero_deg=p["zero_deg"],
    )


# --- fractions ---------------------------------------------------------------------------------------------------------


def _log_volume_slopes(state: _State, phase: PhaseModel) -> Array:
    """Derivatives of ln V by the cell's parameters: V = det(G*)^(-1/2)."""
    direct = np.linalg.inv(phase.metric(state.values))
    slopes: Array = -0.5 * np.einsum("ij,kij->k", direct, phase.basis)
    return slopes


def _products(state: _State) -> tuple[Array, Array]:
    """S (ZM) V of each phase (0 where unknown) and their derivatives by all parameters, shape (phases, parameters)."""
    phases = state.problem.phases
    products = np.zeros(len(phases))
    slopes = np.zeros((len(phases), state.values.size))
    for k, phase in enumerate(phases):
        if phase.is_le_bail:
            continue
        volume = 1.0 / math.sqrt(float(np.linalg.det(phase.metric(state.values))))
        scale = float(state.values[phase.scale])
        per_scale = phase.structure.mass_of_cell_g_per_mol * volume
        products[k] = scale * per_scale
        slopes[k, phase.scale] = per_scale
        slopes[k, phase.cell] = products[k] * _log_volume_slopes(state, phase)
    return products, slopes


def _fractions(state: _State) -> tuple[Array, Array]:
    products, slopes = _products(state)
    return fractions_from_scales(products, slopes @ state.covariance @ slopes.T)


def _fraction(fractions: Array, covariance: Array, k: int, phase: PhaseModel, bare: list[str]) -> Estimate | None:
    if phase.is_le_bail or not fractions.sum() > 0 or (len(bare) > 0 and np.count_nonzero(fractions) < 2):
        return None
    of = f"of the phases with coordinates, without {', '.join(bare)}" if bare else "of the crystalline, modelled part"
    std = math.sqrt(max(float(covariance[k, k]), 0.0))
    return Estimate(
        value=float(fractions[k]),
        std=std or None,
        unit="1",
        method=f"S(ZM)V over the sum (Hill & Howard 1987), full covariance; {of}",
    )


def _limits(state: _State) -> list[float | None]:
    """Fraction at three standard deviations of the scale, for each phase."""
    products, _ = _products(state)
    limits: list[float | None] = []
    for k, phase in enumerate(state.problem.phases):
        std = state.std(phase.scale)
        volume = 1.0 / math.sqrt(float(np.linalg.det(phase.metric(state.values))))
        least = 3.0 * std * phase.structure.mass_of_cell_g_per_mol * volume
        others = float(products.sum() - products[k])
        is_known = not phase.is_le_bail and std > 0 and others > 0
        limits.append(least / (least + others) if is_known else None)
    return limits


# --- one phase ---------------------------------------------------------------------------------------------------------


def _cell(state: _State, phase: PhaseModel) -> tuple[Array, Array]:
    """a, b, c, alpha, beta, gamma and V, and their covariance, shapes (7,) and (7, 7)."""

    def seven(parameters: Array) -> Array:
        cell = cell_from_reciprocal_metric(np.einsum("k,kij->ij", parameters, phase.basis))
        return np.array([*cell, volume_angstrom3(cell)])

    at = state.values[phase.cell]
    steps = 1e-6 * np.max(np.abs(at))
    slopes = np.array([(seven(at + steps * e) - seven(at - steps * e)) / (2.0 * steps) for e in np.eye(at.size)]).T
    slopes[np.abs(slopes) * steps < 1e-13] = 0.0
    block = state.covariance[np.ix_(phase.cell, phase.cell)]
    return seven(at), slopes @ block @ slopes.T


def _phase(
    state: _State,
    phase: PhaseModel,
    *,
    fraction: Estimate | None,
    limit: float | None,
    contribution: Array,
    r_bragg: float,
) -> RefinedPhase:
    problem, values = state.problem, state.values
    seven, covariance = _cell(state, phase)
    std = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    units = ["angstrom"] * 3 + ["deg"] * 3 + ["angstrom3"]
    estimates = [
        Estimate(value=float(v), std=float(s) if s > 1e-10 else None, unit=u, method=_METHOD)
        for v, s, u in zip(seven, std, units, strict=True)
    ]
    table = problem.peak_table(phase, values)
    first = slice(0, len(phase.reflections.hkl))
    inside = (table.centre[first] > problem.x[0] - 1.0) & (table.centre[first] < problem.x[-1] + 1.0)
    lines = table.intensity.reshape(len(problem.lines), -1).sum(axis=0)
    structure = _structure(state, phase, seven)
    return RefinedPhase(
        name=phase.name,
        structure=structure,
        cell=(estimates[0], estimates[1], estimates[2], estimates[3], estimates[4], estimates[5]),
        volume_angstrom3=estimates[6],
        cell_covariance=covariance,
        scale=state.estimate(phase.scale, "1"),
        mass_fraction=fraction,
        density_kg_per_m3=_density(structure, estimates[6]),
        detection_limit_fraction=limit,
        size_m=_size(state, phase),
        strain=_strain(state, phase),
        directional=directional_widths(problem, phase, values, state.covariance),
        texture=state.estimate(phase.march, "1") if phase.march is not None else None,
        texture_axis=phase.texture_axis,
        B_shift_angstrom2=state.estimate(phase.B_shift, "angstrom^2") if state.free[phase.B_shift] else None,
        tick_two_theta_deg=table.centre[first][inside],
        tick_hkl=phase.reflections.hkl[inside],
        tick_intensity=lines[inside],
        contribution=contribution,
        le_bail_intensity=phase.le_bail_intensity if phase.is_le_bail else np.zeros(0),
        le_bail_hkl=phase.reflections.hkl if phase.is_le_bail else np.zeros((0, 3), dtype=np.int64),
        r_bragg=r_bragg,
        is_le_bail=phase.is_le_bail,
    )


def _structure(state: _State, phase: PhaseModel, seven: Array) -> Structure:
    cell = (float(seven[0]), float(seven[1]), float(seven[2]), float(seven[3]), float(seven[4]), float(seven[5]))
    sites = list(phase.structure.sites)
    if phase.factors is not None:
        places = phase.factors.positions(state.values[phase.shifts])
        extra = float(state.values[phase.B_shift])
        for place, position, index in zip(phase.factors.places, places, phase.thermal, strict=True):
            for k, site in enumerate(sites):
                if site.label in place.labels:
                    sites[k] = attrs.evolve(
                        site,
                        x=float(position[0]),
                        y=float(position[1]),
                        z=float(position[2]),
                        B_iso_angstrom2=float(state.values[index]) + extra,
                    )
    return attrs.evolve(phase.structure, cell=cell, sites=tuple(sites))


def _density(structure: Structure, volume: Estimate) -> Estimate | None:
    if structure.mass_of_cell_g_per_mol <= 0:
        return None
    value = density_kg_per_m3(structure)
    std = value * volume.std / volume.value if volume.std is not None else None
    return Estimate(value=value, std=std, unit="kg/m3", method="mass of the cell over its refined volume")


def _size(state: _State, phase: PhaseModel) -> Estimate | None:
    width = float(state.values[phase.size])
    if not state.problem.instrument.is_frozen or not state.free[phase.size] or width < 1e-4:
        return None
    if phase.direction is not None and state.free[phase.direction]:
        return None
    size = SCHERRER_K * state.problem.lines[0].wavelength_angstrom * 1e-10 / math.radians(width)
    return Estimate(
        value=size, std=size * state.std(phase.size) / width, unit="m", method="Scherrer, Lorentzian width, K = 0.9"
    )


def _strain(state: _State, phase: PhaseModel) -> Estimate | None:
    width = float(state.values[phase.strain])
    if not state.problem.instrument.is_frozen or not state.free[phase.strain] or width < 1e-4:
        return None
    factor = math.radians(1.0) / 4.0
    return Estimate(
        value=width * factor,
        std=state.std(phase.strain) * factor,
        unit="1",
        method="Lorentzian width over 4 tan(theta)",
    )


def _r_bragg(plan: Plan, phase: PhaseModel, calculated: Array, background: Array) -> float:
    """Sum of |I_obs - I_calc| over sum of I_obs, observed intensities shared out as by Rietveld."""
    problem = plan.problem
    table = problem.peak_table(phase, plan.parameters.values)
    factor = problem.observed_over_calculated(phase, table, plan.observed, calculated, background)
    lines = table.intensity.reshape(len(problem.lines), -1).sum(axis=0)
    observed = lines * factor
    total = float(observed.sum())
    return float(np.abs(observed - lines).sum() / total) if total > 0 else 1.0


def _on_all_points(problem: Problem, pattern: Pattern, used: npt.NDArray[np.bool_]) -> Array:
    """Contribution of each phase and last the background, on every point of the pattern."""
    if bool(used.all()):
        return np.array([*(problem.contribution(phase) for phase in problem.phases), problem.background_curve()])
    return problem.moved_to(pattern.two_theta_deg)


# --- doubts ------------------------------------------------------------------------------------------------------------


def _verdicts(
    plan: Plan,
    fitted: Fitted,
    found: Agreement,
    covariance: Array,
    kept: npt.NDArray[np.bool_],
    determined: npt.NDArray[np.bool_],
    phases: tuple[RefinedPhase, ...],
) -> list[Verdict]:
    p = plan.parameters
    out = fit_verdicts(found, is_converged=fitted.is_converged, floored=plan.problem.floored)
    lower, upper = p.bounds
    at_bound = (fitted.values <= lower) | (fitted.values >= upper)
    out += correlation_verdicts(
        tuple(name for name, is_kept in zip(p.free_names, kept, strict=True) if is_kept),
        covariance,
        (determined | at_bound)[kept],
    )
    for phase in phases:
        out += phase_verdicts(phase)
    bare = [phase.name for phase in phases if phase.is_le_bail]
    if bare and len(bare) < len(phases):
        out.append(
            Verdict(
                code="fraction-not-known",
                sentence=f"{', '.join(bare)}: without coordinates there is no mass fraction; those of the others leave it out.",
                is_serious=False,
            )
        )
    if bare and not plan.prior_weight.size:
        out.append(
            Verdict(
                code="partition-only",
                sentence=f"{', '.join(bare)}: too many reflections to refine their intensities with the cell; partitioned intensities "
                "hide errors of the cell, whose deviations are too small.",
                is_serious=False,
            )
        )
    stuck = [
        name
        for name, v, low, high in zip(p.free_names, fitted.values, lower, upper, strict=True)
        if (":cell" in name or name == "displacement_m") and (v <= low or v >= high)
    ]
    wide = [
        n
        for n, v, high in zip(p.free_names, fitted.values, upper, strict=True)
        if n.endswith((":X", ":Y")) and v >= high
    ]
    if wide:
        out.append(
            Verdict(
                code="unphysical-width",
                sentence=f"{', '.join(wide)}: as wide as allowed; the phase may only repair the background or another's peaks.",
                is_serious=False,
            )
        )
    if stuck:
        out.append(
            Verdict(
                code="left-its-range",
                sentence=f"{', '.join(stuck)} ran to the end of the allowed range: the phase is wrong, or its cell is over 2 % from where the refinement began.",
                is_serious=True,
            )
        )
    return out
