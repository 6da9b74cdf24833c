"""Fit circuits to spectra without a user's guess.

Complex non-linear least squares in the circuit's internal coordinates with an analytic Jacobian, from several starting
points of a time-constant grid. Many spectra that share their frequencies are fitted at once.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from pelletry.core.errors import MeasurementError
from pelletry.techniques.impedance.model.assemble import fits_from_minima
from pelletry.techniques.impedance.model.circuit import Circuit, parse_circuit
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.model.problem import Weighting, checked_spectra, problem_from_spectra
from pelletry.techniques.impedance.model.search import best_minima

__all__ = ["fit_spectra"]


def fit_spectra(
    circuit: Circuit | str,
    frequency_Hz: npt.ArrayLike,
    impedance_ohm: npt.ArrayLike,
    *,
    weighting: Weighting = "modulus",
    use: npt.ArrayLike | None = None,
    intervals: Literal["auto", "covariance"] = "auto",
) -> tuple[CircuitFit, ...]:
    """Fit one circuit to n spectra on the same frequencies.

    Parameters
    ----------
    circuit:
        A circuit or its text.
    frequency_Hz:
        Frequencies (m,), positive, in any order. [Hz]
    impedance_ohm:
        Z' + jZ'' of each spectrum, shape (n, m) or (m,). [ohm]
    weighting:
        "modulus" (both parts with 1/|Z|), "proportional" (each part with its own reciprocal), "unit", or an array of
        weights (m,), (n, m) or (n, m, 2).
    use:
        Which points count, shape (n, m); all by default.
    intervals:
        "auto" follows chi2 to its 95 % contour where the covariance is not to be trusted; "covariance" never does, which
        is enough (and several times faster) to compare circuits.

    Returns
    -------
    :
        One fit per spectrum. Arcs are ordered by time constant, fastest first.

    Raises
    ------
    MeasurementError
        When shapes do not match, a frequency is not positive, or a used impedance is not finite.
    CircuitError
        When the circuit text cannot be parsed.
    """
    parsed = parse_circuit(circuit) if isinstance(circuit, str) else circuit
    frequencies, impedances, mask = checked_spectra(frequency_Hz, impedance_ohm, use)
    few = np.flatnonzero(2 * mask.sum(axis=1) <= len(parsed.parameters))
    if len(few):
        raise MeasurementError(
            f"spectrum {few[0] + 1} has {mask[few[0]].sum()} points",
            expected=f"more than {len(parsed.parameters) // 2} for the {len(parsed.parameters)} parameters of {parsed.text}",
            do="use more points or a smaller circuit",
        )
    problem = problem_from_spectra(parsed, frequencies, impedances, mask, weighting)
    minima = best_minima(problem, frequencies)
    measured = np.atleast_2d(np.asarray(impedance_ohm, dtype=complex))
    return fits_from_minima(problem, minima, frequencies, measured, mask, is_profiled=intervals == "auto")
