r"""Line shapes of photoelectron peaks: area one, with derivatives by position and both widths.

All shapes have the same signature: energies (k,), then ``position``, ``first`` and ``second`` of shape (b,); they give the profile
(b, k) [1/eV] and its derivatives by those three, (3, b, k).

* ``voigt``: Gaussian convolved with Lorentzian; first = FWHM of the Gaussian, second = FWHM of the Lorentzian (twice scipy's gamma).
* ``sgl``: CasaXPS' SUM, :math:`(1-m) e^{-4 \ln 2\, x^2/F^2} + m / (1 + 4 x^2/F^2)`; first = F = the FWHM, second = m in percent.
* ``gl``: CasaXPS' PRODUCT, :math:`e^{-4 \ln 2\, (1-m) x^2/F^2} / (1 + 4 m x^2/F^2)`; first = F, which is the FWHM at m = 0 and 100 % only.
* ``la(a,b)``, ``lf(a,b,d)``, ``ds(alpha)``: asymmetric lines broadened by a Gaussian, see :mod:`.asymmetric`; first = FWHM of that Gaussian,
  second = Lorentzian FWHM, as in a Voigt line, which ``la(1,1)`` is.
* ``doniach_sunjic``, without broadening: :math:`\cos[\pi\alpha/2 + (1-\alpha) \arctan(2x/F)] / (F^2/4 + x^2)^{(1-\alpha)/2}`, x growing to LOWER binding
  energy so that the tail lies at higher; first = F, second = alpha in percent. Its area is infinite: here it is that inside
  the window :data:`DONIACH_WINDOW_EV` below and above the position, and any number made of it says so.

Sum and product are two names, so they cannot be mistaken for one another; ``shape_of_text`` reads CasaXPS' ``SGL(30)`` and ``GL(30)``. Its LA and LF
give the width of their Gaussian in a measure of their own that no page states, so they are shown as CasaXPS drew them.

Sources: Fairley2009 (CasaXPS manual: GL, SGL), Doniach1970, Olivero1977 (width of a Voigt line).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.xps.model.asymmetric import DONIACH_WINDOW_EV, broadened, doniach_height, width_of_broadened

__all__ = [
    "DONIACH_WINDOW_EV",
    "SHAPES",
    "ShapeText",
    "doniach_sunjic",
    "fwhm_of_shape",
    "gl",
    "gl_height",
    "is_asymmetric",
    "sgl",
    "sgl_height",
    "shape_function",
    "shape_of_text",
    "voigt",
    "voigt_fwhm",
]

_LN2_4 = 4.0 * np.log(2.0)
_SIGMA_OF_FWHM = 1.0 / np.sqrt(8.0 * np.log(2.0))
_SMALLEST_FWHM_EV = 1e-3


def voigt(energy_eV: Array, position: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Voigt profile by the Faddeeva function w(z); w' = 2i/sqrt(pi) - 2 z w gives all three derivatives."""
    from scipy.special import wofz

    sigma = np.maximum(first, _SMALLEST_FWHM_EV) * _SIGMA_OF_FWHM
    x = energy_eV[None, :] - position[:, None]
    scale = (1.0 / (sigma * np.sqrt(2.0)))[:, None]
    z = (x + 0.5j * second[:, None]) * scale
    w = wofz(z)
    norm = scale / np.sqrt(np.pi)
    profile = norm * w.real
    slope = 2j / np.sqrt(np.pi) - 2.0 * z * w
    by_position = -norm * scale * slope.real
    by_sigma = -(norm / sigma[:, None]) * (w.real + (slope * z).real)
    by_second = -0.5 * norm * scale * slope.imag
    return profile, np.stack([by_position, by_sigma * _SIGMA_OF_FWHM, by_second])


def sgl_height(x: Array, *, fwhm_eV: float, mixing_percent: float) -> Array:
    """CasaXPS' SGL(m) of height one at distance ``x`` [eV] from its position."""
    m = mixing_percent / 100.0
    t = (np.asarray(x) / fwhm_eV) ** 2
    result: Array = (1.0 - m) * np.exp(-_LN2_4 * t) + m / (1.0 + 4.0 * t)
    return result


def gl_height(x: Array, *, fwhm_eV: float, mixing_percent: float) -> Array:
    """CasaXPS' GL(m) of height one at distance ``x`` [eV] from its position."""
    m = mixing_percent / 100.0
    t = (np.asarray(x) / fwhm_eV) ** 2
    result: Array = np.exp(-_LN2_4 * (1.0 - m) * t) / (1.0 + 4.0 * m * t)
    return result


