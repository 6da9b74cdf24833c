"""The length of the green body, and the change of length of a blank run taken off that of the sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.techniques.dilatometry.body import SIZES, Body
from pelletry.techniques.dilatometry.body import finding as _finding
from pelletry.techniques.dilatometry.measurement import DilatometerRun
from pelletry.techniques.dilatometry.read import program_of
from pelletry.techniques.dilatometry.settings import DilatometrySettings
from pelletry.techniques.thermal_program import blank_at, ramp_difference

__all__ = ["green_length", "strain_without_blank"]


def green_length(run: DilatometerRun, body: Body) -> tuple[Estimate | None, list[Finding]]:
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
        return None, [_finding("dilatometer-length-missing", "error", body, sentence, *SIZES)]
    if stated is None and typed is not None:
        return Estimate(value=typed, unit="m", method="typed into the instrument"), []
    if stated is not None and typed is not None and abs(stated.value / typed - 1) > 0.01:
        sentence = (
            f"The length of {body.sample} is stated as {stated.value * 1e3:.4g} mm, and {typed * 1e3:.4g} mm was typed into the "
            f"instrument for {run.origin.path}. The stated one is used."
        )
        return stated, [_finding("dilatometer-length-differs", "warning", body, sentence, *SIZES)]
    return stated, []


def strain_without_blank(
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
        return raw, "", [_finding("blank-missing", "notice", body, sentence, *SIZES)]
    sentence = (
        f"No blank run fits {run.origin.path} of {body.sample}, so none was taken off ({'; '.join(refused[:3])}). Measure one with "
        "the program of the sample."
    )
    return raw, "", [_finding("blank-of-another-program", "warning", body, sentence, *SIZES)]


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
            found.append(_finding("standard-expansion-not-added", "notice", body, sentence, *SIZES))
        else:
            strain = strain + per_K * (run.temperature_K[: len(strain)] - run.temperature_K[0])
    return strain, _shown(blank), found
