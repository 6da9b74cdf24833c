"""Signs of a soft short in the steps of a symmetric cell: which stand out, and which of them belong to one event.

Every test is judged by what is usual in the cell itself: the median of its steps, and how far the 84th percentile lies above it, which
is one standard deviation of a normal distribution and, unlike a mean absolute deviation, widens when bad steps are many. A step
stands out when it lies further off than the largest of that many normal deviates would in one cell of a hundred.

Tests are of three kinds: the voltage within a step, its level beside the spectra and the steps around it, and the spectra themselves.
A resistance that goes on falling from spectrum to spectrum is one event and counts at its first step; further signs of later steps are
kept as its continuation. A fall after a recovery is a new event.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.techniques.cycling.result import ShortEvent, StepRow
from pelletry.techniques.cycling.settings import CyclingSettings

__all__ = ["KINDS_OF_SIGNS", "SIGNS", "events_of", "sign_findings", "signed"]

SIGNS = {
    "voltage-drop": "the voltage fell at constant current and did not come back",
    "voltage-dips": "the voltage falls suddenly again and again, more often than in the other steps",
    "voltage-fade": "the overpotential fades at constant current, more than in the other steps",
    "noise": "the voltage is noisier than in the other steps",
    "dc-below-ac": "the resistance from the voltage is below that of the impedance",
    "dc-below-neighbours": "the resistance from the voltage is below that of the steps around it",
    "impedance-drop": "the impedance fell between two spectra",
    "hard-short": "the voltage is zero under current",
}
#: Tests that rest on the same data are of one kind; two kinds are needed for "likely".
KINDS_OF_SIGNS = {
    "voltage-drop": "voltage",
    "voltage-dips": "voltage",
    "voltage-fade": "voltage",
    "noise": "voltage",
    "dc-below-ac": "level",
    "dc-below-neighbours": "level",
    "impedance-drop": "impedance",
    "hard-short": "voltage",
}
#: Signs that a fall which goes on shows again in its next step.
_GOES_ON = frozenset({"voltage-drop", "voltage-fade", "dc-below-neighbours", "impedance-drop"})
_FEWEST_TO_COMPARE = 6
_FALSE_ALARMS_PER_CELL = 0.01
_ONE_STD_PERCENTILE = 84.134
_LEAST_FADE, _LEAST_NOISE_FACTOR = 0.1, 2.0
_LOW_FRACTION = 0.2
_TINY_V = 1e-9


def signed(rows: Sequence[StepRow], settings: CyclingSettings) -> list[StepRow]:
    """The steps with their signs; what every step of a cell does (a nucleation peak, a noisy lead) is none."""
    noisy = _stand_out([max(row.noise_V, _TINY_V) for row in rows], np.log, least=math.log(_LEAST_NOISE_FACTOR))
    # The square root of a count has nearly the same scatter whatever the count: one, for chance alone.
    falling = _stand_out([float(row.falls) for row in rows], _root_of_count, least=0.0, usual_std=1.0)
    fading = _stand_out([row.fade_fraction for row in rows], np.asarray, least=_LEAST_FADE)
    low = _stand_out(
        _below_neighbours([_own_resistance(row) for row in rows]), np.asarray, least=-math.log(1 - _LOW_FRACTION)
    )
    # What lies below the recorder's own step between points is no noise that it could have seen.
    written_V = float(np.median([row.change_V for row in rows])) if rows else 0.0
    made = []
    for row, is_noisy, falls, fades, is_low in zip(rows, noisy, falling, fading, low, strict=True):
        change, ratio = _impedance_change(row), row.ratio
        signs = {
            "voltage-drop": row.drop_V > 0,
            "voltage-dips": falls,
            "voltage-fade": fades,
            "noise": is_noisy and row.noise_V > written_V,
            "dc-below-ac": ratio is not None and ratio < settings.low_ratio,
            "dc-below-neighbours": is_low,
            "dc-above-ac": ratio is not None and ratio > settings.high_ratio,
            "impedance-drop": change is not None and change < -settings.impedance_drop_fraction,
        }
        flags = (*row.flags, *(code for code, is_there in signs.items() if is_there))
        made.append(attrs.evolve(row, flags=tuple(dict.fromkeys(flags))))
    return _in_events(made)


def _impedance_change(row: StepRow) -> float | None:
    """Relative change of the impedance over a step."""
    before, after = row.resistance_ac_before_ohm, row.resistance_ac_ohm
    return None if before is None or after is None or before <= 0 else after / before - 1.0


def _own_resistance(row: StepRow) -> float:
    """Resistance of one step by itself: in a pair of half cycles a leak of one would count half. [ohm]"""
    rest = row.step.rest_voltage_V or 0.0
    return abs((row.step.voltage_plateau_V - rest) / row.step.current_A) if row.step.current_A else math.nan


def _below_neighbours(values: Sequence[float]) -> Array:
    """By how much the logarithm of each value lies below the median of the six around it; 0 where there are fewer than four."""
    found = []
    for place, value in enumerate(values):
        around = [v for v in (*values[max(0, place - 3) : place], *values[place + 1 : place + 4]) if v > 0]
        found.append(math.log(float(np.median(around)) / value) if len(around) >= 4 and value > 0 else 0.0)
    return np.array(found)


def _root_of_count(counts: Array) -> Array:
    return 2.0 * np.sqrt(counts + 0.375)


def _stand_out(
    values: Sequence[float] | Array, scaled: Callable[[Array], Array], *, least: float, usual_std: float = 0.0
) -> list[bool]:
    """Which values stand out upwards on a scale on which their scatter is even, and by ``least`` on it. Few steps tell nothing."""
    array = np.array(values, dtype=float)
    if array.size < _FEWEST_TO_COMPARE:
        return [False] * array.size
    on_scale = scaled(array)
    middle = float(np.median(on_scale))
    std = max(usual_std, float(np.percentile(on_scale, _ONE_STD_PERCENTILE)) - middle)
    stds = NormalDist().inv_cdf(1.0 - _FALSE_ALARMS_PER_CELL / array.size)
    return [bool(v > middle + max(least, stds * std)) for v in on_scale]


# -- events ------------------------------------------------------------------------------------------------------------


def _in_events(rows: Sequence[StepRow]) -> list[StepRow]:
    """Each step with the step in which its event begins; signs of a fall that only goes on are its continuation."""
    changes = [change for row in rows if (change := _impedance_change(row)) is not None]
    usual = float(np.median(np.abs(changes))) if changes else 0.0
    made: list[StepRow] = []
    begun, falls = 0, False
    for row in rows:
        change = _impedance_change(row)
        signs = {flag for flag in row.flags if flag in SIGNS}
        if falls and change is not None and change < -usual and signs <= _GOES_ON:
            others = tuple(flag for flag in row.flags if flag not in SIGNS)
            made.append(
                attrs.evolve(row, flags=others, continued=tuple(f for f in row.flags if f in SIGNS), event=begun)
            )
            continue
        begun, falls = (row.step.number, "impedance-drop" in signs) if signs else (0, False)
        made.append(attrs.evolve(row, event=begun))
    return made


def events_of(rows: Sequence[StepRow]) -> tuple[ShortEvent, ...]:
    """The events in their order, each once, with its several signs."""
    made = []
    for row in rows:
        signs = [flag for flag in row.flags if flag in SIGNS]
        if not signs:
            continue
        of_it = [r for r in rows if r.event == row.step.number]
        last = of_it[-1]
        start, end = row.resistance_ac_before_ohm, last.resistance_ac_ohm
        made.append(
            ShortEvent(
                step=row.step.number,
                last_step=last.step.number,
                signs=tuple(dict.fromkeys((*signs, *(f for r in of_it for f in r.continued)))),
                kinds=len({KINDS_OF_SIGNS[sign] for sign in signs}),
                impedance_change=None if start is None or end is None or start <= 0 else end / start - 1.0,
            )
        )
    return tuple(made)


def sign_findings(sample: str, rows: Sequence[StepRow]) -> list[Finding]:
    """One sentence for all events that several kinds of tests see, and one for each sign that stands alone."""
    numbered = {row.step.number: row for row in rows}
    events = events_of(rows)
    found: list[Finding] = []
    likely = [event for event in events if event.kinds >= 2]
    if likely:
        told = "; ".join(_event_in_words(event, numbered[event.step]) for event in likely[:12])
        sentence = f"{sample}: signs of a soft short of two or more independent kinds meet in {told}."
        found.append(_finding("soft-short-likely", "warning", sentence, sample))
    for code, words in SIGNS.items():
        alone = [event for event in events if event.kinds < 2 and event.signs[0] == code]
        if not alone:
            continue
        told = "; ".join(_event_in_words(event, numbered[event.step], is_short=True) for event in alone[:12])
        more = " …" if len(alone) > 12 else ""
        severity = "error" if code == "hard-short" else "notice"
        sentence = f"{sample}, {told}{more}: {words}. One kind of sign alone does not prove a short."
        found.append(
            Finding(
                code=f"sign-{code}",
                severity=severity,
                sentence=sentence,
                samples=(sample,),
                quantities=("resistance_dc",),
            )
        )
    return found


def _event_in_words(event: ShortEvent, row: StepRow, *, is_short: bool = False) -> str:
    until = f", which goes on until step {event.last_step}" if event.last_step > event.step else ""
    said = []
    if event.impedance_change is not None and "impedance-drop" in event.signs:
        said.append(f"impedance {100 * event.impedance_change:+.0f} %")
    if "dc-below-ac" in event.signs and row.ratio is not None:
        said.append(f"dc/ac {row.ratio:.2f}")
    if "voltage-drop" in row.flags:
        said.append(f"a fall of {row.drop_V * 1e3:.3g} mV")
    if "voltage-dips" in row.flags:
        said.append(f"{row.falls} sudden falls")
    if not is_short:
        said += [
            words
            for sign, words in (
                ("noise", "noise"),
                ("voltage-fade", "a fading voltage"),
                ("dc-below-neighbours", "a low level"),
            )
            if sign in row.flags
        ]
    within = f" ({', '.join(said)})" if said else ""
    return f"step {event.step}{within}{until}"


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=("resistance_dc",))
