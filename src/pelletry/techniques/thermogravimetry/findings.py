"""What is said about mass curves, each with its number and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.techniques.thermogravimetry.measurement import ThermobalanceRun
from pelletry.techniques.thermogravimetry.result import LossRun
from pelletry.techniques.thermogravimetry.settings import ThermogravimetrySettings

__all__ = ["findings_of", "of_blank"]

_TYPED_WITHIN = 0.02
_GAIN = 0.002


def _finding(code: str, severity: str, sample: str, sentence: str, *quantities: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=quantities)


def _degrees(temperature_K: float) -> str:
    return f"{temperature_K - 273.15:.0f} °C"


def of_blank(
    sample: str, run: ThermobalanceRun, blank: str, *, beyond: int, refused: Sequence[str], has_blank: bool
) -> list[Finding]:
    """What there is to say of the blank run: none, one that does not fit, one that is too short."""
    shown = run.origin.path
    if blank and beyond:
        sentence = f"The blank run {blank} ends before {shown} of {sample}; its last value was used for the last {beyond} rows."
        return [_finding("blank-too-short", "warning", sample, sentence, "mass_loss")]
    if blank or run.corrected_by:
        return []
    if has_blank:
        sentence = (
            f"No blank run fits {shown} of {sample}, so none was taken off ({'; '.join(refused[:3])}). Measure one with the program of "
            "the sample."
        )
        return [_finding("blank-of-another-program", "warning", sample, sentence, "mass_loss", "no_loss_above")]
    sentence = (
        f"No blank run belongs to {shown} of {sample}: buoyancy makes a crucible seem heavier on heating, by some hundredths of a "
        "milligram. Give an empty run of the same program with role blank in files.csv when small losses matter."
    )
    return [_finding("buoyancy-not-corrected", "notice", sample, sentence, "mass_loss", "no_loss_above")]


def findings_of(
    sample: str, run: ThermobalanceRun, result: LossRun, settings: ThermogravimetrySettings
) -> list[Finding]:
    """Findings of one run, in the order of reading."""
    shown = run.origin.path
    found = [_finding("reader-note", "info", sample, f"{shown}: {warning}.") for warning in run.warnings]
    found += _of_mass(sample, run, result)
    if result.dry_source == "initial mass":
        sentence = f"{shown} of {sample} shows no step of drying that ended below {_degrees(settings.dried_below_K)}: its initial mass counts as dry."
        found.append(_finding("mass-not-dried", "info", sample, sentence, "mass_loss"))
    if isinstance(result.quiet_above_K, Unresolved):
        sentence = f"The mass of {sample} in {shown} does not come to rest: {result.quiet_above_K.reason}. The loss is a lower bound."
        found.append(_finding("loss-goes-on", "notice", sample, sentence, "mass_loss", "no_loss_above"))
    overlapping = [i for i, step in enumerate(result.steps, start=1) if not step.has_plateaus]
    if overlapping and len(result.steps) > 1:
        words = ", ".join(str(i) for i in overlapping)
        sentence = (
            f"Steps of {sample} run into one another (step {words} of {len(result.steps)}): their heights are parted at the valley of the rate, "
            "not at a plateau. Heat more slowly to part them."
        )
        found.append(_finding("steps-overlap", "notice", sample, sentence, "step_change"))
    found += _of_tests(sample, result)
    return found


def _of_mass(sample: str, run: ThermobalanceRun, result: LossRun) -> list[Finding]:
    found = []
    shown = run.origin.path
    if run.mass_kg is not None and run.initial_mass_kg is not None:
        first = float(np.median(run.mass_kg[:5]))
        if abs(first / run.initial_mass_kg - 1) > _TYPED_WITHIN:
            sentence = (
                f"The balance begins at {first * 1e6:.4g} mg in {shown} of {sample}, and {run.initial_mass_kg * 1e6:.4g} mg was typed in. Shares refer "
                "to what the balance shows; look whether it was tared with the crucible."
            )
            found.append(
                _finding("initial-mass-differs", "warning", sample, sentence, "mass_loss", "mass_loss_of_initial")
            )
    lowest = float(result.share_fraction.min())
    if lowest < -5 * result.noise_fraction - 1e-3:
        sentence = f"The mass of {sample} falls below zero in {shown} ({100 * lowest:.1f} % of the initial mass): the initial mass or the blank is wrong."
        found.append(_finding("mass-below-zero", "warning", sample, sentence, "mass_loss", "mass_loss_of_initial"))
    gain = float(result.share_fraction[: result.end_index + 1].max()) - 1.0
    if gain > max(_GAIN, 5 * result.noise_fraction):
        sentence = (
            f"The mass of {sample} rises by {100 * gain:.2g} % above its start in {shown}: buoyancy without a blank run, or the sample takes "
            "something up."
        )
        found.append(_finding("mass-rises", "notice", sample, sentence, "mass_loss"))
    return found


def _of_tests(sample: str, result: LossRun) -> list[Finding]:
    found = []
    for test in result.tests:
        limit = 100 * test.limit_fraction
        if test.is_quiet is None:
            reason = test.change.reason if isinstance(test.change, Unresolved) else ""
            sentence = f"Whether {sample} loses anything above {_degrees(test.above_K)} cannot be told: {reason}."
            found.append(_finding("no-loss-not-tested", "notice", sample, sentence, "change_above"))
        elif isinstance(test.change, Estimate) and test.is_quiet:
            sentence = f"{sample} loses nothing above {_degrees(test.above_K)}: the largest change is {100 * test.change.value:.2g} % and the noise allows {limit:.2g} %."
            found.append(_finding("no-loss-above", "info", sample, sentence, "change_above"))
        elif isinstance(test.change, Estimate):
            sentence = (
                f"The mass of {sample} changes by {100 * test.change.value:.3g} % above {_degrees(test.above_K)}, more than the noise allows ({limit:.2g} %)"
                + ("." if result.blank else "; a blank run would tell drift from loss.")
            )
            found.append(_finding("loss-above", "warning", sample, sentence, "change_above"))
    return found
