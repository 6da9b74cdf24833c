r"""Impedance from what LCR meters write: parallel or series equivalents of one resistor and one capacitor at each frequency.

.. math:: Y = 1/R_p + j\omega C_p = G + j\omega C_p = \omega C_p (D + j), \qquad Z = R_s - j/(\omega C_s) = (D - j)/(\omega C_s)

These are definitions, exact at every frequency; :math:`D = \tan\delta` is the loss of the same equivalent. A negative capacitance is an inductive point.
"""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array, ComplexArray

__all__ = ["EQUIVALENTS", "impedance_from_equivalent"]

#: Pairs of roles, best first.
EQUIVALENTS = (
    ("parallel_capacitance", "parallel_resistance"),
    ("parallel_capacitance", "admittance_real"),
    ("parallel_capacitance", "dissipation"),
    ("series_capacitance", "real"),
    ("series_capacitance", "dissipation"),
)


def impedance_from_equivalent(
    *, roles: tuple[str, str], frequency_Hz: Array, capacitance_F: Array, loss: Array
) -> ComplexArray:
    """The impedance of one of :data:`EQUIVALENTS`.

    Parameters
    ----------
    roles:
        Which pair the two columns are.
    frequency_Hz, capacitance_F:
        Shape (n,). [Hz], [F]
    loss:
        The second column, shape (n,): a resistance [ohm], a conductance [S] or the loss tangent.

    Returns
    -------
    :
        Z' + jZ'', shape (n,), infinite or NaN where the equivalent is a short of its definition. [ohm]
    """
    susceptance = 2 * np.pi * frequency_Hz * capacitance_F
    with np.errstate(divide="ignore", invalid="ignore"):
        if roles[0] == "series_capacitance":
            resistance = loss if roles[1] == "real" else loss / susceptance
            return np.asarray(resistance - 1j / susceptance)
        conductance = {"parallel_resistance": 1.0 / loss, "admittance_real": loss, "dissipation": loss * susceptance}
        return np.asarray(1.0 / (conductance[roles[1]] + 1j * susceptance))
