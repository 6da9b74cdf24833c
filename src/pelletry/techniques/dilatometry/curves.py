"""One run on its way to a result: blank and standard taken off, strain, thermal expansion, rates, turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.fitting.smoothing import block_means, even_curve, noise_std, savitzky_golay
from pelletry.techniques.dilatometry.blanks import green_length, strain_without_blank
from pelletry.techniques.dilatometry.body import Body
from pelletry.techniques.dilatometry.expansion import expansion_of
from pelletry.techniques.dilatometry.measurement import DilatometerRun
from pelletry.techniques.dilatometry.model.density import cold_strain, density_estimate, relative_density_from_strain
from pelletry.techniques.dilatometry.model.tangents import Tangents, strain_crossing_K, tangents_of
from pelletry.techniques.dilatometry.model.turning import Swelling, swelling_of, turns_of
from pelletry.techniques.dilatometry.result import RunResult, TurnSeen
from pelletry.techniques.dilatometry.settings import DilatometrySettings
from pelletry.techniques.thermal_program import Stage, main_heating, stages_of

__all__ = ["run_result"]

_MOST_ROWS = 3000
_COLD_K = 373.15
_OVERSHOOT_K = 15.0
_HELD_K = 2.0
_NO_HEATING = "the record holds no heating"


def run_result(
    run: DilatometerRun, blanks: Sequence[DilatometerRun], body: Body, settings: DilatometrySettings
) -> tuple[RunResult | None, list[Finding]]:
    """The result of one run and what is to be said about it; None when its strain cannot be had."""
    found: list[Finding] = []
    length, said = green_length(run, body)
    found += said
    if run.strain_fraction is None and length is None:
        return None, found
    strain, blank, said = strain_without_blank(run, blanks, length, body, settings)
    found += said
    noise = noise_std(strain)
    time_s, temperature_K, strain = block_means(
        (run.time_s[: len(strain)], run.temperature_K[: len(strain)], strain), most=_MOST_ROWS
    )
    stages = stages_of(time_s, temperature_K)
    heating = main_heating(stages, temperature_K)
    grid, tangents = _heated(temperature_K, strain, heating, settings)
    expansion, source, said = expansion_of(time_s, temperature_K, strain, stages, tangents, body, settings)
    found += said
    cold = None
    if expansion is not None:
        reference = float(temperature_K[0])
        cold = cold_strain(strain=strain, temperature_K=temperature_K, expansion_per_K=expansion, reference_K=reference)
    end = _end_index(stages, len(time_s))
    swelling = _swelling(time_s, temperature_K, strain, cold, end, noise, expansion, heating, settings)
    made = RunResult(
        name=run.run or run.name,
        origin=run.origin,
        rate_K_per_s=None if heating is None else heating.rate_K_per_s,
        top_K=float(temperature_K.max()),
        dwell_s=_dwell(time_s, temperature_K, stages),
        time_s=time_s,
        temperature_K=temperature_K,
        strain_fraction=strain,
        cold_fraction=cold,
        sintering_rate_per_s=_rate_per_s(time_s, strain if cold is None else cold),
        **_densities(strain, cold, end, temperature_K, length, noise, body),
        grid_K=grid[0],
        grid_strain=grid[1],
        grid_rate_per_K=grid[2],
        end_index=end,
        noise_fraction=noise,
        tangents=tangents,
        one_percent_K=strain_crossing_K(grid[0], grid[1], tangents.baseline, strain_fraction=0.01)
        if len(grid[0]) > 1
        else Unresolved(reason=_NO_HEATING, unit="K"),
        swelling=swelling,
        swelling_K=_swelling_K(swelling, temperature_K, expansion),
        turns=_turns(time_s, temperature_K, strain, stages, noise, settings),
        blank=blank,
        expansion_per_K=expansion,
        expansion_source=source,
    )
    return made, found


# -- curves ------------------------------------------------------------------------------------------------------------


def _heated(
    temperature_K: Array, strain: Array, heating: Stage | None, settings: DilatometrySettings
) -> tuple[tuple[Array, Array, Array], Tangents]:
    """The main heating on an even grid of temperatures with its smoothed rate, and its tangents."""
    if heating is None or heating.stop - heating.start < 30:
        empty = np.empty(0)
        none = Unresolved(reason=_NO_HEATING, unit="K")
        no_rate = Unresolved(reason=_NO_HEATING, unit="1/K")
        return (empty, empty, empty), Tangents(onset_K=none, max_rate_K=none, end_K=none, max_rate_per_K=no_rate)
    rows = slice(heating.start, heating.stop)
    span = float(np.ptp(temperature_K[rows]))
    step = max(span / 1200, 0.25)
    grid_K, even = even_curve(temperature_K[rows], strain[rows], step=step)
    half = max(2, round(0.5 * settings.smoothing_K / step))
    rate = savitzky_golay(even, half_width=half, step=step, derivative=1)
    smooth = savitzky_golay(even, half_width=half, step=step)
    window = None
    if settings.baseline_low_K is not None and settings.baseline_high_K is not None:
        window = (settings.baseline_low_K, settings.baseline_high_K)
    return (grid_K, smooth, rate), tangents_of(
        grid_K, smooth, rate, tangent_share=settings.tangent_share, baseline_K=window
    )


def _rate_per_s(time_s: Array, strain: Array) -> Array:
    step = float(time_s[-1] - time_s[0]) / max(len(time_s) - 1, 1)
    grid, even = even_curve(time_s, strain, step=step)
    rate = savitzky_golay(even, half_width=max(3, len(grid) // 100), step=step, derivative=1)
    return np.asarray(np.interp(time_s, grid, rate))


def _end_index(stages: Sequence[Stage], count: int) -> int:
    """The last row before the final cooling."""
    if stages and stages[-1].kind == "cooling" and len(stages) > 1:
        return max(stages[-1].start - 1, 0)
    return count - 1


def _dwell(time_s: Array, temperature_K: Array, stages: Sequence[Stage]) -> float:
    """How long the run stayed within 2 K of its dwell at the top; 0 without one. [s]"""
    top = float(temperature_K.max())
    for stage in stages:
        level = float(np.median(temperature_K[stage.start : stage.stop]))
        if stage.kind == "dwell" and abs(level - top) < _OVERSHOOT_K:
            held = np.flatnonzero(np.abs(temperature_K - level) < _HELD_K)
            return float(time_s[held[-1]] - time_s[held[0]])
    return 0.0


def _densities(
    strain: Array, cold: Array | None, end: int, temperature_K: Array, length: Estimate | None, noise: float, body: Body
) -> dict[str, Any]:
    """Shrinkages and densities at the end, and the density along the run where the green density is known."""
    shrinkage = _at_end(strain, end, length, noise, "hot, as measured at the end of the firing")
    cold_end: Quantity = Unresolved(reason="the thermal expansion is not known", unit="1")
    if temperature_K[-1] < _COLD_K and len(strain) - 1 > end:
        measured = f"measured after cooling to {temperature_K[-1] - 273.15:.0f} °C"
        if cold is None:
            cold_end = _at_end(strain, len(strain) - 1, length, noise, measured)
        else:  # some 25 K of expansion are left at 50 °C, more than the length is uncertain by
            words = f"{measured}, what is left of the thermal expansion taken off"
            cold_end = _at_end(cold, len(cold) - 1, length, noise, words)
    elif cold is not None:
        cold_end = _at_end(cold, end, length, noise, "thermal expansion taken off")
    green = body.green_fraction
    if not isinstance(green, Estimate):
        missing = Unresolved(reason=green.reason, unit="1")
        return {"shrinkage": shrinkage, "shrinkage_cold": cold_end, "density_hot": missing, "density_cold": missing}
    loss = 0.0 if body.mass_loss is None else body.mass_loss.value

    def along(e: Array) -> Array:
        return relative_density_from_strain(
            green=green.value, strain=e, mass_loss=loss, radial_per_axial=body.radial_per_axial
        )

    def at(e: Quantity) -> Quantity:
        if not isinstance(e, Estimate):
            return Unresolved(reason=e.reason, unit="1")
        return density_estimate(green=green, strain=e, mass_loss=body.mass_loss, radial_per_axial=body.radial_per_axial)

    return {
        "shrinkage": shrinkage,
        "shrinkage_cold": cold_end,
        "density_hot": at(shrinkage),
        "density_cold": at(cold_end),
        "density_hot_relative": along(strain),
        "density_cold_relative": None if cold is None else along(cold),
    }


def _at_end(strain: Array, end: int, length: Estimate | None, noise: float, method: str) -> Estimate:
    value = float(np.mean(strain[max(0, end - 4) : end + 1]))
    std = None
    if length is not None and length.std is not None:
        std = float(np.hypot(noise, abs(value) * length.std / length.value))
    return Estimate(value=value, std=std, unit="1", method=method)


# -- turns and swelling ------------------------------------------------------------------------------------------------


def _swelling(
    time_s: Array, temperature_K: Array, strain: Array, cold: Array | None, end: int, noise: float,
    expansion_per_K: float | None, heating: Stage | None, settings: DilatometrySettings,
) -> Swelling | None:  # fmt: skip
    if heating is None:
        return None
    rows = slice(heating.start, end + 1)
    smooth = savitzky_golay(
        (strain if cold is None else cold)[rows], half_width=max(3, (end - heating.start) // 150), order=2
    )
    found = swelling_of(
        smooth,
        temperature_K[rows],
        time_s[rows],
        noise=noise,
        multiple=settings.swelling_noise_multiple,
        stretch_K=settings.swelling_stretch_K,
        expansion_per_K=expansion_per_K or 0.0,
    )
    return None if found is None else attrs.evolve(found, index=found.index + heating.start)


def _swelling_K(swelling: Swelling | None, temperature_K: Array, expansion_per_K: float | None) -> Quantity:
    if swelling is None:
        return Unresolved(reason="no re-expansion beyond noise and thermal expansion", unit="K")
    method = "shortest length without thermal expansion"
    if expansion_per_K is None:
        method = "shortest length, thermal expansion not taken off"
    return Estimate(value=float(temperature_K[swelling.index]), unit="K", method=method)


def _turns(
    time_s: Array, temperature_K: Array, strain: Array, stages: Sequence[Stage], noise: float,
    settings: DilatometrySettings,
) -> tuple[TurnSeen, ...]:  # fmt: skip
    found = []
    for stage in stages:
        rows = slice(stage.start, stage.stop)
        if stage.kind == "dwell" or stage.stop - stage.start < 20:
            continue
        smooth = savitzky_golay(strain[rows], half_width=max(2, (stage.stop - stage.start) // 200), order=2)
        along = np.abs(temperature_K[rows] - temperature_K[stage.start])
        rise = max(settings.swelling_noise_multiple * noise, 1e-6)
        for turn in turns_of(smooth, np.maximum.accumulate(along), rise=rise, stretch=settings.swelling_stretch_K):
            at = stage.start + turn.index
            found.append(
                TurnSeen(stage=stage.kind, temperature_K=float(temperature_K[at]), time_s=float(time_s[at]), to=turn.to)
            )
    return tuple(found)
