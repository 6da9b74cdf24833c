"""One region from its points to its states: weights, components, window, the averaged fit and the doublet that is let free."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.techniques.xps.audit import assignment_of
from pelletry.techniques.xps.measurement import FileComponent, Region
from pelletry.techniques.xps.model.average import AveragedRegion, fit_region, noise_of_scatter, standard_deviations
from pelletry.techniques.xps.model.backgrounds import LossFunction
from pelletry.techniques.xps.model.components import Component, layout_of
from pelletry.techniques.xps.model.fit import SLOPE, STEP, active_terms, fit_variants
from pelletry.techniques.xps.model.shapes import is_asymmetric
from pelletry.techniques.xps.propose import component_of_setting, numbered, proposed_components
from pelletry.techniques.xps.read import FEWEST_POINTS
from pelletry.techniques.xps.result import SEEN, Assignment, RegionResult, State
from pelletry.techniques.xps.settings import XpsSettings

__all__ = ["FittedRegion", "fitted_region", "region_result", "weights_of"]

_METHOD = "average over backgrounds and windows"


@attrs.frozen(kw_only=True)
class FittedRegion:
    """A region with its averaged fit, before the charge shift is known. ``free_ratio`` are (component, ratio, std) of doublets let free."""

    region: Region
    window_eV: tuple[float, float]
    averaged: AveragedRegion
    is_proposed: bool
    noise: str
    is_counting: bool
    free_ratio: tuple[tuple[int, float, float], ...] = ()

    @property
    def level(self) -> str:
        return self.region.level

    def largest(self, level: str) -> int | None:
        """Index of the largest component of a level; None when there is none."""
        own = [i for i, one in enumerate(self.averaged.components) if one.level == level]
        return max(own, key=lambda i: self.averaged.strength[i]) if own else None


def weights_of(region: Region) -> tuple[Array, bool, str]:
    """Standard deviation of each point, whether it is that of counting, and where it comes from in words."""
    if region.counts_per_unit is not None:
        sigma = standard_deviations(region.intensity * region.counts_per_unit) / region.counts_per_unit
        return sigma, True, "counting statistics of raw counts"
    noise = noise_of_scatter(region.intensity)
    said = f"scatter of the points, since {region.counts_reason}"
    return np.full(len(region.intensity), noise), False, said


def _window(region: Region, settings: XpsSettings, move_eV: float) -> tuple[float, float]:
    stated = next((one for one in settings.window if one.region == region.level), None)
    if stated is None:
        return float(region.energy_eV[0]), float(region.energy_eV[-1])
    return stated.low_eV + move_eV, stated.high_eV + move_eV


def fitted_region(
    region: Region, settings: XpsSettings, *, move_eV: float = 0.0, elements: frozenset[str] = frozenset()
) -> FittedRegion:
    """Fit one region. ``move_eV`` is added to positions and windows of the settings (from the corrected to the file's scale).

    Raises
    ------
    ValueError
        When the window holds too few points or none.
    """
    sigma, is_counting, noise = weights_of(region)
    window = _window(region, settings, move_eV)
    inside = (region.energy_eV >= window[0] - 1e-9) & (region.energy_eV <= window[1] + 1e-9)
    if np.count_nonzero(inside) < FEWEST_POINTS:
        raise ValueError(
            f"the window {window[0]:g} to {window[1]:g} eV holds {int(np.count_nonzero(inside))} points, "
            f"fewer than {FEWEST_POINTS}"
        )
    chosen = [one for one in settings.component if one.region == region.level]
    components: Sequence[Component] = [component_of_setting(one, move_eV=move_eV) for one in chosen]
    if not components:
        components = proposed_components(
            region.level,
            region.energy_eV[inside],
            region.intensity[inside],
            sigma[inside],
            most=settings.most_components,
            end_points=settings.end_points,
            elements=elements,
        )

    def averaged_with(chosen_ones: Sequence[Component]) -> AveragedRegion:
        return fit_region(
            chosen_ones,
            region.energy_eV,
            region.intensity,
            sigma,
            window_eV=window,
            is_counting=is_counting,
            end_points=settings.end_points,
            window_shift_eV=settings.window_shift_eV,
            shown=settings.background,
            backgrounds=settings.backgrounds,
            loss_function=_loss_function(settings),
        )

    averaged = averaged_with(components)
    # What was only proposed goes again when another background or window does without it.
    while not chosen and len(components) > 1 and (weakest := _weakest(averaged)) is not None:
        components = numbered([one for i, one in enumerate(components) if i != weakest])
        averaged = averaged_with(components)
    return FittedRegion(
        region=region,
        window_eV=window,
        averaged=averaged,
        is_proposed=not chosen,
        noise=noise,
        is_counting=is_counting,
        free_ratio=_freed(averaged, is_counting=is_counting),
    )


def _loss_function(settings: XpsSettings) -> LossFunction | None:
    stated = settings.tougaard
    if stated is None:
        return None
    return LossFunction(c_eV2=stated.C_eV2, d_eV2=stated.D_eV2, gap_eV=stated.gap_eV, scale_eV2=stated.B_eV2)


def _weakest(averaged: AveragedRegion) -> int | None:
    """The component that is least seen, when it is not seen; one of the first's level stays, lines of other levels stay."""
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = averaged.strength / averaged.strength_std
    level = averaged.components[0].level
    own = np.array([one.level == level for one in averaged.components])
    if np.count_nonzero(own) < 2:
        return None
    seen = np.where(own, np.where(np.isfinite(seen), seen, 0.0), np.inf)
    at = int(np.argmin(seen))
    return at if seen[at] < SEEN else None


def _freed(averaged: AveragedRegion, *, is_counting: bool) -> tuple[tuple[int, float, float], ...]:
    """The ratio of the largest doublet of each level when it is free, under the active background."""
    found = []
    for level in dict.fromkeys(one.level for one in averaged.components):
        own = [i for i, one in enumerate(averaged.components) if one.level == level and one.splitting_eV is not None]
        if not own:
            continue
        largest = max(own, key=lambda i: averaged.strength[i])
        components = tuple(
            attrs.evolve(one, position_eV=float(averaged.position_eV[i]), is_ratio_free=i == largest)
            for i, one in enumerate(averaged.components)
        )
        fit = fit_variants(
            layout_of(components),
            averaged.energy_eV,
            averaged.intensity,
            static_backgrounds=np.zeros((1, len(averaged.energy_eV))),
            terms=active_terms((SLOPE, STEP))[None, :],
            weight=1.0 / averaged.sigma[None, :],
            is_counting=is_counting,
        )[0]
        ratio, std = float(fit.partner_ratio[largest]), float(fit.partner_ratio_std[largest])
        if fit.is_converged and np.isfinite(ratio) and np.isfinite(std):
            found.append((largest, ratio, std))
    return tuple(found)


def region_result(fitted: FittedRegion, *, shift: Quantity, reference_line: str, reference_eV: float) -> RegionResult:
    """The region as it is reported, on both scales of energy."""
    averaged, region = fitted.averaged, fitted.region
    shown = averaged.variants[averaged.shown]
    states = tuple(
        _state(fitted, i, shift=shift, reference_line=reference_line, reference_eV=reference_eV)
        for i in range(len(averaged.components))
    )
    inside = (averaged.energy_eV >= shown.low_eV - 1e-9) & (averaged.energy_eV <= shown.high_eV + 1e-9)
    total = averaged.fit.background + averaged.fit.curves.sum(axis=0)
    residual = np.where(inside, (averaged.intensity - total) / averaged.sigma, 0.0)
    centre = float(np.average(averaged.position_eV, weights=np.maximum(averaged.strength, 1e-300)))
    return RegionResult(
        name=region.name,
        level=region.level,
        role=region.role,
        origin=region.origin,
        unit=region.unit,
        window_eV=(shown.low_eV, shown.high_eV),
        background_name=shown.background,
        is_proposed=fitted.is_proposed,
        noise=fitted.noise,
        chi2_reduced=shown.chi2_reduced,
        iterations=max(v.iterations for v in averaged.variants),
        end_points=max(v.end_points for v in averaged.variants),
        states=tuple(attrs.evolve(state, curve=state.curve[inside]) for state in states),
        variants=averaged.variants,
        file_components=_cut_to(region, averaged.energy_eV[inside]),
        file_calibration=region.file_calibration,
        energy_eV=averaged.energy_eV[inside],
        intensity=averaged.intensity[inside],
        background=averaged.fit.background[inside],
        residual=residual[inside],
        area_per_s=_area_per_s(fitted),
        transmission_relative=_transmission(region, centre),
        kinetic_energy_eV=None if region.source_energy_eV is None else region.source_energy_eV - centre,
        pass_energy_eV=region.pass_energy_eV,
    )


def _cut_to(region: Region, energy_eV: Array) -> tuple[FileComponent, ...]:
    """The file's components with their drawn curves on the points of the window."""
    inside = (region.energy_eV >= energy_eV[0] - 1e-9) & (region.energy_eV <= energy_eV[-1] + 1e-9)
    return tuple(
        one if one.curve is None else attrs.evolve(one, curve=one.curve[inside]) for one in region.file_components
    )


def _state(fitted: FittedRegion, i: int, *, shift: Quantity, reference_line: str, reference_eV: float) -> State:
    averaged = fitted.averaged
    one = averaged.components[i]
    area = _estimate(averaged.strength[i], averaged.strength_std[i], "intensity eV")
    significance = averaged.strength[i] / averaged.strength_std[i] if averaged.strength_std[i] > 0.0 else np.inf
    position = _position(averaged, i)
    corrected: Quantity
    if isinstance(position, Unresolved):
        corrected = position
    elif isinstance(shift, Estimate):
        std = float(np.hypot(position.std or 0.0, shift.std or 0.0))
        method = f"{_METHOD}; {reference_line} at {reference_eV:g} eV"
        corrected = Estimate(value=position.value + shift.value, std=std, unit="eV", method=method)
    else:
        corrected = Unresolved(reason=shift.reason, unit="eV")
    alone = sum(other.level == one.level for other in averaged.components) == 1
    if significance < SEEN:
        assignment = Assignment(stated=one.phase, verdict="none", sentence="not seen, so not assigned")
    else:
        assignment = assignment_of(
            level=one.level,
            corrected_eV=corrected.value if isinstance(corrected, Estimate) else None,
            stated=one.phase,
            reference_line=reference_line,
            reference_eV=reference_eV,
        )
    freed = next(((ratio, std) for at, ratio, std in fitted.free_ratio if at == i), None)
    return State(
        name=one.name,
        level=one.level,
        phase=one.phase,
        shape=one.shape,
        position_eV=position,
        corrected_eV=corrected,
        fwhm_eV=_estimate(averaged.fwhm_eV[i], averaged.fwhm_std_eV[i], "eV", spread=True),
        area=area,
        fraction=_fraction(averaged, i, alone=alone),
        fraction_fit_std=float(averaged.fraction_fit_std[i]),
        fraction_background_std=float(averaged.fraction_background_std[i]),
        significance_ratio=float(min(significance, 1e6)),
        stated_ratio=one.ratio if one.splitting_eV is not None else None,
        partner_ratio=None if freed is None else _estimate(*freed, "1"),
        is_doublet=one.splitting_eV is not None,
        assignment=_of_assumed_shape(assignment, one),
        curve=averaged.fit.curves[i],
    )


def _position(averaged: AveragedRegion, i: int) -> Estimate | Unresolved:
    """Where a state lies; not given when the data leave it open within the range it may be moved in."""
    one, std = averaged.components[i], float(averaged.position_std_eV[i])
    if not np.isfinite(std) or std > one.position_range_eV:
        reason = f"the position is not determined by the data (free within {one.position_range_eV:g} eV)"
        return Unresolved(reason=reason, unit="eV")
    return _estimate(averaged.position_eV[i], std, "eV")


def _of_assumed_shape(assignment: Assignment, one: Component) -> Assignment:
    if not is_asymmetric(one.shape):
        return assignment
    sentence = f"{assignment.sentence}; the area of its asymmetric line is that within 20 eV of its position"
    return attrs.evolve(assignment, sentence=sentence)


def _fraction(averaged: AveragedRegion, i: int, *, alone: bool) -> Quantity:
    if alone:
        return Estimate(value=1.0, std=None, unit="1", method="the only state that was fitted")
    value, std = float(averaged.fraction[i]), float(averaged.fraction_std[i])
    method = f"{_METHOD}, weights chi2^-1.5; fit and background in quadrature"
    low, high = max(value - 1.96 * std, 0.0), min(value + 1.96 * std, 1.0)
    return Estimate(value=value, std=std, unit="1", method=method, interval_95=(low, high))


def _estimate(value: float, std: float, unit: str, *, spread: bool = False) -> Estimate:
    known = float(std) if np.isfinite(std) and std > 0.0 else None
    method = "spread over backgrounds and windows" if spread else _METHOD
    return Estimate(value=float(value), std=known, unit=unit, method=method)


def _area_per_s(fitted: FittedRegion) -> Quantity:
    """Area of the region's own level in counts/s x eV; what is missing is named."""
    region, averaged = fitted.region, fitted.averaged
    own = [i for i, one in enumerate(averaged.components) if one.level == region.level]
    if not own:
        return Unresolved(reason=f"no component of {region.level} was fitted")
    area = float(averaged.strength[own].sum())
    std = float(np.sqrt(np.sum(averaged.strength_std[own] ** 2)))
    if region.unit == "counts/s":
        return Estimate(value=area, std=std, unit="counts/s eV", method=_METHOD)
    if region.unit == "counts" and region.time_per_point_s is not None:
        time = region.time_per_point_s
        return Estimate(value=area / time, std=std / time, unit="counts/s eV", method=_METHOD)
    if region.unit == "counts":
        return Unresolved(reason=f"dwell and sweeps of {region.level} are not stated, so areas cannot be compared")
    return Unresolved(reason=f"the file does not say whether {region.level} is in counts or counts per second")


def _transmission(region: Region, centre_eV: float) -> float | None:
    if region.transmission is None:
        return None
    return float(np.interp(centre_eV, region.energy_eV, region.transmission))
