"""Runs of one sample to steps, losses of the dry mass, and the test for no loss; blank runs are taken off."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

import pelletry
from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.technique import Inputs
from pelletry.fitting.smoothing import even_curve, noise_std, savitzky_golay
from pelletry.techniques.thermal_program import Program, Stage, blank_at, main_heating, ramp_difference, stages_of
from pelletry.techniques.thermogravimetry.findings import findings_of, of_blank
from pelletry.techniques.thermogravimetry.measurement import ThermobalanceRun
from pelletry.techniques.thermogravimetry.model.steps import Step, quiet_from, steps_of
from pelletry.techniques.thermogravimetry.result import LossRun, QuietTest, StepSeen, ThermogravimetryResult
from pelletry.techniques.thermogravimetry.settings import ThermogravimetrySettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("ISO11358", "SavitzkyGolay1964")
_MOST_ROWS = 3000
#: At rest means for at least this many kelvin.
_QUIET_K = 30.0


def analyse(measurements: Sequence[ThermobalanceRun], inputs: Inputs, /) -> ThermogravimetryResult:
    """All runs of one sample; a blank run of the same program is taken off.

    Raises
    ------
    MeasurementError
        When there is no run of the sample itself.
    """
    sample = inputs.sample.name
    blanks = [run for run in measurements if run.role == "blank"]
    own = [run for run in measurements if run.role != "blank"]
    if not own:
        what = "only blank runs" if blanks else "no run of a thermobalance"
        raise MeasurementError(f"there is {what} of {sample}", do="name the run of the sample in samples.csv")
    runs: list[LossRun] = []
    found: list[Finding] = []
    for run in own:
        share, blank, said = _without_blank(sample, run, blanks)
        result = _loss_run(run, share, blank, inputs.settings)
        runs.append(result)
        found += [*said, *findings_of(sample, run, result, inputs.settings)]
    return ThermogravimetryResult(
        sample=sample,
        runs=tuple(runs),
        findings=tuple(dict.fromkeys(found)),
        lineage=Lineage(
            origins=tuple(run.origin for run in measurements),
            settings=tuple((key, str(value)) for key, value in inputs.settings.model_dump().items()),
            facts=tuple(
                FactUse(name="blank run", value=run.blank, given_by=f"taken off {run.origin.path}")
                for run in runs
                if run.blank
            ),
            references=REFERENCES,
            technique="thermogravimetry",
            version=pelletry.__version__,
        ),
        is_simulated=inputs.sample.is_simulated,
    )


# -- blank -------------------------------------------------------------------------------------------------------------


def _share(run: ThermobalanceRun) -> Array:
    if run.share_fraction is not None:
        return run.share_fraction
    mass = np.asarray(run.mass_kg)
    return np.asarray(mass / _first_mass(run))


def _first_mass(run: ThermobalanceRun) -> float:
    """The mass at the start, by the balance."""
    return float(np.median(np.asarray(run.mass_kg)[:5]))


def _program(run: ThermobalanceRun) -> Program:
    return Program(time_s=run.time_s, temperature_K=run.temperature_K, kept=np.arange(len(run.time_s)))


def _without_blank(
    sample: str, run: ThermobalanceRun, blanks: Sequence[ThermobalanceRun]
) -> tuple[Array, str, list[Finding]]:
    """Share of the initial mass with the blank's change taken off, which blank, and findings."""
    share = _share(run)
    initial_kg = _first_mass(run) if run.mass_kg is not None else run.initial_mass_kg
    refused: list[str] = []
    for blank in blanks:
        why = ramp_difference(_program(run), _program(blank))
        if not why and (blank.mass_kg is None or initial_kg is None):
            why = "its change of mass or the sample's mass is not known in mg"
        if why or blank.mass_kg is None or initial_kg is None:
            refused.append(f"{blank.origin.path}: {why}")
            continue
        at, beyond = blank_at(_program(run), _program(blank), blank.mass_kg)
        drift = (at - at[0]) / initial_kg
        shown = blank.origin.path
        return share - drift, shown, of_blank(sample, run, shown, beyond=beyond, refused=(), has_blank=True)
    return share, "", of_blank(sample, run, "", beyond=0, refused=tuple(refused), has_blank=bool(blanks))


