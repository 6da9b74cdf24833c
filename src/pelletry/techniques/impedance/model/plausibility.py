r"""Is this spectrum possible at all? Each doubt is a :class:`Finding` that names the file and the frequencies.

A passive cell between two electrodes has Re Z >= 0 and a phase within ±90°. Nothing is changed here: a wrong sign of Z''
is proposed, never flipped. Thresholds leave room for noise: a point counts only when it lies beyond the limit by more
than 2 % of \|Z\| (a phase of 91.1°).
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.finding import Finding
from pelletry.reference.constants import ICE_POINT_K

__all__ = [
    "IMPOSSIBLE",
    "check_resistance_falls",
    "check_spectrum",
    "duplicated_or_unsorted",
    "few_points",
    "frequency_words",
    "inductive_throughout",
    "is_impossible",
    "jumps",
    "negative_real_part",
    "phase_beyond_90",
    "range_limit",
    "saturated",
]

TOLERANCE = 0.02
MIN_POINTS_PER_DECADE = 5.0

#: Codes of findings that no passive pellet can cause.
IMPOSSIBLE = frozenset({"negative-real-part", "phase-beyond-90", "inductive-throughout", "saturated", "range-limit"})


def is_impossible(findings: tuple[Finding, ...]) -> bool:
    """True when one of the findings says that no passive cell gives this spectrum."""
    return any(f.code in IMPOSSIBLE and f.severity in ("warning", "error") for f in findings)


def frequency_words(frequency_Hz: Array | npt.ArrayLike) -> str:
    """Frequencies in words: ``50 Hz``, ``3 points from 0.1 to 0.32 Hz``.

    >>> frequency_words([50.0]), frequency_words([0.1, 1e6, 10.0])
    ('50 Hz', '3 points from 0.1 Hz to 1 MHz')
    """
    frequency = np.asarray(frequency_Hz, dtype=float)
    if frequency.size == 1:
        return _one_frequency(float(frequency[0]))
    return f"{frequency.size} points from {_one_frequency(float(frequency.min()))} to {_one_frequency(float(frequency.max()))}"


def _one_frequency(value: float) -> str:
    for limit, factor, unit in ((1e6, 1e-6, "MHz"), (1e3, 1e-3, "kHz")):
        if abs(value) >= limit:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} Hz"


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,) if sample else ())


def check_spectrum(
    *, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = "", limit_ohm: float | None = None
) -> tuple[Finding, ...]:
    """All doubts about one spectrum.

    Parameters
    ----------
    frequency_Hz, impedance_ohm:
        Shape (m,), as measured, Z = Z' + jZ'', all finite.
    name:
        The file (and record) as it is to be named in the sentences.
    limit_ohm:
        Largest impedance the instrument measures, when known; no default, since it depends on range and cable.
    """
    given: dict[str, Any] = {
        "frequency_Hz": frequency_Hz,
        "impedance_ohm": impedance_ohm,
        "name": name,
        "sample": sample,
    }
    checks = (
        few_points(**given),
        duplicated_or_unsorted(**given),
        inductive_throughout(**given),
        negative_real_part(**given),
        phase_beyond_90(**given),
        saturated(**given),
        range_limit(**given, limit_ohm=limit_ohm),
        jumps(**given),
    )
    return tuple(found for found in checks if found is not None)


def few_points(*, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = "") -> Finding | None:
    """Fewer than about five points a decade: arcs closer than a decade cannot be told apart."""
    if frequency_Hz.size < 2:
        sentence = f"{name} has {frequency_Hz.size} point(s): too few for a spectrum."
        return _finding("few-points", "error", sentence, sample)
    decades = float(np.log10(frequency_Hz.max() / frequency_Hz.min()))
    density = (np.unique(frequency_Hz).size - 1) / decades if decades > 0 else 0.0
    if density >= MIN_POINTS_PER_DECADE - 0.5:
        return None
    sentence = (
        f"{name} has {density:.1f} points a decade ({frequency_words(frequency_Hz)}); with fewer than about five, arcs "
        "that overlap cannot be told apart."
    )
    return _finding("few-points", "notice", sentence, sample)


def duplicated_or_unsorted(
    *, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = ""
) -> Finding | None:
    """Repeated frequencies, or frequencies that go up and down: two sweeps in one, or a file put together by hand."""
    values, counts = np.unique(frequency_Hz, return_counts=True)
    step = np.sign(np.diff(frequency_Hz))
    turns = int(np.sum(step[1:] * step[:-1] < 0)) if step.size > 1 else 0
    if np.any(counts > 1):
        sentence = (
            f"{name} measures {frequency_words(values[counts > 1])} more than once; all readings are used. If these are "
            "two sweeps, split them."
        )
        return _finding("repeated-frequencies", "notice", sentence, sample)
    if turns:
        sentence = f"{name}: the frequencies change direction {turns} time(s); the points were sorted before fitting."
        return _finding("unsorted-frequencies", "info", sentence, sample)
    return None


def negative_real_part(
    *, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = ""
) -> Finding | None:
    """Points with Re Z clearly below zero."""
    bad = impedance_ohm.real < -TOLERANCE * np.abs(impedance_ohm)
    if not bad.any():
        return None
    sentence = (
        f"{name}: Re Z is negative at {frequency_words(frequency_Hz[bad])}. A passive cell cannot do this; look for a wrong "
        "connection, the limit of the instrument, or leads that were not compensated."
    )
    return _finding("negative-real-part", "warning", sentence, sample)


def phase_beyond_90(*, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = "") -> Finding | None:
    """Points whose phase lies beyond ±90°; the same points as a negative real part, said in degrees."""
    phase = np.degrees(np.angle(impedance_ohm))
    bad = np.abs(phase) > 90.0 + np.degrees(np.arcsin(TOLERANCE))
    if not bad.any():
        return None
    worst = float(phase[bad][np.argmax(np.abs(phase[bad]))])
    sentence = f"{name}: the phase is beyond ±90° at {frequency_words(frequency_Hz[bad])} (worst {worst:.0f}°)."
    return _finding("phase-beyond-90", "warning", sentence, sample)


def inductive_throughout(
    *, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = ""
) -> Finding | None:
    r"""Nearly all points inductive, the strongest at low frequency: most likely the file holds -Z'' where Z'' was read.

    A shorted cell with a cable is inductive too, but there \|Z''\| grows with frequency.
    """
    if frequency_Hz.size < 3:
        return None
    positive = impedance_ohm.imag > 0
    if positive.mean() < 0.8:
        return None
    order = np.argsort(frequency_Hz)
    size = np.abs(impedance_ohm.imag[order])
    third = max(1, size.size // 3)
    if np.median(size[-third:]) > 3.0 * np.median(size[:third]) and float(np.ptp(impedance_ohm.real)) < float(
        size.max()
    ):
        sentence = (
            f"{name}: Z'' is positive at {frequency_words(frequency_Hz[positive])} and grows with frequency: a short circuit "
            "and the inductance of its leads, not a pellet."
        )
        return _finding("inductive-throughout", "warning", sentence, sample)
    sentence = (
        f"{name}: Z'' is positive at {frequency_words(frequency_Hz[positive])}. A pellet is capacitive; the column most "
        "likely holds -Z''. Nothing was changed: export it again under the name -Z'', or have the sign turned by [[sign]] in "
        "decisions.toml."
    )
    return _finding("inductive-throughout", "error", sentence, sample)


def saturated(*, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = "") -> Finding | None:
    """The same value, to the last digit, at four or more neighbouring frequencies: a limit of the instrument."""
    if frequency_Hz.size < 4:
        return None
    size = np.abs(impedance_ohm)
    same = np.concatenate([[False], (np.diff(impedance_ohm) == 0) | (np.diff(size) == 0)])
    run = _longest_run(same)
    if run is None or run[1] - run[0] < 3:
        return None
    where = slice(run[0] - 1, run[1])
    sentence = (
        f"{name}: |Z| = {float(size[where][0]):.4g} ohm repeats to the last digit at "
        f"{frequency_words(frequency_Hz[where])}; the instrument was at a limit there."
    )
    return _finding("saturated", "warning", sentence, sample)


def range_limit(
    *, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = "", limit_ohm: float | None = None
) -> Finding | None:
    """Impedances above the stated limit of the instrument; nothing when no limit is stated."""
    if limit_ohm is None:
        return None
    above = np.abs(impedance_ohm) > limit_ohm
    if not above.any():
        return None
    sentence = (
        f"{name}: |Z| is above the stated limit of the instrument, {limit_ohm:.3g} ohm, at "
        f"{frequency_words(frequency_Hz[above])}."
    )
    return _finding("range-limit", "warning", sentence, sample)


def jumps(*, frequency_Hz: Array, impedance_ohm: ComplexArray, name: str, sample: str = "") -> Finding | None:
    r"""Steps of \|Z\| by more than half between neighbours that no slope of the spectrum explains."""
    order = np.argsort(frequency_Hz, kind="stable")
    frequency, z = frequency_Hz[order], impedance_ohm[order]
    if frequency.size < 7 or np.any(z == 0):
        return None
    step = np.diff(np.log(np.abs(z)))
    width = np.maximum(np.diff(np.log(frequency)), 1e-12)
    # |Z| of a passive one-port falls or rises by at most one decade a decade; more than that plus 0.4 is a step.
    bad = np.abs(step) > width * 1.2 + 0.4
    if not bad.any():
        return None
    at = frequency[1:][bad]
    sentence = f"{name}: |Z| jumps at {frequency_words(at)}; a contact, a current range, or the cell changed there."
    return _finding("jump", "warning", sentence, sample)


def _longest_run(flags: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    """Start and end (exclusive) of the longest run of True."""
    edges = np.diff(np.concatenate([[0], flags.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    if starts.size == 0:
        return None
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


def check_resistance_falls(
    *,
    temperature_K: Array,
    resistance_ohm: Array,
    relative_std: Array | None,
    names: tuple[str, ...],
    sample: str = "",
) -> tuple[Finding, ...]:
    """A pellet's resistance falls when it is heated; each step where it rises beyond its error is a finding.

    ``relative_std`` (n,) is that of the resistances; None asks for a rise of more than 5 %.
    """
    order = np.argsort(temperature_K, kind="stable")
    found = []
    for one, two in itertools.pairwise(order):
        if temperature_K[two] - temperature_K[one] < 0.5:
            continue
        rise = float(np.log(resistance_ohm[two] / resistance_ohm[one]))
        error = 0.025 if relative_std is None else float(np.hypot(relative_std[one], relative_std[two]))
        if rise > max(2.0 * error, 0.005):
            low, high = temperature_K[one] - ICE_POINT_K, temperature_K[two] - ICE_POINT_K
            sentence = (
                f"The resistance rises from {resistance_ohm[one]:.4g} to {resistance_ohm[two]:.4g} ohm between {low:.4g} and "
                f"{high:.4g} °C ({names[one]}, {names[two]}). It should fall: look for exchanged files, a wrong temperature, "
                "a contact that opens, or a reaction."
            )
            found.append(_finding("resistance-rises-with-temperature", "warning", sentence, sample))
    return tuple(found)