def sgl(energy_eV: Array, position: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Sum of Gaussian and Lorentzian of equal height and width, area one."""
    width, m = np.maximum(first, _SMALLEST_FWHM_EV)[:, None], second[:, None] / 100.0
    x = energy_eV[None, :] - position[:, None]
    t = (x / width) ** 2
    gauss, lorentz = np.exp(-_LN2_4 * t), 1.0 / (1.0 + 4.0 * t)
    area_gauss, area_lorentz = np.sqrt(np.pi / _LN2_4), np.pi / 2.0
    unit_area = (1.0 - m) * area_gauss + m * area_lorentz
    area = width * unit_area
    height = (1.0 - m) * gauss + m * lorentz
    by_t = -(1.0 - m) * _LN2_4 * gauss - 4.0 * m * lorentz**2
    by_position = by_t * (-2.0 * x / width**2) / area
    by_width = (by_t * (-2.0 * t / width) - height / width) / area
    by_m = ((lorentz - gauss) - height * (area_lorentz - area_gauss) / unit_area) / area / 100.0
    return height / area, np.stack([by_position, by_width, by_m])


def _gl_area(m: Array) -> tuple[Array, Array]:
    r"""Area of GL for F = 1 and its derivative by m: :math:`\int e^{-a x^2}/(1+c x^2)dx = \pi/\sqrt{c}\, e^{a/c} erfc(\sqrt{a/c})`."""
    from scipy.special import erfcx

    step = 1e-5

    def area(values: Array) -> Array:
        a, c = _LN2_4 * (1.0 - values), 4.0 * np.maximum(values, 1e-9)
        result: Array = np.pi / np.sqrt(c) * erfcx(np.sqrt(a / c))
        return result

    inside = np.clip(m, 1e-4, 1.0 - 1e-4)
    return area(np.clip(m, 0.0, 1.0)), (area(inside + step) - area(inside - step)) / (2.0 * step)


def gl(energy_eV: Array, position: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Product of Gaussian and Lorentzian, area one."""
    width, m = np.maximum(first, _SMALLEST_FWHM_EV)[:, None], second[:, None] / 100.0
    x = energy_eV[None, :] - position[:, None]
    t = (x / width) ** 2
    denominator = 1.0 + 4.0 * m * t
    height = np.exp(-_LN2_4 * (1.0 - m) * t) / denominator
    unit_area, area_slope = _gl_area(m)
    area = width * unit_area
    by_t = height * (-_LN2_4 * (1.0 - m) - 4.0 * m / denominator)
    by_position = by_t * (-2.0 * x / width**2) / area
    by_width = (by_t * (-2.0 * t / width) - height / width) / area
    by_m = (height * (_LN2_4 * t - 4.0 * t / denominator) - height * area_slope / unit_area) / area / 100.0
    return height / area, np.stack([by_position, by_width, by_m])


def doniach_sunjic(energy_eV: Array, position: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Asymmetric line of a conductor, area one inside its window; derivatives by central differences."""
    reach = np.linspace(-DONIACH_WINDOW_EV, DONIACH_WINDOW_EV, 2001)

    def profile(at: Array, width: Array, percent: Array) -> Array:
        w, alpha = np.maximum(width, _SMALLEST_FWHM_EV)[:, None], percent[:, None] / 100.0
        inside = doniach_height(reach[None, :], w, alpha)
        area = (reach[1] - reach[0]) * (inside.sum(axis=1) - 0.5 * (inside[:, 0] + inside[:, -1]))
        height = doniach_height(energy_eV[None, :] - at[:, None], w, alpha)
        result: Array = height / area[:, None]
        return result

    steps = (1e-4, 1e-4, 1e-2)
    values = [position, first, second]
    slopes = []
    for i, step in enumerate(steps):
        up, down = list(values), list(values)
        up[i], down[i] = values[i] + step, values[i] - step
        slopes.append((profile(*up) - profile(*down)) / (2.0 * step))
    return profile(position, first, second), np.stack(slopes)


Shape = Callable[[Array, Array, Array, Array], tuple[Array, Array]]
#: The shapes without parameters of their own, by the names that settings use.
SHAPES: dict[str, Shape] = {"voigt": voigt, "sgl": sgl, "gl": gl, "doniach_sunjic": doniach_sunjic}


def shape_function(name: str) -> Shape:
    """The function of a shape by its name: one of :data:`SHAPES`, or ``la(1.4,1.7)``, ``lf(0.54,10,20)``, ``ds(0.1)``."""
    return SHAPES.get(name) or broadened(name)


def voigt_fwhm(gauss_eV: float, lorentz_eV: float) -> float:
    """Full width of a Voigt line at half its height [eV], good to 0.02 % (Olivero1977).

    >>> round(voigt_fwhm(1.0, 0.0), 4), round(voigt_fwhm(0.0, 1.0), 4)
    (1.0, 1.0)
    """
    return float(0.5346 * lorentz_eV + np.sqrt(0.2166 * lorentz_eV**2 + gauss_eV**2))


def is_asymmetric(shape: str) -> bool:
    """Whether the area of a line is that within :data:`DONIACH_WINDOW_EV` of its position."""
    return shape not in ("voigt", "sgl", "gl")


def fwhm_of_shape(shape: str, first: float, second: float) -> float:
    """Full width of the curve at half its height [eV], whatever the shape calls its parameters."""
    if shape == "voigt":
        return voigt_fwhm(first, second)
    if shape == "sgl":
        return first
    if shape not in SHAPES:
        return width_of_broadened(shape, first, second)
    x = np.linspace(-3.0 * first, 3.0 * first, 6001)
    if shape == "gl":
        height = gl_height(x, fwhm_eV=first, mixing_percent=second)
    else:
        height = doniach_height(x, np.asarray(first), np.asarray(second / 100.0))
    above = x[height >= 0.5 * height.max()]
    return float(above[-1] - above[0])


@attrs.frozen(kw_only=True)
class ShapeText:
    """CasaXPS' name of a line shape, read: ``shape`` is empty when it is shown only and never computed."""

    text: str
    shape: str = ""
    mixing_percent: float | None = None


def shape_of_text(text: str) -> ShapeText:
    """``SGL(30)`` and ``GL(30)`` to the shape they name; LA, LF and all others are kept as a text.

    >>> shape_of_text("SGL(30)").shape, shape_of_text("GL(30)").shape, shape_of_text("LF(0.54,10,80,100,6)").shape
    ('sgl', 'gl', '')
    """
    match = re.fullmatch(r"\s*(S?GL)\(\s*(\d+(?:\.\d+)?)\s*\)\s*", text)
    if match is None or not 0.0 <= float(match[2]) <= 100.0:
        return ShapeText(text=text.strip())
    return ShapeText(text=text.strip(), shape=match[1].lower(), mixing_percent=float(match[2]))
