r"""A virtual powder diffractometer: a mixture of phases on a Bragg-Brentano goniometer with a sealed tube, counted photon by photon.

The expected counts are the pattern of the phases (structure factors, profile, Kα1 and Kα2, displacement, texture, size and strain,
from the forward model of the diffraction technique, which has tests of its own against independent programs) on a background of a constant,
a slope and scattering of air :math:`\propto 1/2\theta`; each point is a Poisson draw. Cells follow stated expansion laws when the
furnace is on. The same seed gives the same counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.calculate import calculate, scales_of_fractions
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import KBETA_ANGSTROM
from pelletry.techniques.diffraction.model.structure import Cell, Structure
from pelletry.virtual.diffractometer_files import ScanFile

__all__ = ["DiffractometerTruth", "PhaseTruth", "angles_from", "expected_counts", "measured_scan"]

_REFERENCE_K = 298.15


@attrs.frozen(kw_only=True)
class PhaseTruth:
    """One phase as it is. The cell is that of ``structure`` at 25 °C.

    ``expansion_per_K`` are the linear coefficients of a, b and c. ``size_m`` None: large, ``strain`` None: none. ``size_along_m`` or
    ``strain_along``: an axis and the size or strain along it, the plain ones then hold across it. ``texture`` is the March-Dollase axis and r.
    """

    structure: Structure
    mass_fraction: float
    size_m: float | None = None
    strain: float | None = None
    size_along_m: tuple[tuple[int, int, int], float] | None = None
    strain_along: tuple[tuple[int, int, int], float] | None = None
    texture: tuple[tuple[int, int, int], float] | None = None
    expansion_per_K: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def cell_at(self, temperature_K: float) -> Cell:
        """The cell at a temperature; angles do not move."""
        a, b, c, alpha, beta, gamma = self.structure.cell
        f = [1.0 + x * (temperature_K - _REFERENCE_K) for x in self.expansion_per_K]
        return a * f[0], b * f[1], c * f[2], alpha, beta, gamma

    def structure_at(self, temperature_K: float) -> Structure:
        return attrs.evolve(self.structure, cell=self.cell_at(temperature_K))


@attrs.frozen(kw_only=True)
class DiffractometerTruth:
    """Instrument and sample holder. ``highest_counts`` is the expected count at the top of the strongest peak, background apart.

    The background is ``background_counts`` at 45° with ``slope_counts_per_degree``, plus ``air_counts`` at 10° falling as 1/2theta.
    """

    instrument: Instrument
    displacement_m: float = 0.0
    highest_counts: float = 8000.0
    background_counts: float = 200.0
    slope_counts_per_degree: float = 0.0
    air_counts: float = 150.0
    time_per_step_s: float = 1.0

    def background(self, two_theta_deg: Array) -> Array:
        x = two_theta_deg
        level = self.background_counts + self.slope_counts_per_degree * (x - 45.0) + self.air_counts * 10.0 / x
        return np.asarray(np.maximum(level, 0.0))


def angles_from(start_deg: float, end_deg: float, step_deg: float) -> Array:
    """2theta in equal steps, both ends included as far as the step allows. [deg]"""
    return np.asarray(start_deg + step_deg * np.arange(round((end_deg - start_deg) / step_deg) + 1))


def expected_counts(
    phases: Sequence[PhaseTruth],
    truth: DiffractometerTruth,
    two_theta_deg: Array,
    *,
    temperature_K: float = _REFERENCE_K,
    fractions: Sequence[float] | None = None,
) -> Array:
    """Counts without noise, shape (n,). ``fractions`` replace the phases' own, for a transition in a series."""
    present = [(p, p.mass_fraction if fractions is None else fractions[i]) for i, p in enumerate(phases)]
    present = [(p, f) for p, f in present if f > 0]
    structures = [p.structure_at(temperature_K) for p, _ in present]
    curve = calculate(
        two_theta_deg,
        structures,
        truth.instrument,
        scales=scales_of_fractions(structures, [f for _, f in present], 1.0),
        sizes_m={p.structure.name: p.size_m for p, _ in present if p.size_m is not None},
        strains={p.structure.name: p.strain for p, _ in present if p.strain is not None},
        sizes_along_m={p.structure.name: p.size_along_m for p, _ in present if p.size_along_m is not None},
        strains_along={p.structure.name: p.strain_along for p, _ in present if p.strain_along is not None},
        textures={p.structure.name: p.texture for p, _ in present if p.texture is not None},
        displacement_m=truth.displacement_m,
    )
    return np.asarray(curve * (truth.highest_counts / float(np.max(curve))) + truth.background(two_theta_deg))


def measured_scan(
    phases: Sequence[PhaseTruth],
    truth: DiffractometerTruth,
    two_theta_deg: Array,
    *,
    seed: int,
    temperature_K: float | None = None,
    fractions: Sequence[float] | None = None,
    acquired_at: str = "2023-02-01T10:00:00+00:00",
) -> ScanFile:
    """One scan with Poisson counts. ``temperature_K`` None: no furnace, the sample is at 25 °C."""
    kelvin = _REFERENCE_K if temperature_K is None else temperature_K
    exact = expected_counts(phases, truth, two_theta_deg, temperature_K=kelvin, fractions=fractions)
    counts = np.random.default_rng(seed).poisson(exact).astype(np.float64)
    lines = truth.instrument.radiation.sharp_lines
    anode = truth.instrument.radiation.name.split()[0]
    shares = fractions or [p.mass_fraction for p in phases]
    words = ", ".join(f"{p.structure.name} {100 * f:.3g} wt%" for p, f in zip(phases, shares, strict=True))
    return ScanFile(
        two_theta_deg=two_theta_deg,
        counts=counts,
        comment=f"simulated, not measured: {words}; seed {seed}",
        anode=anode,
        alpha1_angstrom=lines[0].wavelength_angstrom,
        alpha2_angstrom=lines[1].wavelength_angstrom if len(lines) > 1 else 0.0,
        beta_angstrom=KBETA_ANGSTROM.get(anode, 0.0),
        alpha2_ratio=lines[1].weight / lines[0].weight if len(lines) > 1 else 0.0,
        radius_m=truth.instrument.radius_m or 0.2,
        time_per_step_s=truth.time_per_step_s,
        temperature_K=temperature_K,
        acquired_at=acquired_at,
    )
