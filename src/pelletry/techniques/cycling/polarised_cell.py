"""Cells under direct voltage: electronic conductivity, Hebb-Wagner, and the transference number of Bruce, Vincent and Evans.

Which of them is computed is said by the kind of the cell: two electrodes that block ions, one that does (Hebb-Wagner), or none.
Each stretch of one voltage is a level: a run of one voltage has one, a staircase many, and several files add theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.cycling.measurement import CellSpectrum, CyclingRun
from pelletry.techniques.cycling.model.polarisation import (
    HebbWagner,
    bruce_vincent_evans,
    electronic_conductivity_S_per_m,
    hebb_wagner,
    steady_current,
    voltage_levels,
)
from pelletry.techniques.cycling.pellet import conductivity_at
from pelletry.techniques.cycling.result import PolarisationLevel, WithheldNumber

__all__ = ["Polarised", "analyse_blocking", "analyse_hebb_wagner", "analyse_transference"]

TECHNIQUE = "cycling"
_LIMIT_STDS = 3.0
_BOLTZMANN_V_PER_K = 8.617333262e-5
_LATE_START_FRACTION = 0.1
_LITTLE_OUTSIDE = 0.05
#: Only for the words about kT/e where no temperature is stated.
_ROOM_K = 298.15


@attrs.frozen(kw_only=True)
class Polarised:
    """What direct voltage adds to the result."""

    levels: tuple[PolarisationLevel, ...] = ()
    hebb_wagner: HebbWagner | None = None
    quantities: tuple[Reported, ...] = ()
    findings: tuple[Finding, ...] = ()
    withheld: tuple[WithheldNumber, ...] = ()


def analyse_blocking(runs: Sequence[CyclingRun], inputs: Inputs) -> Polarised:
    """Two electrodes that block ions: the steady current is electronic."""
    what = f"electronic conductivity of {inputs.sample.name}"
    lacking = _lacking(inputs, runs, what)
    if lacking:
        return Polarised(withheld=tuple(lacking))
    levels, withheld = _levels(runs, what)
    quantities: list[Reported] = []
    for level in levels:
        flags = () if level.is_steady else ("current-not-steady",)
        value = _electronic(level, inputs)
        quantities.append(_reported(inputs, "electronic_conductivity", value, level, flags=flags))
        quantities.append(_reported(inputs, "electronic_detection_limit", _limit(level, inputs), level))
        share = _ionic_share(value, level, inputs)
        if share is not None:
            quantities.append(_reported(inputs, "transference_number_ion", share, level, flags=flags))
    return Polarised(
        levels=tuple(levels),
        quantities=tuple(quantities),
        findings=tuple(_unsteady(inputs.sample.name, levels, "the electronic conductivity is an upper limit")),
        withheld=tuple(withheld),
    )


def analyse_hebb_wagner(runs: Sequence[CyclingRun], inputs: Inputs) -> Polarised:
    """One reversible electrode and one that blocks ions: electrons and holes from the steady currents of several voltages."""
    sample, what = inputs.sample.name, f"conductivity of electrons and holes in {inputs.sample.name}"
    lacking = _lacking(inputs, runs, what)
    temperature = next((run.temperature_K for run in runs if run.temperature_K is not None), None)
    if temperature is None:
        do = "write it in files.csv, or in the name of the file and confirm it"
        lacking.append(WithheldNumber(what=what, missing="the temperature of the cell", do=do))
    area, thickness = inputs.sample.pellet.electrode_area_m2, inputs.sample.pellet.thickness_m
    if lacking or temperature is None or area is None or thickness is None:
        return Polarised(withheld=tuple(lacking))
    levels, withheld = _levels(runs, what)
    upwards = [level for level in levels if level.voltage_V > 0]
    unsteady = _unsteady(sample, levels, "the conductivities of electrons and holes are upper limits")
    if len({round(level.voltage_V, 3) for level in upwards}) < 3:
        missing = f"steady currents at three positive voltages ({len(upwards)} found)"
        do = "polarise at more voltages, the blocking electrode positive"
        withheld.append(WithheldNumber(what=what, missing=missing, do=do))
        return Polarised(levels=tuple(levels), findings=tuple(unsteady), withheld=tuple(withheld))
    fit = hebb_wagner(
        np.array([level.voltage_V for level in upwards]),
        np.array([level.current_A for level in upwards]),
        temperature_K=temperature,
        thickness_m=thickness.value,
        area_m2=area.value,
        std_A=np.array([level.std_A for level in upwards]),
    )
    flags = () if all(level.is_steady for level in upwards) else ("current-not-steady",)
    sizes = [None if e.std is None else e.std / e.value for e in (area, thickness)]
    quantities = [
        _whole(
            inputs,
            f"electronic_conductivity_{name}",
            _resolved(value, std, sizes, name, len(upwards)),
            temperature,
            flags,
        )
        for name, value, std in (
            ("electrons", fit.electrons_S_per_m, fit.electrons_std),
            ("holes", fit.holes_S_per_m, fit.holes_std),
        )
    ]
    for level, value in zip(
        upwards, fit.conductivity_S_per_m(np.array([one.voltage_V for one in upwards])), strict=True
    ):
        here = Estimate(value=float(value), unit="S/m", method="(l/A) dI/dE of the fitted currents")
        quantities.append(_reported(inputs, "electronic_conductivity", here, level, flags=flags))
    return Polarised(
        levels=tuple(upwards),
        hebb_wagner=fit,
        quantities=tuple(quantities),
        findings=(*unsteady, _fit_in_words(sample, fit, len(upwards))),
        withheld=tuple(withheld),
    )


def analyse_transference(runs: Sequence[CyclingRun], spectra: Sequence[CellSpectrum], inputs: Inputs) -> Polarised:
    """Two alike reversible electrodes under a small direct voltage, with a spectrum before and one after."""
    sample, what = inputs.sample.name, f"transference number of {inputs.sample.name}"
    lacking = _lacking(inputs, runs, what, needs_size=False)
    run = runs[-1]
    before, after = _spectra_around(run, spectra)
    for found, name in ((before, "before"), (after, "after")):
        if found is None:
            do = f"give its file the role {name} in files.csv, or measure it in the same run"
            lacking.append(WithheldNumber(what=what, missing=f"a spectrum {name} the polarisation", do=do))
    if lacking or before is None or after is None:
        return Polarised(withheld=tuple(lacking))
    levels, withheld = _levels([run], what)
    if not levels:
        return Polarised(withheld=tuple(withheld))
    level = levels[0]
    starts, ends = _electrode_resistance(before, inputs), _electrode_resistance(after, inputs)
    quantity = _transference(level, starts, ends)
    flags = () if level.is_steady else ("current-not-steady",)
    findings = _unsteady(sample, [level], "the transference number is an upper limit")
    findings += _doubts(sample, level, before, quantity)
    return Polarised(
        levels=(level,),
        quantities=(_reported(inputs, "transference_number_bve", quantity, level, flags=flags),),
        findings=tuple(findings),
        withheld=tuple(withheld),
    )


# -- levels ------------------------------------------------------------------------------------------------------------


def _levels(runs: Sequence[CyclingRun], what: str) -> tuple[list[PolarisationLevel], list[WithheldNumber]]:
    """The stretches of one voltage of all runs with their steady currents; those too short for one are named."""
    made: list[PolarisationLevel] = []
    withheld: list[WithheldNumber] = []
    for number, run in enumerate(runs, start=1):
        found = voltage_levels(run.voltage_V)
        if not found:
            missing = f"a voltage that is held ({run.points} points in {run.origin.path})"
            withheld.append(WithheldNumber(what=what, missing=missing, do="record the current at a constant voltage"))
        for start, stop in found:
            t, i = run.time_s[start:stop], run.current_A[start:stop]
            try:
                steady = steady_current(t, i)
            except ValueError as error:
                withheld.append(
                    WithheldNumber(what=f"{what}, {run.origin.path}", missing=str(error), do="measure longer")
                )
                continue
            made.append(
                PolarisationLevel(
                    run=number,
                    start=start,
                    stop=stop,
                    time_start_s=float(t[0]),
                    time_stop_s=float(t[-1]),
                    voltage_V=float(np.median(run.voltage_V[start:stop])),
                    current_first_A=_first(i),
                    current_A=steady.current_A,
                    std_A=steady.std_A,
                    drift_per_h=steady.drift_per_h,
                    is_steady=steady.is_steady,
                    temperature_K=run.temperature_K,
                )
            )
    return made, withheld


def _first(current_A: np.ndarray) -> float:
    """The largest current of the first three points: the first may still be that of the rest."""
    early = current_A[np.isfinite(current_A)][:3]
    return float(early[np.argmax(np.abs(early))]) if early.size else math.nan


def _lacking(inputs: Inputs, runs: Sequence[CyclingRun], what: str, *, needs_size: bool = True) -> list[WithheldNumber]:
    pellet = inputs.sample.pellet
    sizes = (
        ("the thickness of the pellet", pellet.thickness_m),
        ("the area of the electrode", pellet.electrode_area_m2),
    )
    missing = [name for name, size in sizes if size is None] if needs_size else []
    if any(run.current_source != "measured" for run in runs):
        missing.append("a measured current")
    if not missing:
        return []
    return [
        WithheldNumber(
            what=what,
            missing=" and ".join(missing),
            do="write it in the samples table, or export the file with its current",
        )
    ]


def _unsteady(sample: str, levels: Sequence[PolarisationLevel], so: str) -> list[Finding]:
    moving = [level for level in levels if not level.is_steady]
    if not moving:
        return []
    worst = max(moving, key=lambda level: abs(level.drift_per_h))
    where = "" if len(levels) == 1 else f" at {worst.voltage_V:.4g} V ({len(moving)} of {len(levels)} voltages move)"
    sentence = f"{sample}: the current of the polarisation still changes by {100 * worst.drift_per_h:.2g} % an hour{where}; {so}. Polarise longer."
    return [Finding(code="current-not-steady", severity="warning", sentence=sentence, samples=(sample,))]


# -- blocking electrodes -----------------------------------------------------------------------------------------------


def _electronic(level: PolarisationLevel, inputs: Inputs) -> Estimate:
    area, thickness = inputs.sample.pellet.electrode_area_m2, inputs.sample.pellet.thickness_m
    assert area is not None
    assert thickness is not None
    value = electronic_conductivity_S_per_m(level.current_A, level.voltage_V, thickness.value, area.value)
    relative = [None if e.std is None else e.std / e.value for e in (thickness, area)]
    noise = level.std_A / abs(level.current_A) if level.current_A else 1.0
    known = [r for r in relative if r is not None]
    std = value * math.hypot(noise, *known) if len(known) == len(relative) else None
    words = (
        "upper limit: the current is below three standard deviations of its mean"
        if abs(level.current_A) < _LIMIT_STDS * level.std_A
        else "steady current of the last fifth"
        if level.is_steady
        else f"upper limit: the current still changes by {100 * level.drift_per_h:.2g} % an hour"
    )
    return Estimate(value=value, std=std, unit="S/m", method=words)


def _limit(level: PolarisationLevel, inputs: Inputs) -> Estimate:
    area, thickness = inputs.sample.pellet.electrode_area_m2, inputs.sample.pellet.thickness_m
    assert area is not None
    assert thickness is not None
    value = electronic_conductivity_S_per_m(_LIMIT_STDS * level.std_A, level.voltage_V, thickness.value, area.value)
    return Estimate(value=value, unit="S/m", method="three standard deviations of the mean current at the end")


def _ionic_share(value: Estimate, level: PolarisationLevel, inputs: Inputs) -> Estimate | None:
    """1 - electronic over total conductivity at the same temperature; None when that is not known."""
    total = None if level.temperature_K is None else conductivity_at(inputs, level.temperature_K)
    if total is None:
        return None
    share = value.value / total.value
    std = (
        None
        if value.std is None or total.std is None
        else share * math.hypot(value.std / value.value, total.std / total.value)
    )
    limit = "" if not value.method.startswith("upper limit") else "lower limit: "
    return Estimate(
        value=1 - share, std=std, unit="1", method=f"{limit}1 - electronic over total conductivity ({total.method})"
    )


# -- Hebb and Wagner ---------------------------------------------------------------------------------------------------


def _resolved(value: float, std: float, sizes: Sequence[float | None], name: str, voltages: int) -> Quantity:
    if value < 2.0 * std:
        reason = (
            f"the steady currents do not show {name}: below {value + 2.0 * std:.2g} S/m at the reversible electrode"
        )
        return Unresolved(reason=reason, unit="S/m")
    whole = None if None in sizes else value * math.hypot(std / value, *(s for s in sizes if s is not None))
    method = f"Hebb-Wagner fit of {voltages} steady currents, at the reversible electrode" + (
        "" if whole else "; without the error of the size"
    )
    return Estimate(
        value=value, std=whole or std, unit="S/m", method=method, degrees_of_freedom=float(max(voltages - 2, 1))
    )


def _fit_in_words(sample: str, fit: HebbWagner, voltages: int) -> Finding:
    sentence = (
        f"{sample}: electrons and holes describe the {voltages} steady currents within {100 * fit.rms_fraction:.2g} %."
    )
    severity = "info"
    if fit.rms_fraction > 0.2:
        severity = "warning"
        sentence += (
            " That is no agreement: the electrolyte may decompose at these voltages, or an electrode does not block."
        )
    return Finding(code="hebb-wagner-fit", severity=severity, sentence=sentence, samples=(sample,))


# -- Bruce, Vincent and Evans ------------------------------------------------------------------------------------------


def _spectra_around(
    run: CyclingRun, spectra: Sequence[CellSpectrum]
) -> tuple[CellSpectrum | None, CellSpectrum | None]:
    """The spectra before and after, by their roles, else by their time when both count from one start."""
    by_role = {spectrum.role: spectrum for spectrum in spectra}
    before, after = by_role.get("before"), by_role.get("after")
    timed = [s for s in spectra if s.time_s is not None and s.acquisition == run.acquisition and run.acquisition]
    start, stop = float(run.time_s[0]), float(run.time_s[-1])
    if before is None:
        before = max((s for s in timed if (s.time_s or 0.0) <= start), key=lambda s: s.time_s or 0.0, default=None)
    if after is None:
        after = min((s for s in timed if (s.time_s or 0.0) >= stop), key=lambda s: s.time_s or 0.0, default=None)
    return before, after


def _electrode_resistance(spectrum: CellSpectrum, inputs: Inputs) -> tuple[float, str]:
    """Resistance of both interfaces [ohm]: the whole less the pellet where its conductivity is known, else less the highest frequency."""
    area, thickness = inputs.sample.pellet.electrode_area_m2, inputs.sample.pellet.thickness_m
    sigma = None if spectrum.temperature_K is None else conductivity_at(inputs, spectrum.temperature_K)
    if sigma is not None and area is not None and thickness is not None:
        pellet = thickness.value / (sigma.value * area.value)
        return max(0.0, spectrum.resistance_low_ohm - pellet), "Re Z at the lowest frequency less the pellet"
    return max(0.0, spectrum.resistance_low_ohm - spectrum.resistance_high_ohm), "Re Z between the ends of the spectra"


def _transference(level: PolarisationLevel, starts: tuple[float, str], ends: tuple[float, str]) -> Quantity:
    arguments = {
        "voltage_V": level.voltage_V,
        "current_start_A": level.current_first_A,
        "current_steady_A": level.current_A,
        "resistance_start_ohm": starts[0],
        "resistance_end_ohm": ends[0],
    }
    for name, current, resistance in (("start", level.current_first_A, starts[0]), ("end", level.current_A, ends[0])):
        if current * resistance >= level.voltage_V > 0 or current * resistance <= level.voltage_V < 0:
            reason = (
                f"at the {name} the interfaces alone would take {current * resistance * 1e3:.3g} mV of the {level.voltage_V * 1e3:.3g} mV; "
                "check the unit of the current and that the spectra are of this cell"
            )
            return Unresolved(reason=reason, unit="1")
    value = bruce_vincent_evans(**arguments)
    moved = bruce_vincent_evans(**{**arguments, "current_steady_A": level.current_A + level.std_A})
    words = "upper limit: " if not level.is_steady else ""
    return Estimate(
        value=value,
        std=abs(moved - value) or None,
        unit="1",
        method=f"{words}Bruce-Vincent-Evans; interfaces from {ends[1]} (uncertainty: noise of the steady current only)",
    )


def _doubts(sample: str, level: PolarisationLevel, before: CellSpectrum, quantity: Quantity) -> list[Finding]:
    found = []
    ohmic = level.voltage_V / before.resistance_low_ohm if before.resistance_low_ohm > 0 else math.nan
    if math.isfinite(ohmic) and abs(level.current_first_A / ohmic - 1) > _LATE_START_FRACTION:
        sentence = (
            f"{sample}: the first current, {level.current_first_A:.3g} A, is {level.current_first_A / ohmic:.2f} times what the voltage drives "
            f"through the {before.resistance_low_ohm:.4g} ohm of the spectrum before it. Record faster at the start; the transference number "
            "follows that current."
        )
        found.append(_finding("polarisation-start-doubtful", "warning", sentence, sample))
    thermal = _BOLTZMANN_V_PER_K * (level.temperature_K or _ROOM_K)
    if abs(level.voltage_V) > thermal:
        sentence = (
            f"{sample}: {level.voltage_V * 1e3:.3g} mV is above kT/e ({thermal * 1e3:.3g} mV), where the formula of Bruce, Vincent and Evans "
            "no longer holds."
        )
        found.append(_finding("polarisation-not-linear", "notice", sentence, sample))
    if isinstance(quantity, Estimate) and not -_LITTLE_OUTSIDE <= quantity.value <= 1 + _LITTLE_OUTSIDE:
        sentence = (
            f"{sample}: the transference number {quantity.value:.3g} lies outside 0 to 1; the resistances of the interfaces or the first "
            "current are wrong."
        )
        found.append(_finding("transference-outside", "warning", sentence, sample))
    return found


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(
        code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=("transference_number_bve",)
    )


# -- the words of all --------------------------------------------------------------------------------------------------


def _reported(
    inputs: Inputs, name: str, quantity: Quantity, level: PolarisationLevel, *, flags: tuple[str, ...] = ()
) -> Reported:
    conditions: tuple[tuple[str, float | str], ...] = (("voltage_V", round(level.voltage_V, 4)),)
    if level.temperature_K is not None:
        conditions = (("temperature_K", level.temperature_K), *conditions)
    return Reported(
        sample=inputs.sample.name, technique=TECHNIQUE, name=name, quantity=quantity, conditions=conditions, flags=flags
    )


def _whole(inputs: Inputs, name: str, quantity: Quantity, temperature_K: float, flags: tuple[str, ...]) -> Reported:
    conditions = (("temperature_K", temperature_K),)
    return Reported(
        sample=inputs.sample.name, technique=TECHNIQUE, name=name, quantity=quantity, conditions=conditions, flags=flags
    )
