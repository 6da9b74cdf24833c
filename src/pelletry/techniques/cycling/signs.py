"""Signs of a soft short in the steps of a symmetric cell: which stand out, and which of them belong to one event.

Every test is judged by what is usual in the cell itself: the median of its steps, and how far the 84th percentile lies above it, which
is one standard deviation of a normal distribution and, unlike a mean absolute deviation, widens when bad steps are many. Of changes of
the impedance and of the ratio of both resistances it is taken on the side of the rises, where a short is not. Steps stand out when
no more than one sound cell in fifty would have such a step (Benjamini and Hochberg 1995, so that several bad steps of one cell do not
hide one another). What would be too small to mean anything, though it stands out of a quiet cell, has a least size beside that.

Tests are of three kinds: the voltage within a step, its level beside the spectra and the steps around it, and the spectra themselves.
Noise alone is no event, for an instrument makes it as well as a short. A resistance that goes on falling from spectrum to spectrum is
one event and counts at its first step; further signs of later steps are kept as its continuation. A fall after a recovery is a new
event, except where the spectrum that rose is the one beside which the voltage was too low: then both see one thing.
"""

from __future__ import annotations

import itertools
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
    "voltage-dips": "the voltage falls suddenly again and again, with no rises to match, more than in the other steps",
    "voltage-fade": "the overpotential fades at constant current, more than in the other steps",
    "noise": "the voltage is noisier than in the other steps, which an instrument or a lead does as well as a short",
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
_GOES_ON = frozenset({"voltage-drop", "voltage-fade", "dc-below-neighbours", "impedance-drop", "noise"})
_FEWEST_TO_COMPARE = 6
_FALSE_ALARMS_PER_CELL = 0.02
_ONE_STD_PERCENTILE = 84.134
#: Less than this a few kelvin do to a ceramic cell within a step, at 4 to 5 % a kelvin.
_LEAST_FADE, _LEAST_NOISE_FACTOR = 0.15, 2.0
_LOW_FRACTION = 0.2
#: What noise leaves open of a level, in its standard deviations.
_LEVEL_STDS = 3.0
_STD_OF_MEDIAN = 1.2533
_TINY = 1e-9


def signed(rows: Sequence[StepRow], settings: CyclingSettings) -> list[StepRow]:
    """The steps with their signs; what every step of a cell does (a nucleation peak, a noisy lead) is none."""
    noisy = _stand_out(np.log([max(row.noise_V, _TINY) for row in rows]), least=math.log(_LEAST_NOISE_FACTOR))
    # The difference of two counts has the scatter of the root of their sum, by chance alone.
    falling = _stand_out(
        np.array([(row.falls - row.rises) / math.sqrt(row.falls + row.rises + 1) for row in rows]), least_std=1.0
    )
    sinking = _stand_out(
        np.array([row.fall_V / max(abs(row.step.voltage_plateau_V), _TINY) for row in rows]), counts_from=0.0
    )
    fading = _stand_out(np.array([row.fade_fraction for row in rows]), least=_LEAST_FADE)
    low = _stand_out(_below_neighbours([_own_resistance(row) for row in rows]), least=-math.log(1 - _LOW_FRACTION))
    fell = _fallen([_impedance_change(row) for row in rows], settings.impedance_drop_fraction)
    below = _below_ac([_highest_ratio(row) for row in rows], settings.low_ratio)
    # What lies below the recorder's own step between points is no noise that it could have seen.
    written_V = float(np.median([row.change_V for row in rows])) if rows else 0.0
    made = []
    for n, row in enumerate(rows):
        signs = {
            "voltage-drop": row.drop_V > 0 and sinking[n],
            "voltage-dips": falling[n],
            "voltage-fade": fading[n],
            "noise": noisy[n] and row.noise_V > written_V,
            "dc-below-ac": below[n],
            "dc-below-neighbours": low[n],
            "dc-above-ac": row.ratio is not None and row.ratio > settings.high_ratio,
            "impedance-drop": fell[n],
        }
        flags = (*row.flags, *(code for code, is_there in signs.items() if is_there))
        made.append(attrs.evolve(row, flags=tuple(dict.fromkeys(flags))))
    return _in_events(made)


def _impedance_change(row: StepRow) -> float | None:
    """Relative change of the impedance over a step."""
    before, after = row.resistance_ac_before_ohm, row.resistance_ac_ohm
    return None if before is None or after is None or before <= 0 else after / before - 1.0


