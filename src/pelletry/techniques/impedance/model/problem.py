"""Spectra, weights and bounds as a least-squares problem in the internal coordinates of a circuit."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.errors import MeasurementError
from pelletry.techniques.impedance.model.circuit import Circuit
from pelletry.techniques.impedance.model.elements import LN_REFERENCE, SERIES_INDUCTANCE_UNIT_H, SERIES_L

__all__ = [
    "Problem",
    "Weighting",
    "checked_spectra",
    "problem_from_spectra",
    "problem_from_weights",
    "weights_from_impedance",
]

Weighting = Literal["modulus", "unit", "proportional"] | npt.NDArray[np.float64]

#: How far parameters may run from what the window and the size of the impedance suggest, as factors.
_RESISTANCE_BELOW, _RESISTANCE_ABOVE = 1e-5, 1e6
_TAU_BEYOND = 1e4
#: 2 s + this goes on where ln(1 + s) ends at s = -1/2, with the same slope.
_LEVEL_AT_HALF = 1.0 - float(np.log(2.0))


@attrs.frozen(kw_only=True)
class Problem:
    """n spectra on one list of frequencies, weighted; complex numbers as real and imaginary parts in turn (n, 2m)."""

    circuit: Circuit
    ln_omega: Array
    weight: Array
    weighted_data: Array
    lower: Array
    upper: Array

    def residual_and_jacobian(self, theta: Array, spectrum: npt.NDArray[np.intp]) -> tuple[Array, Array]:
        """Weighted residuals (b, 2m), model minus data, and derivatives (b, p, 2m) for the spectra numbered (b,)."""
        rows = np.empty((len(theta), theta.shape[1], len(self.ln_omega)), dtype=complex)
        model: Array = self.circuit.root.evaluate(self.ln_omega, theta, rows).view(float)
        weight = self.weight[spectrum]
        jacobian: Array = rows.view(float)
        # A trial may lie where a circuit is infinite; the search steps back from such points.
        with np.errstate(invalid="ignore", over="ignore"):
            model *= weight
            model -= self.weighted_data[spectrum]
            jacobian *= weight[:, None, :]
        return model, jacobian

    def residuals(self, theta: Array, spectrum: npt.NDArray[np.intp]) -> Array:
        """Weighted residuals (b, 2m) alone."""
        model: Array = self.circuit.root.evaluate(self.ln_omega, theta, None).view(float)
        with np.errstate(invalid="ignore", over="ignore"):
            model *= self.weight[spectrum]
            model -= self.weighted_data[spectrum]
        return model

    def curve(self, step: Array) -> Array:
        """Where a step (b, p) leads: amplitudes of pieces in series are added, although their logarithms are fitted.

        Resistances that trade off keep their sum along such a step. Down to half its size an amplitude is added to,
        below that it shrinks by a factor, so that it stays positive.
        """
        sign = self.circuit.amplitude_sign
        share = step * sign
        with np.errstate(divide="ignore", invalid="ignore"):
            bent = np.where(share > -0.5, np.log1p(np.maximum(share, -0.5)), 2.0 * share + _LEVEL_AT_HALF)
        result: Array = np.where(sign == 0.0, step, bent * sign)
        return result

    def point_counts(self) -> Array:
        """Number of real data (real and imaginary parts) that carry weight, per spectrum (n,)."""
        return np.asarray(np.count_nonzero(self.weight, axis=1), dtype=float)


def checked_spectra(
    frequency_Hz: npt.ArrayLike, impedance_ohm: npt.ArrayLike, use: npt.ArrayLike | None
) -> tuple[Array, ComplexArray, npt.NDArray[np.bool_]]:
    """Frequencies (m,), impedances (n, m) and the mask of points to use (n, m), or every mistake at once.

    Raises
    ------
    MeasurementError
        When shapes do not match, a frequency is not positive, a used impedance is not finite or exactly zero.
    """
    frequencies = np.asarray(frequency_Hz, dtype=float)
    impedances = np.atleast_2d(np.asarray(impedance_ohm, dtype=complex))
    if frequencies.ndim != 1 or impedances.ndim != 2 or impedances.shape[1] != len(frequencies):
        raise MeasurementError(
            f"the impedances have shape {np.shape(impedance_ohm)} for {np.shape(frequency_Hz)} frequencies",
            expected="one impedance per frequency",
        )
    mask = np.ones(impedances.shape, dtype=bool)
    if use is not None:
        mask &= np.asarray(use, dtype=bool)
    bad = np.flatnonzero(~(np.isfinite(frequencies) & (frequencies > 0.0)))
    if len(bad):
        raise MeasurementError(
            f"the frequency of point {bad[0] + 1} is {frequencies[bad[0]]:g} Hz",
            expected="finite, positive frequencies",
            do="mask or remove the point",
        )
    with np.errstate(invalid="ignore"):
        wrong = np.argwhere(mask & (~np.isfinite(impedances) | (impedances == 0.0)))
    if len(wrong):
        spectrum, point = wrong[0]
        raise MeasurementError(
            f"the impedance of point {point + 1} (spectrum {spectrum + 1}) is {impedances[spectrum, point]:g}",
            expected="finite impedances that are not exactly zero",
            do="mask the point",
        )
    return frequencies, np.where(mask, impedances, 1.0), mask


def weights_from_impedance(impedance_ohm: ComplexArray, use: npt.NDArray[np.bool_], weighting: Weighting) -> Array:
    """Weights (n, 2m) of real and imaginary parts in turn; points that are not used weigh zero.

    ``modulus`` weighs both parts with 1/|Z| of the measured impedance, ``proportional`` each part with its own size,
    ``unit`` with the reciprocal mean modulus of the spectrum (a common factor that changes nothing but the size of
    chi2). An array holds the weights themselves, shape (m,), (n, m) or (n, m, 2).
    """
    shape = (*impedance_ohm.shape, 2)
    modulus = np.abs(impedance_ohm)[:, :, None]
    if not isinstance(weighting, str):
        weight = np.asarray(weighting, dtype=float)
        weight = weight if weight.ndim == 3 else weight[..., None]
        if not (np.isfinite(weight).all() and (weight >= 0.0).all()):
            raise MeasurementError("a weight is negative or not finite", expected="weights of zero or more")
        try:
            weight = np.broadcast_to(weight, shape)
        except ValueError:
            raise MeasurementError(
                f"the weights have shape {np.shape(weighting)} for impedances of shape {impedance_ohm.shape}",
                expected="shape (m,), (n, m) or (n, m, 2)",
            ) from None
    elif weighting == "modulus":
        weight = np.broadcast_to(1.0 / modulus, shape)
    elif weighting == "proportional":
        parts = np.abs(impedance_ohm.view(float).reshape(shape))
        # A part that passes through zero would weigh infinitely; a thousandth of |Z| is below any instrument's accuracy.
        weight = 1.0 / np.maximum(parts, 1e-3 * modulus)
    elif weighting == "unit":
        count = np.maximum(np.count_nonzero(use, axis=1), 1)
        mean = np.sqrt(np.where(use, modulus[:, :, 0] ** 2, 0.0).sum(axis=1) / count)
        weight = np.broadcast_to(1.0 / np.maximum(mean, np.finfo(float).tiny)[:, None, None], shape)
    else:
        raise MeasurementError(
            f"the weighting {weighting!r} is not known", expected="modulus, unit, proportional or an array"
        )
    return np.where(use[:, :, None], weight, 0.0).reshape(len(impedance_ohm), -1)


def problem_from_spectra(
    circuit: Circuit, frequency_Hz: Array, impedance_ohm: ComplexArray, use: npt.NDArray[np.bool_], weighting: Weighting
) -> Problem:
    """The least-squares problem of these spectra, already checked by :func:`checked_spectra`."""
    return problem_from_weights(
        circuit, frequency_Hz, impedance_ohm, weights_from_impedance(impedance_ohm, use, weighting)
    )


def problem_from_weights(circuit: Circuit, frequency_Hz: Array, impedance_ohm: ComplexArray, weight: Array) -> Problem:
    """The same from weights (n, 2m) of real and imaginary parts in turn; points of weight zero may hold anything."""
    use: npt.NDArray[np.bool_] = (weight != 0.0).reshape(*impedance_ohm.shape, 2).max(axis=2)
    measured = np.ascontiguousarray(np.where(use, impedance_ohm, 1.0))
    lower, upper = _bounds(circuit, frequency_Hz, measured, use)
    return Problem(
        circuit=circuit,
        ln_omega=np.log(2.0 * np.pi * frequency_Hz),
        weight=weight,
        weighted_data=weight * measured.view(float),
        lower=lower,
        upper=upper,
    )


def _bounds(
    circuit: Circuit, frequency_Hz: Array, impedance_ohm: ComplexArray, use: npt.NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Limits (n, p) of theta far outside anything the data could resolve, so that a search cannot run away."""
    modulus = np.abs(impedance_ohm)
    ln_low = np.log(np.where(use, modulus, np.inf).min(axis=1) * _RESISTANCE_BELOW)
    ln_high = np.log(np.where(use, modulus, 0.0).max(axis=1) * _RESISTANCE_ABOVE)
    ln_fast, ln_slow = np.log(2.0 * np.pi * frequency_Hz.max()), np.log(2.0 * np.pi * frequency_Hz.min())
    lower, upper = (np.repeat(limit[None], len(modulus), axis=0) for limit in circuit.bounds())
    for leaf in circuit.root.leaves():
        symbol, i = (leaf.element.symbol if leaf.element else ""), leaf.first
        if symbol in ("R", "RQ", "RC", "Ws", "Wo"):
            lower[:, i], upper[:, i] = ln_low, ln_high
            if leaf.count > 1:
                lower[:, i + 1], upper[:, i + 1] = -ln_fast - np.log(_TAU_BEYOND), -ln_slow + np.log(_TAU_BEYOND)
        elif symbol == "L":
            lower[:, i], upper[:, i] = ln_low - ln_fast, ln_high - ln_slow
        elif symbol == SERIES_L:
            largest = np.arcsinh(np.exp(ln_high - ln_slow) / SERIES_INDUCTANCE_UNIT_H)
            lower[:, i], upper[:, i] = -largest, largest
        elif symbol == "W":
            lower[:, i], upper[:, i] = ln_low + 0.5 * ln_slow, ln_high + 0.5 * ln_fast
        elif symbol in ("C", "Q"):
            # Q may have any exponent between 0.3 and 1, and is counted at the reference frequency.
            reference = LN_REFERENCE if symbol == "Q" else 0.0
            lower[:, i], upper[:, i] = -ln_high - abs(ln_fast - reference), -ln_low + abs(ln_slow - reference)
    return lower, upper
