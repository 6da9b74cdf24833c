"""What cables and holder add to an impedance, taken off with a measurement of the holder shorted and one with it open.

Cables and holder are a linear network with two pairs of terminals. For a symmetrical one (A = D) the sample is
Z = Z_o (Z_s - Z_m)/(Z_m - Z_o) with the readings Z_m of the sample, Z_s shorted and Z_o open (Agilent2009, appendix B).
Without the open reading the network is a series impedance, without the short one a parallel admittance.
"""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array, ComplexArray

__all__ = ["reading_at", "without_rig"]


def reading_at(frequency_Hz: Array, of_Hz: Array, reading: ComplexArray) -> ComplexArray:
    """A smooth reading (an impedance or an admittance) at other frequencies of its range.

    Real part and imaginary part over frequency (a resistance and an inductance, a conductance and a capacitance) vary slowly: they are
    drawn straight over the logarithm of the frequency.

    Parameters
    ----------
    frequency_Hz:
        Where, shape (m,), inside the range of ``of_Hz``. [Hz]
    of_Hz, reading:
        Shape (k,), any order; a frequency that occurs again counts once, as the mean.
    """
    places, which = np.unique(of_Hz, return_inverse=True)
    count = np.bincount(which)
    real = np.bincount(which, reading.real) / count
    slope = np.bincount(which, reading.imag / of_Hz) / count
    at, known = np.log(frequency_Hz), np.log(places)
    found: ComplexArray = np.interp(at, known, real) + 1j * frequency_Hz * np.interp(at, known, slope)
    return found


def without_rig(
    measured_ohm: ComplexArray, short_ohm: ComplexArray | None, open_ohm: ComplexArray | None
) -> ComplexArray:
    """The sample's own impedance, shape (m,), from readings at the same frequencies; None where one was not taken. [ohm]

    Infinite or not a number where the reading is that of the open holder.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        series = measured_ohm if short_ohm is None else measured_ohm - short_ohm
        own: ComplexArray = series if open_ohm is None else series / (1.0 - measured_ohm / open_ohm)
    return own
