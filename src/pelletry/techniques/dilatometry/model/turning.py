r"""Where a length turns from contraction to expansion or back, and swelling of a body that has sintered.

A turn counts when the curve has come back from its extreme by more than a stated multiple of the noise and by more than a stated
stretch of temperature (or, in a dwell, of time). Without that hysteresis every wiggle is a turn.

Swelling (bloating, de-densification) is a turn from contraction to expansion of the strain *without* thermal expansion. A dense
body expands anyway, so the rise after the turn must also be steeper than half the thermal expansion that was taken off: what is
not known better than that is not called swelling.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["Swelling", "Turn", "swelling_of", "turns_of"]


@attrs.frozen(kw_only=True)
class Turn:
    """``index`` of the extreme; ``to`` is expansion or contraction."""

    index: int
    to: str


@attrs.frozen(kw_only=True)
class Swelling:
    """Re-expansion after the shortest length: where it begins, how far it went, how steep it was."""

    index: int
    strain_fraction: float
    strain_at_turn_fraction: float
    slope_per_K: float


def turns_of(length: Array, along: Array, *, rise: float, stretch: float) -> tuple[Turn, ...]:
    """Turns of a curve (n,), seen along a rising coordinate (n,) such as time or temperature.

    ``rise`` is in units of the length, ``stretch`` in units of ``along``; both must be exceeded.
    """
    found: list[Turn] = []
    low = high = 0
    way = 0
    for i in range(1, len(length)):
        if length[i] > length[high]:
            high = i
        if length[i] < length[low]:
            low = i
        if way >= 0 and length[high] - length[i] > rise and along[i] - along[high] > stretch:
            if way > 0:
                found.append(Turn(index=high, to="contraction"))
            way, low = -1, i
        elif way <= 0 and length[i] - length[low] > rise and along[i] - along[low] > stretch:
            if way < 0:
                found.append(Turn(index=low, to="expansion"))
            way, high = 1, i
    return tuple(found)


def _last_at_the_bottom(cold: Array, noise: float) -> int:
    """The last row that is as short as the shortest one within the noise, before the length rises for good."""
    lowest = int(np.argmin(cold))
    highest = lowest + int(np.argmax(cold[lowest:]))
    return lowest + int(np.flatnonzero(cold[lowest : highest + 1] <= cold[lowest] + noise)[-1])


def swelling_of(
    cold: Array, temperature_K: Array, time_s: Array, *, noise: float, multiple: float, stretch_K: float,
    expansion_per_K: float,
) -> Swelling | None:  # fmt: skip
    """Swelling of a body on heating and dwell (rows before cooling), or None.

    Parameters
    ----------
    cold:
        Smoothed strain without thermal expansion, (n,).
    noise:
        Standard deviation of a point.
    multiple, stretch_K:
        The rise must exceed ``multiple * noise`` and last longer than ``stretch_K`` of heating, or ten minutes of dwell.
    expansion_per_K:
        The thermal expansion that was taken off.
    """
    shortest = _last_at_the_bottom(cold, noise)
    after = slice(shortest, None)
    rise = cold[after] - cold[shortest]
    heated = temperature_K[after] - temperature_K[shortest]
    lasted = time_s[after] - time_s[shortest]
    is_risen = (rise > multiple * noise) & (rise > 0.5 * expansion_per_K * np.maximum(heated, 0.0))
    is_long = (heated > stretch_K) | (lasted > 600.0)
    if not (is_risen & is_long).any() or not is_risen[-1]:
        return None
    if cold[0] - cold[shortest] <= multiple * noise:
        return None  # it never shrank
    far = int(np.argmax(rise))
    span = float(heated[far])
    return Swelling(
        index=shortest,
        strain_fraction=float(rise[far]),
        strain_at_turn_fraction=float(cold[shortest]),
        slope_per_K=float(rise[far] / span) if span > stretch_K else 0.0,
    )
