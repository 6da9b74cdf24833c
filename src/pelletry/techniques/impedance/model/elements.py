r"""The elements of equivalent circuits: impedance and analytic derivatives in coordinates without positivity constraints.

With :math:`\omega = 2\pi f`:

=======  ================================================================  ==========================================
element  impedance                                                         internal coordinates :math:`\theta`
=======  ================================================================  ==========================================
R        :math:`R`                                                         :math:`\ln R`
L        :math:`j\omega L`, in series with a plain R                         :math:`\mathrm{arsinh}(L/1\,\mu H)`
L        :math:`j\omega L`, else                                             :math:`\ln L`
C        :math:`1/(j\omega C)`                                             :math:`\ln C`
Q        :math:`1/(Q (j\omega)^n)`                                         :math:`\ln Q + n\ln\omega_r`, :math:`n`
W        :math:`\sigma_W (1-j)/\sqrt\omega`                                :math:`\ln\sigma_W`
Ws       :math:`R \tanh(s)/s`, :math:`s=\sqrt{j\omega\tau}` (transmissive)  :math:`\ln R, \ln\tau`
Wo       :math:`R \coth(s)/s` (reflective)                                 :math:`\ln R, \ln\tau`
(RQ)     :math:`R/(1+(j\omega\tau)^n)`, :math:`Q=\tau^n/R`                  :math:`\ln R, \ln\tau, n`
(RC)     :math:`R/(1+j\omega\tau)`, :math:`C=\tau/R`                        :math:`\ln R, \ln\tau`
=======  ================================================================  ==========================================

The exponent n stays itself and is kept inside [:data:`LOWEST_N`, 1] by the bounds of the fit, so that n = 1 (an ideal
capacitor) is a point the fit can reach and leave. :math:`\omega_r` = 100 rad/s only takes the correlation of Q with n.

An L in series with a plain R may be negative; arsinh is linear for small values and logarithmic for large ones. It is what the series reactance has at the end of the window: the cable's
inductance, less :math:`R^2 C` of an arc so fast that the circuit holds it as the plain R, since there
:math:`R/(1+j\omega RC) \approx R - j\omega R^2 C`. Held above zero it would push that capacitance into R.

Sources: Boukamp, Solid State Ionics 20 (1986) 31 (Q, notation); Orazem & Tribollet, *Electrochemical Impedance
Spectroscopy* (finite-length diffusion). Derivatives are ours; tests hold them against central differences.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray

__all__ = ["ELEMENTS", "LN_REFERENCE", "LOWEST_N", "SERIES_INDUCTANCE_UNIT_H", "SERIES_L", "Element"]

LOWEST_N = 0.3
LN_REFERENCE = float(np.log(100.0))
#: An inductance in series with a plain R counts linearly below this and by its logarithm above.
SERIES_INDUCTANCE_UNIT_H = 1e-6
#: exp of this stays far from overflow even when squared
_LARGEST_EXPONENT = 300.0
_HALF_PI = 0.5 * np.pi
_QUARTER = np.exp(0.25j * np.pi)


@attrs.frozen(kw_only=True)
class Element:
    """One kind of element. ``kinds`` and ``units`` are those of its natural parameters.

    ``impedance_and_rows`` takes ln omega (m,) and theta (b, q) and writes dZ/dtheta into (b, q, m), unless that is None.
    ``scaling`` says how each coordinate moves when the impedance is multiplied by a factor: theta += scaling * ln(factor);
    0 for coordinates that do not move, or (a series L) move otherwise.
    """

    symbol: str
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    scaling: tuple[float, ...]
    impedance_and_rows: Callable[[Array, Array, ComplexArray | None], ComplexArray]


def _resistor(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    impedance = np.empty((len(theta), len(ln_omega)), dtype=complex)
    impedance[:] = np.exp(theta)
    if rows is not None:
        rows[:, 0] = impedance
    return impedance


def _inductor(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    impedance: ComplexArray = 1j * np.exp(theta + ln_omega)
    if rows is not None:
        rows[:, 0] = impedance
    return impedance


def _series_inductor(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    unit: ComplexArray = 1j * np.exp(ln_omega) * SERIES_INDUCTANCE_UNIT_H
    inside = np.clip(theta, -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    impedance: ComplexArray = np.sinh(inside) * unit
    if rows is not None:
        rows[:, 0] = np.cosh(inside) * unit
    return impedance


def _capacitor(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    impedance: ComplexArray = -1j * np.exp(-theta - ln_omega)
    if rows is not None:
        np.negative(impedance, out=rows[:, 0])
    return impedance


def _constant_phase(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    n = theta[:, 1:2]
    shifted = ln_omega - LN_REFERENCE
    impedance: ComplexArray = np.exp(-theta[:, :1] - n * shifted) * np.exp(-1j * _HALF_PI * n)
    if rows is not None:
        np.negative(impedance, out=rows[:, 0])
        np.multiply(impedance, -(shifted + 1j * _HALF_PI), out=rows[:, 1])
    return impedance


def _warburg(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    impedance: ComplexArray = (1.0 - 1.0j) * np.exp(theta - 0.5 * ln_omega)
    if rows is not None:
        rows[:, 0] = impedance
    return impedance


def _tanh(s: ComplexArray) -> ComplexArray:
    """tanh for a positive real part, written so that nothing overflows."""
    less_one: ComplexArray = np.expm1(-2.0 * s)
    result: ComplexArray = -less_one / (2.0 + less_one)
    return result


def _transmissive(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    resistance = np.exp(theta[:, :1])
    s = _QUARTER * np.exp(0.5 * (ln_omega + theta[:, 1:2]))
    tanh = _tanh(s)
    ratio = tanh / s
    impedance: ComplexArray = resistance * ratio
    if rows is not None:
        rows[:, 0] = impedance
        rows[:, 1] = 0.5 * resistance * (1.0 - tanh * tanh - ratio)
    return impedance


def _reflective(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    resistance = np.exp(theta[:, :1])
    s = _QUARTER * np.exp(0.5 * (ln_omega + theta[:, 1:2]))
    coth = 1.0 / _tanh(s)
    ratio = coth / s
    impedance: ComplexArray = resistance * ratio
    if rows is not None:
        rows[:, 0] = impedance
        rows[:, 1] = 0.5 * resistance * (1.0 - coth * coth - ratio)
    return impedance


def _reciprocal(value: ComplexArray) -> ComplexArray:
    """1/value; several times faster than numpy's own complex division, whose scaling these magnitudes do not need."""
    real, imaginary = value.real, value.imag
    scale = 1.0 / (real * real + imaginary * imaginary)
    result = np.empty_like(value)
    np.multiply(real, scale, out=result.real)
    np.multiply(imaginary, -scale, out=result.imag)
    return result


