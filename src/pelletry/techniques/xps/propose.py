"""Components for a region that settings say nothing about: as many as the data ask for, named by where they lie."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.reference.photoelectrons import PhotoelectronLine, photoelectron_line
from pelletry.techniques.xps.model.backgrounds import linear_background, shirley_background
from pelletry.techniques.xps.model.components import Component, layout_of
from pelletry.techniques.xps.model.fit import SLOPE, STEP, RegionFit, active_terms, fit_variants
from pelletry.techniques.xps.settings import ComponentSetting

__all__ = ["component_of_setting", "numbered", "proposed_components", "rough_position"]

_SMOOTHED_EV = 0.5
#: Nothing is proposed nearer to an end of the window than this: there the background alone makes bumps.
_END_EV = 1.5
#: Zr 4s is broad; Li 1s stands on its flank. Starting widths in eV.
_ZR_4S_FWHM_EV, _LI_1S_FWHM_EV = 3.0, 1.6


def component_of_setting(setting: ComponentSetting, *, move_eV: float = 0.0) -> Component:
    """The component that settings describe; ``move_eV`` is added to its position. What is not said comes from the table of lines."""
    level = setting.level or setting.region
    line = photoelectron_line(level)
    has_partner = setting.is_doublet
    if has_partner is None:
        has_partner = setting.splitting_eV is not None or (line is not None and line.splitting_eV is not None)
    splitting = setting.splitting_eV or (line.splitting_eV if line else None)
    ratio = setting.ratio or (line.ratio if line and line.ratio else 0.5)
    return Component(
        name=setting.name,
        level=level,
        phase=setting.phase,
        position_eV=setting.position_eV + move_eV,
        position_range_eV=setting.position_range_eV,
        shape=setting.shape_name,
        fwhm_eV=setting.fwhm_eV,
        second=setting.lorentz_fwhm_eV or 0.3 if setting.mixing_percent is None else setting.mixing_percent,
        splitting_eV=splitting if has_partner else None,
        ratio=ratio,
        is_ratio_free=setting.is_ratio_free,
        has_wide_partner=bool(
            has_partner
            and (line and line.has_wide_partner if setting.has_wide_partner is None else setting.has_wide_partner)
        ),
        width_group=setting.width_group or level,
    )


def _smoothed(energy_eV: Array, values: Array) -> Array:
    width = max(3, round(_SMOOTHED_EV / max(float(np.median(np.diff(energy_eV))), 1e-6)) | 1)
    padded = np.pad(values, width // 2, mode="edge")
    result: Array = np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
    return result


def rough_position(energy_eV: Array, intensity: Array, *, end_points: int) -> float:
    """Where the region is highest above its background [eV]."""
    under = linear_background(energy_eV, intensity, end_points=end_points).background
    return _highest(energy_eV, _smoothed(energy_eV, intensity - under))


def proposed_components(
    level: str,
    energy_eV: Array,
    intensity: Array,
    sigma: Array,
    *,
    most: int,
    end_points: int,
    elements: frozenset[str] = frozenset(),
) -> tuple[Component, ...]:
    """Components one after the other where the residual is highest, while chi2 falls by more than BIC asks for.

    A region Li 1s of a sample with zirconium gets Zr 4s and Li 1s: the two always overlap. ``elements`` are those measured
    in other regions; lines of theirs that lie in the window (P 2s beside Zr 3d) are fitted as well.
    """
    if level == "Li 1s" and "Zr" in elements:
        return _lithium_and_zirconium(energy_eV, intensity, end_points)
    line = photoelectron_line(level)
    template = Component(
        name="",
        level=level,
        position_eV=0.0,
        position_range_eV=1.0,
        fwhm_eV=1.2,
        second=0.3,
        splitting_eV=line.splitting_eV if line else None,
        ratio=line.ratio if line and line.ratio else 1.0,
        has_wide_partner=bool(line and line.has_wide_partner),
        width_group=level,
    )
    start = _first_position(energy_eV, intensity, end_points)
    found: tuple[Component, ...] = (_at(template, start, energy_eV), *_overlapping(line, start, energy_eV, elements))
    own = most + len(found) - 1
    fit = _fitted(found, energy_eV, intensity, sigma)
    while len(found) < own:
        trial = _with_another(found, fit, template, energy_eV, intensity, sigma)
        if trial is None:
            break
        found, fit = trial
    placed = zip(found, fit.position_eV, strict=True)
    return numbered([attrs.evolve(one, position_eV=float(position)) for one, position in placed])


def numbered(components: Sequence[Component]) -> tuple[Component, ...]:
    """The components of the first one's level by falling binding energy, named by it and a number; others keep their names."""
    level = components[0].level if components else ""
    ordered = sorted((one for one in components if one.level == level), key=lambda one: -one.position_eV)
    others = tuple(one for one in components if one.level != level)
    return *(attrs.evolve(one, name=f"{level} ({number})") for number, one in enumerate(ordered, start=1)), *others


