"""Three bare columns: whether they are a spectrum at all, and whether they are f, Z', Z'' or f, |Z|, phase. Knows no vendor.

The judge is the slope of |Z| over the frequency, which asks for a phase: :math:`\\varphi \\approx 90° \\, d\\ln|Z| / d\\ln\\omega` (Bode's relation of a minimum-phase system, exact
for a constant phase element, good within some 20° for arcs). Reflections (Touchstone), loudspeaker responses and size distributions, which also run in steps of equal
ratio, do not obey it under any reading.

Source: Schiller2001 (logarithmic Hilbert transform), first term.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["heads_of_bare_columns"]

Array = npt.NDArray[np.float64]
Heads = tuple[tuple[str, str], ...]

_FREQUENCY = ("frequency", "Hz")
_PARTS: Heads = (_FREQUENCY, ("Z'", "ohm"), ("Z''", "ohm"))
_BY_ORDER = "Z' in ohm and Z'' in ohm by their order"
_FEWEST_TO_TELL = 8
_LEAST_PHASE_DEG = 3.0
#: Half the width, in ln f, over which a slope is taken, so that noise of neighbours does not pass for one.
_HALF_WINDOW = 0.6
#: A spectrum stays below (a resonance of cable and capacitor comes near); what does not run like an impedance lies above.
_LARGEST_DEG = 40.0


def heads_of_bare_columns(f: Array, second: Array, third: Array) -> tuple[Heads, str] | None:
    """Names and units of the columns and the words for it; None when they are no spectrum.

    Parameters
    ----------
    f, second, third:
        The columns, shape (n,); frequencies positive, in any order and repeated or not.
    """
    f, first = np.unique(f, return_index=True)
    real, last = second[first], third[first]
    modulus = np.hypot(real, last)
    if f.size < _FEWEST_TO_TELL:
        return _PARTS, _BY_ORDER
    if not np.all(modulus > 0):
        return None
    phase, asked = np.degrees(np.arctan2(last, real)), _asked_deg(f, modulus)
    off_parts = min(_size(phase - asked), _size(phase + asked))
    if np.all(real > 0) and np.all(np.abs(last) <= 180.0):
        polar = _asked_deg(f, real)
        off, sign = min((_size(sign * last - polar), sign) for sign in (1, -1))
        if _size(polar) > _LEAST_PHASE_DEG and off < min(0.5 * off_parts, 25.0):
            head = "Phase" if sign > 0 else "-Phase"
            heads = (_FREQUENCY, ("|Z|", "ohm"), (head, "deg"))
            return heads, f"|Z| in ohm and {head} in degrees by the slope of |Z|"
    if off_parts > _LARGEST_DEG or float(np.mean(real > 0)) < 0.5:
        return None
    if _size(asked) > _LEAST_PHASE_DEG and float(np.mean(phase * asked)) < -0.3 * float(np.mean(np.abs(asked) ** 2)):
        return (*_PARTS[:2], ("-Z''", "ohm")), "Z' in ohm and -Z'' in ohm by their order and the slope of |Z|"
    return _PARTS, _BY_ORDER


def _asked_deg(f: Array, modulus: Array) -> Array:
    """The phase that the slope asks for. [deg]"""
    x, y = np.log(f), np.log(modulus)
    low = np.minimum(np.searchsorted(x, x - _HALF_WINDOW), np.maximum(np.arange(x.size) - 1, 0))
    high = np.maximum(
        np.searchsorted(x, x + _HALF_WINDOW, side="right") - 1, np.minimum(np.arange(x.size) + 1, x.size - 1)
    )
    return np.asarray(90.0 * (y[high] - y[low]) / (x[high] - x[low]))


def _size(values: Array) -> float:
    """The size that three quarters of the values stay below: a bad point at the end of a sweep does not count."""
    return float(np.percentile(np.abs(values), 75.0))