def _arc(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    n = theta[:, 2:3]
    ln_x = ln_omega + theta[:, 1:2]
    power: ComplexArray = np.exp(np.minimum(n * ln_x, _LARGEST_EXPONENT)) * np.exp(1j * _HALF_PI * n)
    power += 1.0
    share = _reciprocal(power)
    impedance: ComplexArray = np.exp(theta[:, :1]) * share
    if rows is not None:
        rows[:, 0] = impedance
        slope = impedance * share
        slope -= impedance
        np.multiply(slope, n, out=rows[:, 1])
        np.multiply(slope, ln_x, out=rows[:, 2])
        slope *= 1j * _HALF_PI
        rows[:, 2] += slope
    return impedance


def _ideal_arc(ln_omega: Array, theta: Array, rows: ComplexArray | None) -> ComplexArray:
    denominator = 1.0 + 1j * np.exp(np.minimum(ln_omega + theta[:, 1:2], _LARGEST_EXPONENT))
    share = _reciprocal(denominator)
    impedance: ComplexArray = np.exp(theta[:, :1]) * share
    if rows is not None:
        rows[:, 0] = impedance
        np.multiply(impedance, share, out=rows[:, 1])
        rows[:, 1] -= impedance
    return impedance


def _card(
    symbol: str, kinds: str, units: str, scaling: tuple[float, ...], function: Callable[..., ComplexArray]
) -> Element:
    return Element(
        symbol=symbol,
        kinds=tuple(kinds.split()),
        units=tuple(units.replace("_", " ") if units != "1" else units for units in units.split()),
        scaling=scaling,
        impedance_and_rows=function,
    )


#: Symbol of an L in series with a plain R, which may be negative.
SERIES_L = "series L"

#: symbol -> card. "RQ" and "RC" are the parallel pairs, fitted with their time constant instead of Q or C.
ELEMENTS: dict[str, Element] = {
    card.symbol: card
    for card in (
        _card("R", "R", "ohm", (1.0,), _resistor),
        _card("L", "L", "H", (1.0,), _inductor),
        _card(SERIES_L, "L", "H", (0.0,), _series_inductor),
        _card("C", "C", "F", (-1.0,), _capacitor),
        _card("Q", "Q n", "S_s^n 1", (-1.0, 0.0), _constant_phase),
        _card("W", "W", "ohm_s^-0.5", (1.0,), _warburg),
        _card("Ws", "Ws tau", "ohm s", (1.0, 0.0), _transmissive),
        _card("Wo", "Wo tau", "ohm s", (1.0, 0.0), _reflective),
        _card("RQ", "R Q n", "ohm S_s^n 1", (1.0, 0.0, 0.0), _arc),
        _card("RC", "R C", "ohm F", (1.0, 0.0), _ideal_arc),
    )
}