def _overlapping(
    line: PhotoelectronLine | None, start_eV: float, energy_eV: Array, elements: frozenset[str]
) -> tuple[Component, ...]:
    """Lines of other elements of the sample that lie in the window, as far from the first component as the table says."""
    found = []
    for name in line.overlaps if line else ():
        other = photoelectron_line(name)
        if line is None or other is None or other.element not in elements or name == line.level:
            continue
        position = start_eV + other.energy_eV - line.energy_eV
        if energy_eV[0] + _END_EV < position < energy_eV[-1] - _END_EV:
            found.append(
                Component(
                    name=name, level=name, position_eV=position, position_range_eV=2.0, fwhm_eV=2.0, second=0.3, width_group=name,
                )
            )  # fmt: skip
    return tuple(found)


def _lithium_and_zirconium(energy_eV: Array, intensity: Array, end_points: int) -> tuple[Component, ...]:
    """Zr 4s and Li 1s, as far apart as in the table of lines, put where they explain the region best."""
    lithium, zirconium = photoelectron_line("Li 1s"), photoelectron_line("Zr 4s")
    apart = 3.5 if lithium is None or zirconium is None else lithium.energy_eV - zirconium.energy_eV
    top = rough_position(energy_eV, intensity, end_points=end_points)
    is_low = top - energy_eV[0] < 0.45 * (energy_eV[-1] - energy_eV[0])
    first = top if is_low else top - apart
    return (
        Component(
            name="Zr 4s", level="Zr 4s", position_eV=first, position_range_eV=1.5,
            fwhm_eV=_ZR_4S_FWHM_EV, second=0.5, width_group="Zr 4s",
        ),
        Component(
            name="Li 1s", level="Li 1s", position_eV=first + apart, position_range_eV=1.5,
            fwhm_eV=_LI_1S_FWHM_EV, second=0.2, width_group="Li 1s",
        ),
    )  # fmt: skip


def _first_position(energy_eV: Array, intensity: Array, end_points: int) -> float:
    under = shirley_background(energy_eV, intensity, end_points=end_points)
    if not under.is_converged:
        under = linear_background(energy_eV, intensity, end_points=end_points)
    return _highest(energy_eV, _smoothed(energy_eV, intensity - under.background))


def _inner(energy_eV: Array) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = (energy_eV >= energy_eV[0] + _END_EV) & (energy_eV <= energy_eV[-1] - _END_EV)
    return inside if inside.any() else np.ones(len(energy_eV), dtype=bool)


def _highest(energy_eV: Array, values: Array) -> float:
    return float(energy_eV[int(np.argmax(np.where(_inner(energy_eV), values, -np.inf)))])


def _at(template: Component, position_eV: float, energy_eV: Array) -> Component:
    inside = float(np.clip(position_eV, energy_eV[0] + _END_EV, energy_eV[-1] - _END_EV))
    return attrs.evolve(template, position_eV=inside)


def _fitted(components: Sequence[Component], energy_eV: Array, intensity: Array, sigma: Array) -> RegionFit:
    return fit_variants(
        layout_of(tuple(components)),
        energy_eV,
        intensity,
        static_backgrounds=np.zeros((1, len(energy_eV))),
        terms=active_terms((SLOPE, STEP))[None, :],
        weight=1.0 / sigma[None, :],
        is_counting=True,
        max_iterations=60,
    )[0]


def _with_another(
    found: tuple[Component, ...], fit: RegionFit, template: Component, energy_eV: Array, intensity: Array, sigma: Array
) -> tuple[tuple[Component, ...], RegionFit] | None:
    """One component more, started left or right where the fit lacks most; None when the gain is not worth it."""
    residual = _smoothed(energy_eV, (intensity - fit.background - fit.curves.sum(axis=0)) / sigma)
    order = np.argsort(-np.where(_inner(energy_eV), residual, -np.inf))[: np.count_nonzero(_inner(energy_eV))]
    starts: list[float] = []
    for i in order:
        if all(abs(energy_eV[i] - other) > 0.8 for other in starts) and len(starts) < 3:
            starts.append(float(energy_eV[i]))
    settled = tuple(attrs.evolve(one, position_eV=float(at)) for one, at in zip(found, fit.position_eV, strict=True))
    best: tuple[tuple[Component, ...], RegionFit] | None = None
    for start in starts:
        trial = (*settled, _at(template, start, energy_eV))
        tried = _fitted(trial, energy_eV, intensity, sigma)
        if tried.is_converged and (best is None or tried.chi2 < best[1].chi2):
            best = trial, tried
    if best is None:
        return None
    reduced = max(best[1].chi2 / max(best[1].points - best[1].free_count, 1), 1.0)
    gain = (fit.chi2 - best[1].chi2) / reduced
    area_std = np.sqrt(np.maximum(np.diag(best[1].strength_covariance), 0.0))
    is_seen = bool(np.all(best[1].strength > 3.0 * area_std))
    asked = (best[1].free_count - fit.free_count + 1) * np.log(best[1].points)
    return best if gain > asked and is_seen else None
