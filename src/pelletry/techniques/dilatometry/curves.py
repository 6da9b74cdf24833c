"""One run on its way to a result: blank and standard taken off, strain, thermal expansion, rates, turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.facts import ThermalExpansion
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.fitting.smoothing import block_means, even_curve, noise_std, savitzky_golay
from pelletry.techniques.dilatometry.measurement import DilatometerRun
from pelletry.techniques.dilatometry.model.density import cold_strain, density_estimate, relative_density_from_strain
from pelletry.techniques.dilatometry.model.tangents import Tangents, strain_crossing_K, tangents_of
from pelletry.techniques.dilatometry.model.turning import Swelling, swelling_of, turns_of
from pelletry.techniques.dilatometry.read import program_of
from pelletry.techniques.dilatometry.result import RunResult, TurnSeen
from pelletry.techniques.dilatometry.settings import DilatometrySettings
from pelletry.techniques.thermal_program import Stage, blank_at, main_heating, ramp_difference, stages_of

__all__ = ["Body", "run_result"]

_MOST_ROWS = 3000
_COOLING_K = 150.0
_COLD_K = 373.15
_OVERSHOOT_K = 15.0
_HELD_K = 2.0
_EXPANSIONS_PER_K = (1e-7, 60e-6)
_NO_HEATING = "the record holds no heating"


@attrs.frozen(kw_only=True)
class Body:
    """What is known of the green body besides the run. ``length_m`` None: only the file's own."""

    sample: str
    length_m: Estimate | None
    green_fraction: Quantity
    mass_loss: Estimate | None
    radial_per_axial: float
    expansion: ThermalExpansion | None


def _finding(code: str, severity: str, body: Body, sentence: str, *quantities: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(body.sample,), quantities=quantities)


_SIZES = ("shrinkage", "shrinkage_cold", "density_by_shrinkage", "density_by_shrinkage_hot")


def run_result(
    run: DilatometerRun, blanks: Sequence[DilatometerRun], body: Body, settings: DilatometrySettings
) -> tuple[RunResult | None, list[Finding]]:
    """The result of one run and what is to be said about it; None when its strain cannot be had."""
    found: list[Finding] = []
    length, said = _length(run, body)
    found += said
    if run.strain_fraction is None and length is None:
        return None, found
    strain, blank, said = _without_blank(run, blanks, length, body, settings)
    found += said
    noise = noise_std(strain)
    time_s, temperature_K, strain = block_means(
        (run.time_s[: len(strain)], run.temperature_K[: len(strain)], strain), most=_MOST_ROWS
    )
    stages = stages_of(time_s, temperature_K)
    heating = main_heating(stages, temperature_K)
    grid, tangents = _heated(temperature_K, strain, heating, settings)
    expansion, source, said = _expansion(time_s, temperature_K, strain, stages, tangents, body, settings)
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


# -- length and blank --------------------------------------------------------------------------------------------------


def _length(run: DilatometerRun, body: Body) -> tuple[Estimate | None, list[Finding]]:
    """The green length: as stated for the sample, else as typed into the instrument."""
    typed = run.initial_length_m
    stated = body.length_m
    if stated is None and typed is None:
        if run.strain_fraction is not None:
            return None, []
        sentence = (
            f"{run.origin.path} of {body.sample} holds a change of length in micrometres and no length of the sample: its strain "
            "cannot be given. Write dilatometer_length in the samples table."
        )
        return None, [_finding("dilatometer-length-missing", "error", body, sentence, *_SIZES)]
    if stated is None and typed is not None:
        return Estimate(value=typed, unit="m", method="typed into the instrument"), []
    if stated is not None and typed is not None and abs(stated.value / typed - 1) > 0.01:
        sentence = (
            f"The length of {body.sample} is stated as {stated.value * 1e3:.4g} mm, and {typed * 1e3:.4g} mm was typed into the "
            f"instrument for {run.origin.path}. The stated one is used."
        )
        return stated, [_finding("dilatometer-length-differs", "warning", body, sentence, *_SIZES)]
    return stated, []


def _without_blank(
    run: DilatometerRun, blanks: Sequence[DilatometerRun], length: Estimate | None, body: Body,
    settings: DilatometrySettings,
) -> tuple[Array, str, list[Finding]]:  # fmt: skip
    """Strain with the blank's change of length taken off, which blank, and findings."""
    raw = run.strain_fraction
    if raw is None:
        raw = np.asarray(run.displacement_m) / (1.0 if length is None else length.value)
    own = [b for b in blanks if b.origin.path == run.origin.path]
    candidates = [*own, *(b for b in blanks if b.origin.path != run.origin.path)]
    refused: list[str] = []
    for blank in candidates:
        drift = _as_strain(blank, length)
        why = (
            "it is a strain of an unknown length"
            if drift is None
            else ramp_difference(program_of(run), program_of(blank))
        )
        if why or drift is None:
            refused.append(f"{_shown(blank)}: {why}")
            continue
        at, beyond = blank_at(program_of(run), program_of(blank), drift)
        return _taken_off(run, raw, at, beyond, blank, length, body, settings)
    if not candidates:
        sentence = (
            f"No blank run belongs to {run.origin.path} of {body.sample}: the drift of the instrument is inside its shrinkage. Give "
            "the correction run of the same program with role blank in files.csv."
        )
        return raw, "", [_finding("blank-missing", "notice", body, sentence, *_SIZES)]
    sentence = (
        f"No blank run fits {run.origin.path} of {body.sample}, so none was taken off ({'; '.join(refused[:3])}). Measure one with "
        "the program of the sample."
    )
    return raw, "", [_finding("blank-of-another-program", "warning", body, sentence, *_SIZES)]


