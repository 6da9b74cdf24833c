r"""Brindley's correction of weight fractions, beside the uncorrected ones and never instead.

A particle that absorbs more than the mixture hides its own inside: its phase comes out too small. With the factor :math:`\tau_i` of Brindley (1945) for
spheres of a stated diameter the corrected fractions are :math:`W_i/\tau_i` over their sum. The mean absorption is that by volume of the result
itself, found in a few turns. The correction is meant for :math:`|\mu_i - \bar\mu| D \le 0.1`; beyond 1 no correction is worth its name.

Linear absorption is the photoelectric part, from f'' of Cromer and Liberman: :math:`\mu = 2 r_e \lambda \sum f''/V`; scattering adds a few percent.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi
from pelletry.techniques.diffraction.model.quantify import brindley_factor
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure, volume_angstrom3

__all__ = ["Microabsorption", "linear_absorption_per_m", "microabsorption"]

_ELECTRON_RADIUS_M = 2.8179403205e-15  # CODATA 2022
_KEV_ANGSTROM = 12.398419843
_TURNS = 8
_COARSE = 1.0


@attrs.frozen(kw_only=True)
class Microabsorption:
    """Of one phase: its absorption, the contrast |mu - mean| D, tau, and the corrected weight fraction (Unresolved: why not)."""

    phase: str
    absorption_per_m: float
    contrast_share: float
    tau_factor: float
    corrected: Quantity


def linear_absorption_per_m(structure: Structure, wavelength_angstrom: float) -> float:
    """Photoelectric absorption of a structure. [1/m]"""
    gemmi = load_gemmi()
    energy_eV = 1e3 * _KEV_ANGSTROM / wavelength_angstrom
    total = 0.0
    for site in structure.sites:
        _, f2 = gemmi.cromer_liberman(z=gemmi.Element(site.element).atomic_number, energy=energy_eV)
        total += site.multiplicity * site.occupancy * f2
    volume_m3 = volume_angstrom3(structure.cell) * 1e-30
    return float(2.0 * _ELECTRON_RADIUS_M * wavelength_angstrom * 1e-10 * total / volume_m3)


def microabsorption(refinement: Refinement, diameters_m: Mapping[str, float]) -> tuple[Microabsorption, ...]:
    """Brindley's correction of every phase with a weight fraction, for particles of these diameters; empty for fewer than two phases."""
    phases = [p for p in refinement.phases if p.mass_fraction is not None and p.density_kg_per_m3 is not None]
    if len(phases) < 2 or len(phases) < len(refinement.phases):
        return ()
    missing = [p.name for p in phases if p.name not in diameters_m]
    wavelength = refinement.instrument.radiation.lines[0].wavelength_angstrom
    mu = np.array([linear_absorption_per_m(p.structure, wavelength) for p in phases])
    w = np.array([p.mass_fraction.value for p in phases if p.mass_fraction is not None])
    rho = np.array([p.density_kg_per_m3.value for p in phases if p.density_kg_per_m3 is not None])
    radius = np.array([0.5 * diameters_m.get(p.name, 0.0) for p in phases])
    corrected, tau, mean = w.copy(), np.ones(w.size), 0.0
    for _ in range(_TURNS):
        volume = corrected / rho
        mean = float(np.sum(volume * mu) / np.sum(volume))
        tau = np.array(
            [
                brindley_factor(absorption_per_m=float(m), mean_absorption_per_m=mean, particle_radius_m=float(r))
                for m, r in zip(mu, radius, strict=True)
            ]
        )
        corrected = w / tau / np.sum(w / tau)
    contrast = np.abs(mu - mean) * 2 * radius
    found = []
    for i, phase in enumerate(phases):
        quantity: Quantity
        if missing:
            quantity = Unresolved(reason=f"the particle diameter of {' and '.join(missing)} is not stated", unit="1")
        elif contrast.max() > _COARSE:
            quantity = Unresolved(
                reason=f"|mu - mean| D is {contrast.max():.1f}: too coarse for any correction; grind finer", unit="1"
            )
        else:
            std = None if phase.mass_fraction is None else phase.mass_fraction.std
            quantity = Estimate(
                value=float(corrected[i]), std=std, unit="1",
                method=f"Brindley, spheres of {2e6 * radius[i]:.3g} µm, tau {tau[i]:.3f}; the diameter has no error here",
            )  # fmt: skip
        found.append(
            Microabsorption(
                phase=phase.name, absorption_per_m=float(mu[i]), contrast_share=float(contrast[i]), tau_factor=float(tau[i]),
                corrected=quantity,
            )
        )  # fmt: skip
    return tuple(found)
