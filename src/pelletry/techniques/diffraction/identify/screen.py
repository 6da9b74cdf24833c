r"""Which candidates are worth a refinement: every candidate against the net intensity, all strains of its cell at once.

On the axis :math:`u = \ln\sin\theta` a cell that is larger by the factor 1 + e moves every line by the same -e. A candidate's pattern p(u)
is therefore compared with the residual r(u) at all strains by one correlation; with s the best scale at a strain,

.. math:: \Delta\chi^2 = \left(\sum p r/\sigma^2\right)^2 / \sum p^2/\sigma^2 ,

where :math:`\sigma^2` holds the counting error and a share of what is already explained, since no profile is perfect. Beside it stands
the share of the candidate's strongest lines that are there at that scale: a phase whose second line is missing is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.identify.lines import line_table, strongest
from pelletry.techniques.diffraction.identify.peaks import WidthLaw
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.radiation import Radiation
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["Screen", "Screened", "likeness"]

LARGEST_STRAIN = 0.015
_STEP = 2.0e-4
_MODEL_SHARE = 0.08
_BACKGROUND_SHARE = 0.02
#: What a cell may differ from the table without a word: composition and temperature.
_USUAL_STRAIN = 0.006
_LINES_LOOKED_AT = 10
_REACH = 5.0


@attrs.frozen(kw_only=True)
class Screened:
    """One candidate at its best strain: gain in chi^2 over counting and model error, and the share of its strong lines that are there."""

    number: int
    name: str
    strain: float
    gain: float
    scale: float
    lines_there: float
    is_wide: bool = False

    @property
    def merit(self) -> float:
        """What candidates are ranked by."""
        strain = self.strain / _USUAL_STRAIN
        return self.gain * self.lines_there**2 * float(np.exp(-0.5 * strain * strain))


def _pseudo_voigt(x: Array) -> Array:
    """Half Gaussian, half Lorentzian of full width 1 and area 1."""
    gauss = 0.9394372787 * np.exp(-2.7725887222 * x * x)
    lorentz = 0.6366197724 / (1.0 + 4.0 * x * x)
    return 0.5 * (gauss + lorentz)


class Screen:
    """The axis u of one pattern and the patterns of all candidates on it; made once, used for every residual."""

    def __init__(
        self,
        pattern: Pattern,
        radiation: Radiation,
        candidates: Sequence[Structure],
        width: WidthLaw,
        *,
        blur_deg: float = 0.04,
    ) -> None:
        x = pattern.two_theta_deg[pattern.use]
        self._x = x
        self._std = pattern.std[pattern.use]
        self.radiation = radiation
        self.candidates = tuple(candidates)
        self._low, self._high = (float(np.log(np.sin(np.radians(end) / 2.0))) for end in (x[0], x[-1]))
        self.u = np.arange(self._low, self._high, _STEP)
        self.two_theta_deg = np.degrees(2.0 * np.arcsin(np.exp(self.u)))
        step = float(np.median(np.diff(x)))
        # Points of the pattern per point of u: makes sums over u equal to sums over the pattern.
        self._measure = np.gradient(self.two_theta_deg) / step
        self._width = width
        self._blur_deg = blur_deg
        self._margin = round(LARGEST_STRAIN / _STEP)
        self._size = 1 << int(np.ceil(np.log2(self.u.size + 2 * self._margin)))
        self.tables = [line_table(c, radiation, float(x[-1]) + 2.0) for c in self.candidates]
        self.profiles = [self._profile(number) for number in range(len(self.candidates))]
        self._spectra = np.array([np.fft.rfft(p, self._size) for p in self.profiles])
        self._squares = np.array([np.fft.rfft(p * p, self._size) for p in self.profiles])

    def fwhm_deg(self, two_theta_deg: Array) -> Array:
        """Width of a peak as the screen sees it."""
        return np.hypot(self._width.fwhm_deg(two_theta_deg), self._blur_deg)

    def _profile(self, number: int) -> Array:
        """Pattern of a candidate at strain 0 and scale 1, on u; intensity per degree."""
        table = self.tables[number]
        profile = np.zeros(self.u.size)
        total = sum(line.weight for line in self.radiation.lines)
        for line in self.radiation.lines:
            sine = line.wavelength_angstrom / (2.0 * table.d_angstrom)
            good = (sine < 1.0) & (table.strength > 0)
            if not good.any():
                continue
            centre = np.log(sine[good])
            angle = np.degrees(2.0 * np.arcsin(sine[good]))
            width = self.fwhm_deg(angle)
            # d(2 theta)/du = 2 tan(theta), in degrees
            width_u = width / (2.0 * np.degrees(np.tan(np.radians(angle) / 2.0)))
            area = table.strength[good] * line.weight / total
            for c, w, w_u, a in zip(centre, width, width_u, area, strict=True):
                first = int(np.ceil((c - _REACH * w_u - self._low) / _STEP))
                last = int(np.floor((c + _REACH * w_u - self._low) / _STEP))
                first, last = max(first, 0), min(last, self.u.size - 1)
                if first <= last:
                    here = self.u[first : last + 1]
                    profile[first : last + 1] += a / w * _pseudo_voigt((here - c) / w_u)
        return profile

    def _on_u(self, values: Array) -> Array:
        on_u: Array = np.interp(self.two_theta_deg, self._x, values)
        return on_u

    def rank(self, residual: Array, explained: Array, background: Array) -> list[Screened]:
        """All candidates against what is left, best first. Arrays over the used points of the pattern."""
        if not self.candidates:
            return []
        variance = self._std**2 + (_MODEL_SHARE * explained) ** 2 + (_BACKGROUND_SHARE * background) ** 2
        weight = self._measure / self._on_u(variance)
        left = self._on_u(residual)
        top = self._correlated(self._spectra, left * weight)
        below = self._correlated(self._squares, weight)
        scale = np.maximum(top, 0.0) / np.maximum(below, 1e-300)
        strains = (self._margin - np.arange(2 * self._margin + 1)) * _STEP
        usual = np.exp(-0.5 * (strains / _USUAL_STRAIN) ** 2)
        gain = scale * np.maximum(top, 0.0)
        sigma = np.sqrt(self._on_u(variance))
        found = []
        for number, structure in enumerate(self.candidates):
            if not structure.sites:
                continue
            best = int(np.argmax(gain[number] * usual))
            strain, size = float(strains[best]), float(scale[number, best])
            found.append(
                Screened(
                    number=number,
                    name=structure.name,
                    strain=strain,
                    gain=float(gain[number, best]),
                    scale=size,
                    lines_there=self._lines_there(number, strain, size, left, sigma),
                )
            )
        return sorted(found, key=lambda s: -s.merit)

    def moved(self, number: int, strain: float) -> Array:
        """Pattern of a candidate at a strain and scale 1, on the used points of the pattern."""
        return np.interp(
            self._x, np.degrees(2.0 * np.arcsin(np.minimum(np.exp(self.u - strain), 1.0))), self.profiles[number]
        )

    def _correlated(self, spectra: Array, values: Array) -> Array:
        """sum_u values(u + k) p(u) for shifts k = -margin..margin, every candidate: shape (candidates, 2 margin + 1)."""
        whole = np.fft.irfft(np.conj(spectra) * np.fft.rfft(values, self._size), self._size)
        return np.concatenate([whole[:, -self._margin :], whole[:, : self._margin + 1]], axis=1)

    def _lines_there(self, number: int, strain: float, scale: float, left: Array, sigma: Array) -> float:
        """Share, weighted by strength, of the strongest lines whose predicted area is found, at least by half, in what is left."""
        table = self.tables[number]
        shown = strongest(table, 40, two_theta_min_deg=float(self._x[0]))
        profile = scale * self.profiles[number]
        shift = round(-strain / _STEP)
        moved = np.roll(profile, shift)
        expected: list[float] = []
        held: list[float] = []
        for i in shown:
            u = np.log(np.sin(np.radians(table.two_theta_deg[i]) / 2.0)) - strain
            centre = round((u - self._low) / _STEP)
            if not 0 <= centre < self.u.size or len(expected) == _LINES_LOOKED_AT:
                continue
            width_u = float(self.fwhm_deg(table.two_theta_deg[i])) / (
                2.0 * np.degrees(np.tan(np.radians(table.two_theta_deg[i]) / 2.0))
            )
            half = max(1, round(0.7 * width_u / _STEP))
            window = slice(max(0, centre - half), centre + half + 1)
            here = self._measure[window]
            wanted = float(np.sum(moved[window] * here))
            noise = float(np.sqrt(np.sum(sigma[window] ** 2 * here)))
            if wanted < 2.0 * noise:
                continue
            expected.append(wanted)
            held.append(float(np.clip(np.sum(left[window] * here) / wanted, 0.0, 1.0)))
        if not expected:
            return 1.0
        return float(np.average(np.clip(2.0 * np.array(held), 0.0, 1.0), weights=np.sqrt(expected)))


def likeness(screen: Screen, first: int, second: int) -> float:
    """How alike the patterns of two candidates are when one of them is strained to fit the other: a cosine, 1 for the same."""
    spectra = screen._spectra
    whole = np.fft.irfft(np.conj(spectra[first]) * spectra[second], screen._size)
    near = np.concatenate([whole[-2 * screen._margin :], whole[: 2 * screen._margin + 1]])
    norms = np.linalg.norm(screen.profiles[first]) * np.linalg.norm(screen.profiles[second])
    return float(near.max() / norms) if norms > 0 else 0.0
