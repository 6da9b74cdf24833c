"""Peaks of a raw pattern, before any phase is known.

A peak is a local maximum of the net intensity seen through a filter of its own width, with a significance from counting statistics. The
second line of the tube makes a second maximum behind each strong peak; what the first line already explains is taken away, so that one
reflection is one peak. Widths come from the half height of the filtered peak, corrected for the filter.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.identify.background import background_under_peaks
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.radiation import Radiation

__all__ = ["Peak", "WidthLaw", "find_peaks", "significance_through", "width_law"]

LEAST_SIGNIFICANCE = 6.0
_NARROWEST_DEG = 0.04
_SIGMA_OF_FWHM = 1.0 / 2.354820045
#: Share of a strong peak's height that its own tails and second line may leave as a false maximum nearby.
_SHADOW = 0.04


@attrs.frozen(kw_only=True)
class Peak:
    """One peak: position of the first line of the tube, net height and strength (net area, intensity times degrees), full width, significance."""

    two_theta_deg: float
    height: float
    strength: float
    fwhm_deg: float
    significance: float


@attrs.frozen(kw_only=True)
class WidthLaw:
    """Full width of the narrow peaks of a pattern, FWHM^2 = W + U tan^2(theta), in degrees of 2theta."""

    W_deg2: float
    U_deg2: float

    def fwhm_deg(self, two_theta_deg: Array) -> Array:
        """Full width at half maximum at each angle. [deg]"""
        tangent = np.tan(np.radians(np.clip(two_theta_deg, 1.0, 170.0)) / 2.0)
        width: Array = np.sqrt(self.W_deg2 + self.U_deg2 * tangent * tangent)
        return width


def _kernel(step_deg: float, fwhm_deg: float) -> Array:
    half = max(1, round(1.5 * fwhm_deg / step_deg))
    x = np.arange(-half, half + 1) * step_deg
    kernel: Array = np.exp(-0.5 * (x / (fwhm_deg * _SIGMA_OF_FWHM)) ** 2)
    return kernel


def significance_through(signal: Array, std: Array, step_deg: float, fwhm_deg: float) -> tuple[Array, Array]:
    """Height of a peak of that width at every point by least squares, and that height over its standard deviation."""
    kernel = _kernel(step_deg, fwhm_deg)
    weight = 1.0 / (std * std)
    top = np.convolve(signal * weight, kernel[::-1], mode="same")
    below = np.convolve(weight, (kernel * kernel)[::-1], mode="same")
    height = top / np.maximum(below, 1e-300)
    return height, top / np.sqrt(np.maximum(below, 1e-300))


def _parabola(y: Array, i: int) -> float:
    """Offset of the maximum from point i, in steps."""
    if i == 0 or i == y.size - 1:
        return 0.0
    bend = y[i - 1] - 2.0 * y[i] + y[i + 1]
    return float(np.clip(0.5 * (y[i - 1] - y[i + 1]) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _half_width(y: Array, i: int, step_deg: float) -> float:
    """Full width at half height around point i, from the nearer side when peaks overlap. [deg]"""
    half = 0.5 * y[i]
    sides = []
    for part in (y[i::-1], y[i:]):
        below = np.flatnonzero(part < half)
        rising = np.flatnonzero(np.diff(part) > 0)
        if below.size and (not rising.size or below[0] <= rising[0] + 1):
            k = int(below[0])
            sides.append(k - 1 + (part[k - 1] - half) / max(part[k - 1] - part[k], 1e-300))
    return 2.0 * min(sides) * step_deg if sides else float("nan")


def _second_line_shift_deg(two_theta_deg: float, radiation: Radiation) -> tuple[float, float]:
    """How far behind, and how strong, the strongest other line stands."""
    lines = radiation.sharp_lines
    if len(lines) < 2:
        return 0.0, 0.0
    first, second = lines[0], lines[1]
    sine = np.sin(np.radians(two_theta_deg) / 2.0) * second.wavelength_angstrom / first.wavelength_angstrom
    if sine >= 1.0:
        return 0.0, 0.0
    return float(2.0 * np.degrees(np.arcsin(sine)) - two_theta_deg), second.weight / first.weight


def _is_shadow(candidate: Peak, strong: Peak, radiation: Radiation) -> bool:
    """Is the candidate the second line, or the unruly foot, of a stronger peak?"""
    apart = candidate.two_theta_deg - strong.two_theta_deg
    shift, ratio = _second_line_shift_deg(strong.two_theta_deg, radiation)
    width = strong.fwhm_deg
    if shift and abs(apart - shift) < 0.6 * width and candidate.height < 1.35 * ratio * strong.height:
        return True
    return abs(apart) < 2.5 * width and candidate.height < _SHADOW * strong.height


def find_peaks(
    pattern: Pattern, radiation: Radiation, *, fwhm_deg: float = 0.12, least_significance: float = LEAST_SIGNIFICANCE
) -> tuple[Peak, ...]:
    """The peaks of a pattern by rising angle, each with at least that significance (in standard deviations of counting)."""
    x = pattern.two_theta_deg[pattern.use]
    if x.size < 20:
        return ()
    step = float(np.median(np.diff(x)))
    y, std = pattern.intensity[pattern.use], pattern.std[pattern.use]
    net = y - background_under_peaks(x, y)
    found = _maxima(x, net, std, step, max(fwhm_deg, 2.5 * step), least_significance)
    kept: list[Peak] = []
    for peak in sorted(found, key=lambda p: -p.height):
        if not any(_is_shadow(peak, strong, radiation) for strong in kept):
            kept.append(peak)
    return tuple(sorted(kept, key=lambda p: p.two_theta_deg))


def _maxima(x: Array, net: Array, std: Array, step: float, fwhm_deg: float, least: float) -> list[Peak]:
    height, significance = significance_through(net, std, step, fwhm_deg)
    narrow_deg = max(0.05, 2.2 * step)
    kernel = _kernel(step, narrow_deg)
    seen = np.convolve(net, kernel / kernel.sum(), mode="same")
    top = np.flatnonzero((height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:]) & (significance[1:-1] > least)) + 1
    found = []
    for i in top:
        reach = max(1, round(0.5 * fwhm_deg / step))
        first = max(0, int(i) - reach)
        summit = first + int(np.argmax(seen[first : int(i) + reach + 1]))
        filtered = _half_width(seen, summit, step)
        width = np.sqrt(max(filtered**2 - narrow_deg**2, _NARROWEST_DEG**2)) if np.isfinite(filtered) else fwhm_deg
        # The filter lowers a Gaussian of width w to w / sqrt(w^2 + f^2) of its height.
        true_height = float(seen[summit]) * float(np.hypot(width, narrow_deg)) / max(float(width), _NARROWEST_DEG)
        area = 1.0645 * float(width) * true_height
        found.append(
            Peak(
                two_theta_deg=float(x[summit] + _parabola(seen, summit) * step),
                height=true_height,
                strength=area,
                fwhm_deg=float(width),
                significance=float(significance[i]),
            )
        )
    return found


def width_law(peaks: tuple[Peak, ...]) -> WidthLaw:
    """The width of the narrow peaks: the lower quartile at low and at high angles; a usual laboratory width when too few peaks."""
    good = [p for p in peaks if p.significance > 15.0 and np.isfinite(p.fwhm_deg)]
    if len(good) < 4:
        return WidthLaw(W_deg2=0.10**2, U_deg2=0.02)
    tangent2 = np.array([np.tan(np.radians(p.two_theta_deg) / 2.0) ** 2 for p in good])
    width2 = np.array([p.fwhm_deg**2 for p in good])
    low = tangent2 <= np.median(tangent2)
    start = float(np.quantile(width2[low], 0.3))
    end = float(np.quantile(width2[~low], 0.3)) if (~low).any() else start
    span = float(np.mean(tangent2[~low]) - np.mean(tangent2[low])) if (~low).any() else 1.0
    return WidthLaw(W_deg2=max(start, _NARROWEST_DEG**2), U_deg2=max(0.0, (end - start) / max(span, 1e-3)))