# -- one run -----------------------------------------------------------------------------------------------------------


def _loss_run(run: ThermobalanceRun, share: Array, blank: str, settings: ThermogravimetrySettings) -> LossRun:
    noise = noise_std(share)
    stages = stages_of(run.time_s, run.temperature_K)
    heating = main_heating(stages, run.temperature_K)
    count = min(_MOST_ROWS, len(share))
    step_s = float(run.time_s[-1] - run.time_s[0]) / max(count - 1, 1)
    time_s, even = even_curve(run.time_s, share, step=step_s)
    temperature_K = np.interp(time_s, run.time_s, run.temperature_K)
    half = _half_width(heating, step_s, settings)
    smooth = savitzky_golay(even, half_width=half, step=step_s)
    rate = savitzky_golay(even, half_width=half, step=step_s, derivative=1)
    end = _end_row(stages, run, time_s)
    begin = _first_heating_row(stages, run, time_s)
    steps = _steps(smooth[: end + 1], rate[: end + 1] * step_s, begin, noise, settings)
    dry, dry_source, drying = _dry(smooth, temperature_K, steps, settings)
    known = noise if blank or run.corrected_by else 0.0
    last = float(np.mean(even[max(0, end - max(3, end // 100)) : end + 1]))
    quiet = quiet_from(smooth[: end + 1], noise=noise, multiple=settings.noise_multiple)
    return LossRun(
        name=run.run or run.name,
        origin=run.origin,
        rate_K_per_s=None if heating is None else heating.rate_K_per_s,
        top_K=float(temperature_K.max()),
        time_s=time_s,
        temperature_K=temperature_K,
        share_fraction=smooth,
        loss_rate_per_s=rate,
        noise_fraction=noise,
        dry_share=dry,
        dry_source=dry_source,
        loss_of_dry=_loss((dry - last) / dry, known / dry, "of the dry mass"),
        loss_of_initial=_loss(1.0 - last, known, "of the initial mass"),
        drying_loss=_loss(1.0 - dry, known, "of the initial mass")
        if drying is not None
        else _no_drying(dry_source, dry, known),
        quiet_above_K=_quiet_K(quiet, smooth, temperature_K, end),
        steps=tuple(_step_seen(one, temperature_K, rate, dry, known, drying) for one in steps),
        tests=tuple(
            _test(above, smooth, temperature_K, end, dry, noise, settings) for above in settings.no_loss_above_K
        ),
        blank=blank,
        end_index=end,
    )


def _half_width(heating: Stage | None, step_s: float, settings: ThermogravimetrySettings) -> int:
    if heating is None or heating.rate_K_per_s <= 0:
        return 5
    return max(2, round(0.5 * settings.smoothing_K / heating.rate_K_per_s / step_s))


def _end_row(stages: Sequence[Stage], run: ThermobalanceRun, time_s: Array) -> int:
    """The last row before the final cooling."""
    last = len(time_s) - 1
    if len(stages) > 1 and stages[-1].kind == "cooling":
        return int(min(np.searchsorted(time_s, run.time_s[stages[-1].start]), last))
    return last


def _first_heating_row(stages: Sequence[Stage], run: ThermobalanceRun, time_s: Array) -> int:
    """Where heating begins: in the wait before it the balance comes to rest and gases are changed."""
    if len(stages) > 1 and stages[0].kind == "dwell":
        return int(np.searchsorted(time_s, run.time_s[stages[0].stop - 1]))
    return 0


def _steps(
    smooth: Array, rate: Array, begin: int, noise: float, settings: ThermogravimetrySettings
) -> tuple[Step, ...]:
    found = steps_of(smooth[begin:], rate[begin:], smallest=settings.smallest_step, noise=noise)
    return tuple(
        attrs.evolve(
            one,
            start=one.start + begin,
            peak=one.peak + begin,
            end=one.end + begin,
            onset_row=one.onset_row + begin,
            end_row=one.end_row + begin,
        )
        for one in found
    )


def _loss(value: float, noise: float, of_what: str) -> Estimate:
    """A share with the noise of two readings as its uncertainty; without a blank run (noise 0) that is not known."""
    if noise <= 0:
        return Estimate(value=value, unit="1", method=f"share {of_what}; no blank run, so its drift is not known")
    return Estimate(
        value=value,
        std=math.sqrt(2.0) * noise,
        unit="1",
        method=f"share {of_what}; uncertainty the noise of two readings",
    )


def _no_drying(source: str, dry: float, noise: float) -> Quantity:
    if source != "initial mass":
        return _loss(1.0 - dry, noise, "of the initial mass")
    return Unresolved(reason="no step of drying", unit="1")


def _dry(
    smooth: Array, temperature_K: Array, steps: Sequence[Step], settings: ThermogravimetrySettings
) -> tuple[float, str, Step | None]:
    """Dry mass over initial mass, how it was found, and the step of drying."""
    if settings.dry_at_K is not None:
        reached = np.flatnonzero(temperature_K >= settings.dry_at_K)
        if reached.size:
            return float(smooth[reached[0]]), f"mass at {settings.dry_at_K - 273.15:.0f} °C", None
    if steps:
        first = steps[0]
        ends_K = float(np.interp(first.end, np.arange(len(temperature_K)), temperature_K))
        if first.change < 0 and ends_K < settings.dried_below_K:
            return float(smooth[first.end]), f"mass after the step that ends at {ends_K - 273.15:.0f} °C", first
    return 1.0, "initial mass", None


def _at_row(temperature_K: Array, row: float) -> float:
    return float(np.interp(row, np.arange(len(temperature_K)), temperature_K))


def _step_seen(
    step: Step, temperature_K: Array, rate: Array, dry: float, noise: float, drying: Step | None
) -> StepSeen:
    spread = abs(_at_row(temperature_K, step.peak + 1) - _at_row(temperature_K, step.peak - 1))

    def tangent(row: float, is_known: bool) -> Quantity:
        if not is_known:
            return Unresolved(reason="no plateau beside the step to lay a line through", unit="K")
        return Estimate(value=_at_row(temperature_K, row), unit="K", method="tangents")

    return StepSeen(
        change=_loss(step.change / dry, noise / dry, "of the dry mass, between the plateaus"),
        onset_K=tangent(step.onset_row, step.has_before),
        peak_K=Estimate(value=_at_row(temperature_K, step.peak), std=spread or None, unit="K", method="extreme of dm/dt"),
        end_K=tangent(step.end_row, step.has_after),
        peak_rate_per_s=float(rate[step.peak]) / dry,
        has_plateaus=step.has_plateaus,
        is_drying=step is drying,
    )  # fmt: skip


def _quiet_K(row: int | None, smooth: Array, temperature_K: Array, end: int) -> Quantity:
    if row is None:
        return Unresolved(reason="the mass changes up to the end of the run", unit="K")
    if temperature_K[row] >= temperature_K[: end + 1].max() - _QUIET_K:
        return Unresolved(reason="the mass changes up to the highest temperature", unit="K")
    return Estimate(
        value=float(temperature_K[row]),
        unit="K",
        method="from here on the mass stays within the noise of its last value",
    )


def _test(
    above_K: float, smooth: Array, temperature_K: Array, end: int, dry: float, noise: float,
    settings: ThermogravimetrySettings,
) -> QuietTest:  # fmt: skip
    limit = settings.noise_multiple * noise / dry
    reached = np.flatnonzero(temperature_K[: end + 1] >= above_K)
    if not reached.size:
        reason = f"the run ends at {temperature_K.max() - 273.15:.0f} °C"
        return QuietTest(
            above_K=above_K, change=Unresolved(reason=reason, unit="1"), limit_fraction=limit, is_quiet=None
        )
    part = smooth[reached[0] : end + 1] - smooth[reached[0]]
    furthest = float(part[np.argmax(np.abs(part))]) / dry
    change = Estimate(
        value=furthest,
        std=noise / dry if noise > 0 else None,
        unit="1",
        method="largest change above that temperature, of the dry mass",
    )
    return QuietTest(above_K=above_K, change=change, limit_fraction=limit, is_quiet=abs(furthest) < limit)