def _own_resistance(row: StepRow) -> float:
    """Resistance of one step by itself, at the upper end of what the noise leaves open. [ohm]

    In a pair of half cycles a leak of one would count half; a rest or a plateau in a burst of noise would make any resistance.
    """
    step = row.step
    if not step.current_A:
        return math.nan
    size = abs((step.voltage_plateau_V - (step.rest_voltage_V or 0.0)) / step.current_A)
    return size + _LEVEL_STDS * math.hypot(step.rest_std_V, _plateau_std_V(row)) / abs(step.current_A)


def _plateau_std_V(row: StepRow) -> float:
    """Standard deviation of the median of the last fifth, from the noise of the step."""
    return _STD_OF_MEDIAN * row.noise_V / math.sqrt(max(row.step.points / 5.0, 1.0))


def _highest_ratio(row: StepRow) -> float | None:
    """The ratio of both resistances at the upper end of what the noise leaves open."""
    if row.ratio is None or not row.resistance_ac_ohm or not row.step.current_A:
        return row.ratio
    rest_V = row.step.rest_std_V if row.way == "rest" else 0.0
    open_V = _LEVEL_STDS * math.hypot(rest_V, _plateau_std_V(row))
    return row.ratio + open_V / abs(row.step.current_A) / row.resistance_ac_ohm


def _below_neighbours(values: Sequence[float]) -> Array:
    """By how much the logarithm of each value lies below the median of the six around it; 0 where there are fewer than four."""
    found = []
    for place, value in enumerate(values):
        around = [v for v in (*values[max(0, place - 3) : place], *values[place + 1 : place + 4]) if v > 0]
        found.append(math.log(float(np.median(around)) / value) if len(around) >= 4 and value > 0 else 0.0)
    return np.array(found)


def _fallen(changes: Sequence[float | None], least_fraction: float) -> list[bool]:
    """Which falls of the impedance are as large as stated and, where there are enough to compare, out of what the cell does."""
    known = np.array([math.nan if c is None else -math.log1p(max(c, -1 + _TINY)) for c in changes])
    return _stand_out(known, least=-math.log(1 - least_fraction), is_judged_below=True, counts_from=0.0)


def _below_ac(ratios: Sequence[float | None], low_ratio: float) -> list[bool]:
    """Which ratios are as low as stated and out of what the cell does. A cell that is low in most steps is low in all of these."""
    known = np.array([math.nan if r is None or r <= 0 else -math.log(r) for r in ratios])
    limit = -math.log(low_ratio)
    if np.isfinite(known).any() and float(np.nanmedian(known)) > limit:
        return [bool(value > limit) for value in known]
    return _stand_out(known, least=limit, is_judged_below=True, counts_from=0.0)


def _stand_out(
    values: Array,
    *,
    least: float = 0.0,
    least_std: float = 0.0,
    is_judged_below: bool = False,
    counts_from: float | None = None,
) -> list[bool]:
    """Which values stand out upwards on a scale on which their scatter is even.

    They must lie ``least`` above ``counts_from`` (None: the median). The scatter is taken above the median, or below it when
    ``is_judged_below``, and is at least ``least_std``. With fewer than six values those that are stated from a fixed zero are judged by
    their size alone, others not at all.
    """
    known = values[np.isfinite(values)]
    if known.size < _FEWEST_TO_COMPARE:
        return [counts_from is not None and bool(value > counts_from + least) for value in values]
    middle = float(np.median(known))
    side = float(np.percentile(known, 100 - _ONE_STD_PERCENTILE if is_judged_below else _ONE_STD_PERCENTILE))
    std = max(least_std, abs(side - middle), _TINY)
    chance = NormalDist()
    p = np.array([1.0 if math.isnan(value) else 1.0 - chance.cdf((value - middle) / std) for value in values])
    ordered = np.sort(p)
    below = np.flatnonzero(ordered <= _FALSE_ALARMS_PER_CELL * np.arange(1, p.size + 1) / known.size)
    limit = float(ordered[below[-1]]) if below.size else -1.0
    start = middle if counts_from is None else counts_from
    return [bool(chance_of <= limit and value > start + least) for chance_of, value in zip(p, values, strict=True)]


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
            more = tuple(flag for flag in row.flags if flag in SIGNS)
            made.append(attrs.evolve(row, flags=others, continued=more, event=begun))
            continue
        if not (made and _is_seen_twice(made[-1], row)):
            begun = row.step.number if signs - {"noise"} else 0
        falls = bool(begun) and "impedance-drop" in signs
        made.append(attrs.evolve(row, event=begun))
    return made


