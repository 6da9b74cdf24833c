"""A symmetric cell as a whole: its steps beside its spectra, resistances of interfaces, signs of shorts, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.facts import AreaSpecificResistance, Fact
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.cycling.critical import critical_current_density, is_a_ladder
from pelletry.techniques.cycling.measurement import CellSpectrum, CyclingRun
from pelletry.techniques.cycling.model.half_cycles import half_cycles
from pelletry.techniques.cycling.model.symmetric import lithium_thickness_m, signs_of_step, step_resistances
from pelletry.techniques.cycling.pellet import pellet_resistance
from pelletry.techniques.cycling.result import StepRow, WithheldNumber
from pelletry.techniques.cycling.settings import CyclingSettings
from pelletry.techniques.cycling.signs import SIGNS, sign_findings, signed

__all__ = ["Symmetric", "analyse_symmetric"]

TECHNIQUE = "cycling"
_SLIP, _HIGHEST_A_PER_M2 = 100.0, 1000.0
_SAME_TEMPERATURE_K = 1.5


@attrs.frozen(kw_only=True)
class Symmetric:
    """What a symmetric cell adds to the result; ``runs`` have the stated current where the file has none."""

    runs: tuple[CyclingRun, ...]
    steps: tuple[StepRow, ...]
    quantities: tuple[Reported, ...]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    withheld: tuple[WithheldNumber, ...]


def analyse_symmetric(
    runs: Sequence[CyclingRun], spectra: Sequence[CellSpectrum], inputs: Inputs, settings: CyclingSettings
) -> Symmetric:
    """All runs of one symmetric cell, with the spectra taken between their steps."""
    sample = inputs.sample.name
    withheld: list[WithheldNumber] = []
    rows: list[StepRow] = []
    runs = [_with_current(run, settings, withheld) for run in runs]
    spectra, elsewhere = _at_the_temperature_of(runs, spectra)
    for number, run in enumerate(runs, start=1):
        rows.extend(_rows(number, run, spectra, settings, done=len(rows)))
    rows = signed(rows, settings)
    found = _Numbers(sample=sample, rows=rows, runs=runs, spectra=spectra, inputs=inputs, settings=settings)
    quantities, facts = found.everything(withheld)
    if is_a_ladder(rows):
        critical, lacking = critical_current_density(rows, inputs, found.temperature_K)
        quantities += critical
        withheld += lacking
    return Symmetric(
        runs=tuple(runs),
        steps=tuple(rows),
        quantities=tuple(quantities),
        findings=(
            *_other_temperature(sample, elsewhere),
            *sign_findings(sample, rows),
            *(_unit_finding(sample, rows, found) or _ratio_finding(sample, rows, found)),
        ),
        facts=tuple(facts),
        withheld=tuple(dict.fromkeys(withheld)),
    )


def _at_the_temperature_of(
    runs: Sequence[CyclingRun], spectra: Sequence[CellSpectrum]
) -> tuple[list[CellSpectrum], list[CellSpectrum]]:
    """Spectra at the temperature of the runs (or of none that is known), and those at others."""
    known = [run.temperature_K for run in runs if run.temperature_K is not None]
    if not known:
        return list(spectra), []
    middle = float(np.median(known))
    far = [s for s in spectra if s.temperature_K is not None and abs(s.temperature_K - middle) > _SAME_TEMPERATURE_K]
    return [s for s in spectra if s not in far], far


def _other_temperature(sample: str, spectra: Sequence[CellSpectrum]) -> list[Finding]:
    if not spectra:
        return []
    at = ", ".join(
        f"{t - 273.15:.4g}" for t in sorted({s.temperature_K for s in spectra if s.temperature_K is not None})
    )
    sentence = (
        f"{sample}: {len(spectra)} spectra at {at} °C are not set beside the voltage, which was measured at another temperature "
        f"(more than {_SAME_TEMPERATURE_K:g} K away)."
    )
    return [
        Finding(
            code="spectra-at-other-temperature",
            severity="notice",
            sentence=sentence,
            samples=(sample,),
            quantities=("resistance_ac",),
        )
    ]


# -- steps -------------------------------------------------------------------------------------------------------------


def _with_current(run: CyclingRun, settings: CyclingSettings, withheld: list[WithheldNumber]) -> CyclingRun:
    """The run with the stated current where its file has none. Each loop of the program is then one step in one direction."""
    if run.current_source:
        return run
    if settings.current_A is None:
        withheld.append(
            WithheldNumber(
                what=f"resistances from the voltage of {run.origin.path}",
                missing="a current (the file holds time and voltage only)",
                do='export it with the current, or state its size: current = "0.4 mA" under [cycling]',
            )
        )
        return run
    sign = 1.0 if float(np.nanmedian(run.voltage_V)) >= 0 else -1.0
    return attrs.evolve(run, current_A=np.full(run.points, sign * settings.current_A), current_source="stated")


def _rows(
    number: int, run: CyclingRun, spectra: Sequence[CellSpectrum], settings: CyclingSettings, *, done: int
) -> list[StepRow]:
    mine = sorted((s for s in spectra if s.time_s is not None and _is_of(s, run)), key=lambda s: s.time_s or 0.0)
    times = [s.time_s for s in mine if s.time_s is not None]
    cuts = sorted({*run.loop_starts, *(int(np.searchsorted(run.time_s, t)) for t in times)})
    steps = half_cycles(
        run.time_s,
        run.voltage_V,
        run.current_A,
        cuts=cuts,
        rest_current_A=settings.rest_current_A,
        charge_C=run.charge_C,
        current_holds=run.current_holds,
    )
    made = []
    for step, found in zip(steps, step_resistances(steps), strict=True):
        signs = signs_of_step(step, run.time_s, run.voltage_V)
        before = _nearest(mine, step.time_start_s, is_after=False, within_s=step.duration_s)
        after = _nearest(mine, step.time_stop_s, is_after=True, within_s=step.duration_s)
        resistance = found.resistance_ohm if math.isfinite(found.resistance_ohm) else None
        ac = None if after is None else after.resistance_low_ohm
        made.append(
            StepRow(
                run=number,
                step=attrs.evolve(step, number=step.number + done),
                resistance_dc_ohm=resistance,
                way=found.way,
                resistance_ac_ohm=ac,
                resistance_ac_before_ohm=None if before is None else before.resistance_low_ohm,
                ratio=None if ac is None or resistance is None or ac <= 0 else resistance / ac,
                fall_V=signs.fall_V,
                drop_V=signs.drop_V,
                fade_fraction=signs.fade_fraction,
                noise_V=signs.noise_V if math.isfinite(signs.noise_V) else 0.0,
                falls=signs.falls,
                rises=signs.rises,
                change_V=signs.change_V if math.isfinite(signs.change_V) else 0.0,
                flags=("hard-short",) if signs.is_flat_zero else (),
            )
        )
    return made


def _is_of(spectrum: CellSpectrum, run: CyclingRun) -> bool:
    """Do both count time from the same start?"""
    if spectrum.acquisition and run.acquisition:
        return spectrum.acquisition == run.acquisition
    if spectrum.time_s is None:
        return False
    slack = 0.05 * (run.time_s[-1] - run.time_s[0]) + 60.0
    return bool(run.time_s[0] - slack <= spectrum.time_s <= run.time_s[-1] + slack)


def _nearest(spectra: Sequence[CellSpectrum], time_s: float, *, is_after: bool, within_s: float) -> CellSpectrum | None:
    slack = 1.0
    side = [
        s
        for s in spectra
        if s.time_s is not None and (s.time_s >= time_s - slack if is_after else s.time_s <= time_s + slack)
    ]
    best = min(side, key=lambda s: abs((s.time_s or 0.0) - time_s), default=None)
    return best if best is not None and abs((best.time_s or 0.0) - time_s) <= max(within_s, 60.0) else None


# -- numbers -----------------------------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Numbers:
    sample: str
    rows: Sequence[StepRow]
    runs: Sequence[CyclingRun]
    spectra: Sequence[CellSpectrum]
    inputs: Inputs
    settings: CyclingSettings

    @property
    def temperature_K(self) -> float | None:
        stated = [run.temperature_K for run in self.runs] + [spectrum.temperature_K for spectrum in self.spectra]
        known = [t for t in stated if t is not None]
        return float(np.median(known)) if known else None

    @property
    def area(self) -> Estimate | None:
        return self.inputs.sample.pellet.electrode_area_m2

    def everything(self, withheld: list[WithheldNumber]) -> tuple[list[Reported], list[Fact]]:
        quantities: list[Reported] = []
        facts: list[Fact] = []
        dc = self._median(
            [r.resistance_dc_ohm for r in self.rows if not self._is_doubtful(r)], "dc, median of the steps"
        )
        ac = self._median(
            [s.resistance_low_ohm for s in self.spectra], "Re Z at the lowest frequency, median of the spectra"
        )
        ratio = self._median(
            [r.ratio for r in self.rows], "dc over ac of the spectrum after each step, median", unit="1"
        )
        for name, found in (("resistance_dc", dc), ("resistance_ac", ac), ("resistance_dc_over_ac", ratio)):
            if found is not None:
                quantities.append(self._reported(name, found))
        for level, group in self._levels():
            overpotential = self._median(
                [abs(r.step.voltage_plateau_V) for r in group], "plateau, median of the steps", unit="V"
            )
            if overpotential is not None:
                quantities.append(self._reported("overpotential", overpotential, *level))
        if self.area is None:
            if self.rows or self.spectra:
                withheld.append(
                    WithheldNumber(
                        what=f"resistances per area and current densities of {self.sample}",
                        missing="the area of one electrode",
                        do="write electrode_diameter or electrode_area in the samples table",
                    )
                )
            return quantities, facts
        pellet = pellet_resistance(self.inputs, self.temperature_K, withheld)
        for source, cell in (("dc", dc), ("ac", ac)):
            if cell is None:
                continue
            asr = _times(cell, self.area, f"{cell.method}, times the area of one electrode")
            quantities.append(self._reported(f"asr_cell_{source}", asr))
            facts.append(self._fact("cell", source, asr))
            interface = self._interface(asr, pellet)
            quantities.append(self._reported(f"asr_interface_{source}", interface))
            if isinstance(interface, Estimate):
                facts.append(self._fact("interface", source, interface))
        if isinstance(pellet, Estimate):
            quantities.append(self._reported("asr_pellet", pellet))
        quantities.extend(self._passed())
        return quantities, facts

    def _is_doubtful(self, row: StepRow) -> bool:
        return row.resistance_dc_ohm is None

    def _levels(self) -> list[tuple[tuple[tuple[str, float | str], ...], list[StepRow]]]:
        """Steps by the size of their current, to two digits; per area where that is known."""
        groups: dict[float, list[StepRow]] = {}
        for row in self.rows:
            current = abs(row.step.current_A)
            if current > 0 and math.isfinite(row.step.voltage_plateau_V):
                groups.setdefault(float(f"{current:.2g}"), []).append(row)
        made: list[tuple[tuple[tuple[str, float | str], ...], list[StepRow]]] = []
        for _, group in sorted(groups.items()):
            current = float(np.median([abs(r.step.current_A) for r in group]))
            if self.area is None:
                made.append(((("current_A", float(f"{current:.4g}")),), group))
            else:
                made.append(((("current_density_A_per_m2", float(f"{current / self.area.value:.4g}")),), group))
        return made

    def _median(self, values: Sequence[float | None], method: str, unit: str = "ohm") -> Estimate | None:
        known = np.array([v for v in values if v is not None and math.isfinite(v)])
        if not known.size:
            return None
        middle = float(np.median(known))
        std = None
        if known.size >= 3:  # of a median of scattered steps, which is what the steps tell of each other
            std = 1.2533 * 1.4826 * float(np.median(np.abs(known - middle))) / math.sqrt(known.size) or None
        return Estimate(value=middle, std=std, unit=unit, method=f"{method} ({known.size})")

    def _interface(self, asr: Estimate, pellet: Estimate | None) -> Quantity:
        if pellet is None:
            return Unresolved(reason="the resistance of the pellet at the same temperature is not known", unit="ohm m2")
        n = self.settings.interfaces
        value = (asr.value - pellet.value) / n
        std = None if asr.std is None or pellet.std is None else math.hypot(asr.std, pellet.std) / n
        if value <= 0:
            shown = displayed(pellet)
            return Unresolved(
                reason=f"the cell has no more resistance than the pellet alone ({bracketed(shown.value, shown.std)} {shown.unit})",
                unit="ohm m2",
            )
        words = f"({asr.method}, less the pellet) / {n}" if n > 1 else f"{asr.method}, less the pellet"
        return Estimate(value=value, std=std, unit="ohm m2", method=words)

    def _passed(self) -> list[Reported]:
        """Charge that went through in one direction and in all, per area; lithium moved in the largest step."""
        if self.area is None or not self.rows:
            return []
        area = self.area.value
        total = math.fsum(abs(r.step.charge_C) for r in self.rows) / area
        largest = max(abs(r.step.charge_C) for r in self.rows)
        made = [
            self._reported(
                "areal_charge_total", Estimate(value=total, unit="C/m2", method="sum over all steps, both directions")
            ),
            self._reported(
                "lithium_moved_largest_step",
                Estimate(
                    value=lithium_thickness_m(largest, area),
                    unit="m",
                    method="charge of the largest step as lithium metal",
                ),
            ),
        ]
        highest = max(abs(r.step.current_A) for r in self.rows) / area
        made.append(
            self._reported(
                "current_density_highest",
                Estimate(value=highest, unit="A/m2", method="largest step current over the electrode's area"),
            )
        )
        return made

    def _reported(self, name: str, quantity: Quantity, *conditions: tuple[str, float | str]) -> Reported:
        known = conditions
        if self.temperature_K is not None:
            known = (("temperature_K", self.temperature_K), *conditions)
        flags = (
            tuple(sorted({flag for row in self.rows for flag in row.flags if flag in SIGNS})) if "dc" in name else ()
        )
        return Reported(
            sample=self.sample,
            technique=TECHNIQUE,
            name=name,
            quantity=quantity,
            conditions=known,
            flags=tuple(f"sign-{f}" for f in flags),
        )

    def _fact(self, part: str, source: str, value: Estimate) -> AreaSpecificResistance:
        return AreaSpecificResistance(
            sample=self.sample,
            given_by=TECHNIQUE,
            part=part,
            source=source,
            temperature_K=self.temperature_K,
            resistance_ohm_m2=value,
        )


def _times(a: Estimate, area: Estimate, method: str) -> Estimate:
    parts = [None if e.std is None else e.std / abs(e.value) for e in (a, area)]
    value = a.value * area.value
    std = None if None in parts else value * math.hypot(*(p for p in parts if p is not None))
    return Estimate(value=value, std=std, unit="ohm m2", method=method)


# -- words -------------------------------------------------------------------------------------------------------------


def _unit_finding(sample: str, rows: Sequence[StepRow], numbers: _Numbers) -> list[Finding]:
    """A slip of a thousand between mA and uA shows against the spectra, else as a current that no ceramic carries."""
    ratios = [row.ratio for row in rows if row.ratio is not None and row.ratio > 0]
    middle = float(np.median(ratios)) if ratios else 1.0
    densities = [] if numbers.area is None else [abs(row.step.current_A) / numbers.area.value for row in rows]
    highest = max(densities, default=0.0)
    if not (middle > _SLIP or middle < 1 / _SLIP or highest > _HIGHEST_A_PER_M2):
        return []
    reason = (
        f"the resistance from the voltage is {middle:.3g} times that of the impedance"
        if middle > _SLIP or middle < 1 / _SLIP
        else f"the current density would be {highest * 0.1:.3g} mA/cm2"
    )
    sentence = f"{sample}: {reason}. Check the unit of the current (mA or µA) and the area of the electrode; the numbers are given as they follow."
    return [
        Finding(
            code="current-unit-doubtful",
            severity="warning",
            sentence=sentence,
            samples=(sample,),
            quantities=("resistance_dc",),
        )
    ]


def _ratio_finding(sample: str, rows: Sequence[StepRow], numbers: _Numbers) -> list[Finding]:
    ratios = [row.ratio for row in rows if row.ratio is not None]
    if not ratios:
        return []
    middle = float(np.median(ratios))
    if middle > numbers.settings.high_ratio:
        sentence = (
            f"{sample}: the resistance under direct current is {middle:.2g} times that of the impedance (median of {len(ratios)} steps). "
            "A factor up to 1.4 is usual, from processes slower than the lowest frequency; more says lost contact or depletion, "
            "or that the spectrum ends above the interface's own frequency. Do not quote one of them alone."
        )
        return [
            Finding(
                code="dc-above-ac",
                severity="warning",
                sentence=sentence,
                samples=(sample,),
                quantities=("resistance_dc_over_ac",),
            )
        ]
    sentence = f"{sample}: the resistance under direct current is {middle:.3g} times that of the impedance (median of {len(ratios)} steps)."
    return [
        Finding(
            code="dc-against-ac",
            severity="info",
            sentence=sentence,
            samples=(sample,),
            quantities=("resistance_dc_over_ac",),
        )
    ]