def _shown(run: DilatometerRun) -> str:
    return f"{run.origin.path}, record {run.origin.record + 1}" if run.origin.record else run.origin.path


def _as_strain(blank: DilatometerRun, length: Estimate | None) -> Array | None:
    if blank.displacement_m is not None:
        return None if length is None else blank.displacement_m / length.value
    if blank.strain_fraction is None:
        return None
    if length is None or blank.initial_length_m is None:
        return blank.strain_fraction if length is None and blank.initial_length_m is None else None
    return blank.strain_fraction * (blank.initial_length_m / length.value)


def _taken_off(
    run: DilatometerRun, raw: Array, at: Array, beyond: int, blank: DilatometerRun, length: Estimate | None, body: Body,
    settings: DilatometrySettings,
) -> tuple[Array, str, list[Finding]]:  # fmt: skip
    found = []
    strain = raw - (at - at[0])
    if beyond:
        strain = strain[: len(strain) - beyond]
        sentence = (
            f"The blank run {_shown(blank)} ends before {run.origin.path}: the last {beyond} rows of {body.sample} have no drift to "
            "take off and were left out."
        )
        found.append(_finding("blank-too-short", "warning", body, sentence))
    if blank.expansion_standard:
        per_K = settings.standard_expansion_per_K
        if per_K is None:
            sentence = (
                f"The correction run {_shown(blank)} names a standard body ({blank.expansion_standard}): if it was measured with it, its "
                "expansion is missing in the strain. Give standard_expansion_per_K, or measure the blank without a body."
            )
            found.append(_finding("standard-expansion-not-added", "notice", body, sentence, *_SIZES))
        else:
            strain = strain + per_K * (run.temperature_K[: len(strain)] - run.temperature_K[0])
    return strain, _shown(blank), found


# -- expansion ---------------------------------------------------------------------------------------------------------


def _expansion(
    time_s: Array, temperature_K: Array, strain: Array, stages: Sequence[Stage], tangents: Tangents, body: Body,
    settings: DilatometrySettings,
) -> tuple[float | None, str, list[Finding]]:  # fmt: skip
    """Thermal expansion to take off, where it comes from, and what is said when it stems from the run itself."""
    if settings.expansion_per_K is not None:
        return settings.expansion_per_K, "stated", []
    if body.expansion is not None:
        fact = body.expansion
        return fact.mean_per_K.value, f"{fact.given_by}, {fact.phase}", []
    cooling = [
        s for s in stages if s.kind == "cooling" and temperature_K[s.start] - temperature_K[s.stop - 1] > _COOLING_K
    ]
    if cooling:
        rows = slice(cooling[-1].start, cooling[-1].stop)
        per_K = float(np.polynomial.polynomial.polyfit(temperature_K[rows], np.log1p(strain[rows]), 1)[1])
        if _EXPANSIONS_PER_K[0] < per_K < _EXPANSIONS_PER_K[1]:
            return per_K, "cooling in the same record", [_of_run(body, per_K, "the cooling of the same record")]
    early = _early_slope(temperature_K, strain, stages, tangents)
    if early is not None and _EXPANSIONS_PER_K[0] < early < _EXPANSIONS_PER_K[1]:
        return (
            early,
            "heating before sintering",
            [_of_run(body, early, "the first half of the heating before sintering")],
        )
    sentence = (
        f"The thermal expansion of {body.sample} is not known: its shrinkage is given hot, as measured, and hot densities are too low "
        "by about three times expansion and temperature. Give expansion_per_K under [dilatometry]."
    )
    return (
        None,
        "",
        [_finding("expansion-not-known", "notice", body, sentence, "shrinkage_cold", "density_by_shrinkage")],
    )


def _early_slope(temperature_K: Array, strain: Array, stages: Sequence[Stage], tangents: Tangents) -> float | None:
    """Slope of the length over the lower half of the heating before sintering, where nothing shrinks yet. [1/K]"""
    heating = main_heating(stages, temperature_K)
    if tangents.baseline is None or heating is None:
        return None
    T, e = temperature_K[heating.start : heating.stop], strain[heating.start : heating.stop]
    start, width = float(T[0]), tangents.baseline.high_K - float(T[0])
    inside = (start + 0.1 * width < T) & (start + 0.5 * width > T)
    if inside.sum() < 10:
        return None
    return float(np.polynomial.polynomial.polyfit(T[inside], np.log1p(e[inside]), 1)[1])


def _of_run(body: Body, per_K: float, where: str) -> Finding:
    sentence = (
        f"The thermal expansion that is taken off {body.sample} is {per_K * 1e6:.3g}e-6 per K, from {where}; state expansion_per_K "
        "under [dilatometry] if you know it better."
    )
    return _finding("expansion-of-the-run", "info", body, sentence, "shrinkage_cold", "density_by_shrinkage")


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
        cold_end = _at_end(
            strain, len(strain) - 1, length, noise, f"measured after cooling to {temperature_K[-1] - 273.15:.0f} °C"
        )
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
