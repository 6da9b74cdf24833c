r"""Asymmetric lines broadened by a Gaussian, as photoelectrons of conductors and some transition metals need them.

With :math:`L(x) = 1/(1 + 4 x^2/F^2)`, x growing to higher binding energy, before the Gaussian:

* ``la(a,b)`` (CasaXPS' LA, HarwellXPS): :math:`L^a` above the position and :math:`L^b` below; both 1 is a Voigt line;
* ``lf(a,b,d)``: the same with :math:`e^{-(x/d)^2}` above the position, d in eV, so that the tail ends. CasaXPS' LF damps as well, in a
  measure that is not published: with d fitted this comes within 0.2 % of the height of the one LF line we have point by point;
* ``ds(alpha)`` (Doniach1970): :math:`\cos[\pi\alpha/2 + (1-\alpha) \arctan(2x'/F)] / (F^2/4 + x^2)^{(1-\alpha)/2}` with :math:`x' = -x`.

Areas of ``ds`` and of ``la`` with a <= 1/2 are infinite. Here the area of all three is that within :data:`DONIACH_WINDOW_EV` on either side, and any
number made of it says so. Products in Fourier space broaden; derivatives by the Gaussian width and the position are exact there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import numpy as np

from pelletry.core.arrays import Array

__all__ = [
    "DONIACH_WINDOW_EV",
    "broadened",
    "doniach_height",
    "height_before_broadening",
    "parameters_of",
    "width_of_broadened",
]

#: The area of an asymmetric line is that within this distance of its position, in eV.
DONIACH_WINDOW_EV = 20.0
_STEP_EV = 0.02
_BEYOND_EV = 15.0
_SMALLEST_GAUSS_EV, _SMALLEST_LORENTZ_EV = 0.1, 0.05
_SIGMA_OF_FWHM = 1.0 / np.sqrt(8.0 * np.log(2.0))
_COUNT = {"la": 2, "lf": 3, "ds": 1}
Height = Callable[[Array, Array], Array]


def parameters_of(name: str) -> tuple[str, tuple[float, ...]]:
    """The kind of a broadened shape and its parameters.

    Raises
    ------
    ValueError
        When the name is none of ``la(a,b)``, ``lf(a,b,d)`` and ``ds(alpha)``.

    >>> parameters_of("la(1.4,1.7)")
    ('la', (1.4, 1.7))
    """
    match = re.fullmatch(r"(la|lf|ds)\(([0-9.,e+-]+)\)", name)
    values = tuple(float(text) for text in match[2].split(",")) if match else ()
    if match is None or len(values) != _COUNT[match[1]]:
        raise ValueError(
            f"{name!r} is no line shape; there are la(a,b), lf(a,b,d) and ds(alpha) beside those without parameters"
        )
    return match[1], values


def doniach_height(x: Array, width: Array, alpha: Array) -> Array:
    """The line of Doniach and Sunjic without broadening, its tail at higher binding energy."""
    phase = 0.5 * np.pi * alpha + (1.0 - alpha) * np.arctan(-2.0 * x / width)
    result: Array = np.cos(phase) / (0.25 * width**2 + x**2) ** (0.5 * (1.0 - alpha))
    return result


def height_before_broadening(name: str) -> Height:
    """The line without its Gaussian as a function of distances [eV] (n,) and Lorentzian widths [eV] (b, 1)."""
    kind, values = parameters_of(name)
    if kind == "ds":
        alpha = np.asarray(values[0])
        return lambda x, width: doniach_height(x, width, alpha) * width ** (1.0 - alpha)
    above, below = values[:2]

    def height(x: Array, width: Array) -> Array:
        damped = np.exp(-((np.maximum(x, 0.0) / values[2]) ** 2)) if kind == "lf" else 1.0
        result: Array = (1.0 + 4.0 * (x / width) ** 2) ** -np.where(x > 0.0, above, below) * damped
        return result

    return height


@functools.cache
def broadened(name: str) -> Callable[[Array, Array, Array, Array], tuple[Array, Array]]:
    """The function of such a shape: profiles of area one (b, k) and their derivatives (3, b, k), like every other shape."""
    height = height_before_broadening(name)

    def shape(energy_eV: Array, position: Array, first: Array, second: Array) -> tuple[Array, Array]:
        span = float(np.max(np.abs(energy_eV[[0, -1]][:, None] - position)))
        reach = max(span, DONIACH_WINDOW_EV) + _BEYOND_EV
        half = 1 << int(np.ceil(np.log2(reach / _STEP_EV)))
        x = np.asarray(np.arange(2 * half) - half, dtype=float) * _STEP_EV
        sigma: Array = np.asarray(np.maximum(first, _SMALLEST_GAUSS_EV) * _SIGMA_OF_FWHM, dtype=float)[:, None]
        lorentz: Array = np.maximum(second, _SMALLEST_LORENTZ_EV)[:, None]
        wave: Array = np.asarray(2.0 * np.pi * np.fft.rfftfreq(2 * half, _STEP_EV), dtype=float)
        gauss = np.exp(-0.5 * (wave * sigma) ** 2)
        change: Array = 1e-4 * lorentz
        waves = np.fft.rfft(height(x, lorentz)) * gauss
        up, down = (np.fft.rfft(height(x, lorentz + sign * change)) for sign in (1.0, -1.0))
        parts = np.fft.irfft(
            np.stack(
                [
                    waves,
                    1j * wave * waves,
                    -_SIGMA_OF_FWHM * sigma * wave**2 * waves,
                    (up - down) * gauss / (2 * change),
                ]
            ),
            n=2 * half,
        )
        window = np.abs(x) <= DONIACH_WINDOW_EV
        area, _, area_first, area_second = _STEP_EV * parts[..., window].sum(axis=-1)
        relative: Array = (energy_eV[None, :] - position[:, None]) / _STEP_EV + half
        profile = _read_smoothly(parts[0], parts[1], relative)
        slope, by_first, by_second = (_read(part, relative) for part in parts[1:])
        norm = area[:, None]
        return profile / norm, np.stack(
            [
                -slope / norm,
                (by_first - profile * (area_first / area)[:, None]) / norm,
                (by_second - profile * (area_second / area)[:, None]) / norm,
            ]
        )

    return shape


def _read(values: Array, at: Array) -> Array:
    index = np.floor(at).astype(np.intp)
    share = at - index
    rows = np.arange(len(values))[:, None]
    result: Array = values[rows, index] * (1.0 - share) + values[rows, index + 1] * share
    return result


def _read_smoothly(values: Array, slopes: Array, at: Array) -> Array:
    """Cubic between the points, by values and slopes (per eV) at both."""
    index = np.floor(at).astype(np.intp)
    t = at - index
    rows = np.arange(len(values))[:, None]
    v0, v1 = values[rows, index], values[rows, index + 1]
    s0, s1 = slopes[rows, index] * _STEP_EV, slopes[rows, index + 1] * _STEP_EV
    result: Array = (
        v0 * (1 + 2 * t) * (1 - t) ** 2 + s0 * t * (1 - t) ** 2 + v1 * t**2 * (3 - 2 * t) + s1 * t**2 * (t - 1)
    )
    return result


def width_of_broadened(name: str, first: float, second: float) -> float:
    """Full width of the curve at half its height [eV]."""
    reach = 3.0 * (first + second) + 1.0
    x = np.linspace(-reach, reach, 4001)
    curve = broadened(name)(x, np.array([0.0]), np.array([first]), np.array([second]))[0][0]
    above = np.flatnonzero(curve >= 0.5 * curve.max())
    return float(x[above[-1]] - x[above[0]])
