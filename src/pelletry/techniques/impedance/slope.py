"""The phase that the slope of |Z| asks for, to tell degrees from radians where a file does not."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array

__all__ = ["phase_of_slope"]

_FEWEST_POINTS = 8
#: With a flatter |Z| than this (root mean square of the expected phase) nothing can be told.
_LEAST_PHASE_DEG = 3.0


def phase_of_slope(frequency: Array, modulus: Array, phase_deg: Array) -> float | None:
    r"""How many times larger a phase is than :math:`90°\, d\ln|Z| / d\ln\omega`, in the mean over a spectrum.

    The relation is Bode's for a minimum-phase system, exact for a constant phase element and good within a factor of two for arcs; degrees and
    radians are a factor of 57 apart.

    Parameters
    ----------
    frequency, modulus, phase_deg:
        Frequency [any unit], modulus [any unit] and phase as if in degrees, shape (n,) in any order.

    Returns
    -------
    :
        The factor, None where too few points or a flat modulus do not tell.

    Notes
    -----
    Source: Schiller2001 (logarithmic Hilbert transform), first term.
    """
    usable = np.isfinite(frequency) & np.isfinite(modulus) & np.isfinite(phase_deg) & (frequency > 0) & (modulus > 0)
    f, first = np.unique(frequency[usable], return_index=True)
    if f.size < _FEWEST_POINTS:
        return None
    asked = 90.0 * np.gradient(np.log(modulus[usable][first]), np.log(f))
    given = np.abs(phase_deg[usable][first])
    if float(np.sqrt(np.mean(asked**2))) < _LEAST_PHASE_DEG:
        return None
    return float(np.sum(given * np.abs(asked)) / np.sum(asked**2))