def _is_seen_twice(before: StepRow, row: StepRow) -> bool:
    """Was the voltage of the step before too low for a spectrum that had risen, and has the impedance fallen from just that one?"""
    rise = _impedance_change(before)
    return (
        "dc-below-ac" in before.flags
        and "impedance-drop" in row.flags
        and rise is not None
        and rise > 0
        and before.run == row.run
    )


def events_of(rows: Sequence[StepRow]) -> tuple[ShortEvent, ...]:
    """The events in their order, each once, with its several signs."""
    made = []
    for number in dict.fromkeys(row.event for row in rows if row.event):
        of_it = [row for row in rows if row.event == number]
        signs = tuple(dict.fromkeys(f for row in of_it for f in (*row.flags, *row.continued) if f in SIGNS))
        kinds = {KINDS_OF_SIGNS[sign] for sign in signs}
        seen_by, count = _seen_by(of_it, signs, kinds)
        made.append(ShortEvent(step=number, last_step=of_it[-1].step.number, signs=signs, kinds=count, seen_by=seen_by))
    return tuple(made)


def _seen_by(of_it: Sequence[StepRow], signs: Sequence[str], kinds: set[str]) -> tuple[str, int]:
    """Whether voltage and spectra see one event, in words, and how many kinds of signs are independent."""
    twice = next((a for a, b in itertools.pairwise(of_it) if _is_seen_twice(a, b)), None)
    if twice is not None:
        words = (
            f"the voltage of step {twice.step.number} and the next spectrum both lie below the spectrum between them"
        )
        rests_on_one = "dc-below-neighbours" not in signs
        return words, len(kinds) - int(rests_on_one)
    if "impedance" in kinds and len(kinds) > 1:
        return "seen by the voltage and by the spectra", len(kinds)
    return "", len(kinds)


def sign_findings(sample: str, rows: Sequence[StepRow]) -> list[Finding]:
    """One sentence for all events that several kinds of tests see, and one for each sign that stands alone."""
    events = events_of(rows)
    found: list[Finding] = []
    likely = [event for event in events if event.kinds >= 2]
    if likely:
        told = "; ".join(_event_in_words(event, rows) for event in likely[:12])
        sentence = f"{sample}: signs of a soft short of two or more independent kinds meet in {told}."
        found.append(_finding("soft-short-likely", "warning", sentence, sample))
    for code, words in SIGNS.items():
        alone = [_event_in_words(event, rows) for event in events if event.kinds < 2 and event.signs[0] == code]
        if code == "noise":
            alone = [f"step {row.step.number}" for row in rows if "noise" in row.flags and not row.event]
        if not alone:
            continue
        more = " …" if len(alone) > 12 else ""
        severity = {"hard-short": "error", "noise": "info"}.get(code, "notice")
        sentence = f"{sample}, {'; '.join(alone[:12])}{more}: {words}. One kind of sign alone does not prove a short."
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


def _event_in_words(event: ShortEvent, rows: Sequence[StepRow]) -> str:
    """The steps of an event and what each of them shows."""
    told: list[str] = []
    for row in rows:
        shown = (*row.flags, *row.continued)
        if row.event != event.step or not set(shown) & SIGNS.keys():
            continue
        said = [_SHOWN[flag](row) for flag in shown if flag in _SHOWN]
        told.append(f"{'step ' if not told else ''}{row.step.number} ({', '.join(said)})")
    return ", ".join(told) + (f": {event.seen_by}" if event.seen_by else "")


def _change_in_words(row: StepRow) -> str:
    return f"impedance {100 * (_impedance_change(row) or 0.0):+.0f} %"


_SHOWN: dict[str, Callable[[StepRow], str]] = {
    "voltage-drop": lambda row: f"a fall of {row.drop_V * 1e3:.3g} mV",
    "voltage-dips": lambda row: f"{row.falls} sudden falls against {row.rises} rises",
    "voltage-fade": lambda row: f"the voltage fades by {100 * row.fade_fraction:.0f} %",
    "noise": lambda row: "noise",
    "dc-below-ac": lambda row: f"dc/ac {row.ratio or math.nan:.2f}",
    "dc-below-neighbours": lambda row: "below its neighbours",
    "impedance-drop": _change_in_words,
    "hard-short": lambda row: "no voltage",
}


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,), quantities=("resistance_dc",))
