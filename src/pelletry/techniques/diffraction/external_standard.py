r"""Amorphous part by an external standard: another scan, of a powder of known crystallinity, on the same instrument (K factor; OConnorRaven1988).

A phase of mass fraction :math:`W_k` in a thick sample of mass absorption :math:`\mu^*` has the scale :math:`S_k = K W_k/((ZM)_k V_k \mu^*)`. The
standard, of which a fraction :math:`c_s` is crystalline, gives

.. math:: K = S_s (ZM)_s V_s \mu^*_s / c_s, \qquad W_k = S_k (ZM)_k V_k \mu^* / K, \qquad A = 1 - \sum_k W_k .

:math:`\mu^*` are of the elements, the photoelectric part (2 r_e lambda N_A sum n f'' / M, f'' of Cromer and Liberman) for both, so that the neglected
scattering (4 % of the total for corundum at 8 keV) nearly cancels between oxides; with other elements give the sample's own number. Tube, slits, counting and the area in the beam must be those of the standard; only the counting time may differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs

from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.techniques.diffraction.identify.composition import amounts_of
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.microabsorption import linear_absorption_per_m
from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.model.structure import density_kg_per_m3
from pelletry.techniques.diffraction.settings import ExternalStandard

__all__ = ["MeasuredStandard", "amorphous_from_external", "mass_absorption_m2_per_kg"]

_ELECTRON_RADIUS_M = 2.8179403205e-15  # CODATA 2022
_AVOGADRO_PER_MOL = 6.02214076e23
_KEV_ANGSTROM = 12.398419843


@attrs.frozen(kw_only=True)
class MeasuredStandard:
    """The scan of a standard and its refinement."""

    scan: DiffractionScan
    refinement: Refinement


def mass_absorption_m2_per_kg(amounts: Mapping[str, float], wavelength_angstrom: float) -> float:
    """Photoelectric mass absorption of a formula given as atoms by element. [m^2/kg]"""
    gemmi = load_gemmi()
    energy_eV = 1e3 * _KEV_ANGSTROM / wavelength_angstrom
    elements = {e: gemmi.Element(e) for e in amounts}
    f2 = sum(n * gemmi.cromer_liberman(z=elements[e].atomic_number, energy=energy_eV)[1] for e, n in amounts.items())
    mass_kg_per_mol = 1e-3 * sum(n * elements[e].weight for e, n in amounts.items())
    return float(2.0 * _ELECTRON_RADIUS_M * wavelength_angstrom * 1e-10 * _AVOGADRO_PER_MOL * f2 / mass_kg_per_mol)


def amorphous_from_external(
    scan: DiffractionScan,
    refinement: Refinement,
    standard: MeasuredStandard | None,
    given: ExternalStandard,
    *,
    composition: str | None,
) -> Quantity:
    """The part of a sample that the refined phases do not make up; Unresolved says what is missing or does not match."""
    lacking = _lacking(scan, refinement, standard, given, composition)
    if lacking or standard is None:
        return Unresolved(reason=lacking or "no scan of a standard is among the files", unit="1")
    wavelength = refinement.instrument.radiation.lines[0].wavelength_angstrom
    absorption = given.sample_mass_absorption_m2_per_kg
    if absorption is None:
        absorption = mass_absorption_m2_per_kg(amounts_of(composition or ""), wavelength)
    (pure,) = standard.refinement.phases
    of_standard = linear_absorption_per_m(pure.structure, wavelength) / density_kg_per_m3(pure.structure)
    k_factor = _product(pure) / _seconds(standard.scan) * of_standard / given.crystalline_fraction
    crystalline = sum(_product(p) for p in refinement.phases) / _seconds(scan) * absorption / k_factor
    relative = math.hypot(
        _relative_std(refinement), _relative_std(standard.refinement), given.std / given.crystalline_fraction
    )
    return Estimate(
        value=1.0 - crystalline, std=crystalline * relative, unit="1",
        method=f"external standard {pure.name} in {standard.scan.name}, {given.crystalline_fraction:g} crystalline; mass absorption of the sample "
        f"{absorption:.4g} m2/kg taken as exact, same tube, slits and area in the beam",
    )  # fmt: skip


def _product(phase: RefinedPhase) -> float:
    """S (ZM) V."""
    return phase.scale.value * phase.structure.mass_of_cell_g_per_mol * phase.volume_angstrom3.value


def _seconds(scan: DiffractionScan) -> float:
    """What the intensities are divided by to be rates."""
    return (scan.time_per_step_s or 1.0) if scan.intensity_unit == "counts" else 1.0


def _relative_std(refinement: Refinement) -> float:
    """Of the sum of S (ZM) V, with the covariance of the scales where it is kept."""
    weights = [p.structure.mass_of_cell_g_per_mol * p.volume_angstrom3.value for p in refinement.phases]
    total = sum(_product(p) for p in refinement.phases)
    rows = [refinement.names.index(f"{p.name}:scale") for p in refinement.phases]
    if refinement.covariance.size:
        variance = sum(
            a * b * float(refinement.covariance[i, j])
            for a, i in zip(weights, rows, strict=True)
            for b, j in zip(weights, rows, strict=True)
        )
    else:
        variance = sum((a * (p.scale.std or 0.0)) ** 2 for a, p in zip(weights, refinement.phases, strict=True))
    return math.sqrt(max(variance, 0.0)) / total if total > 0 else 0.0


def _lacking(
    scan: DiffractionScan,
    refinement: Refinement,
    standard: MeasuredStandard | None,
    given: ExternalStandard,
    composition: str | None,
) -> str:
    """Why there is no number; empty: there can be one."""
    if standard is None:
        return "no scan of a standard is among the files"
    if any(p.is_le_bail for p in refinement.phases):
        return "a phase without coordinates has no weight fraction"
    if given.sample_mass_absorption_m2_per_kg is None and not composition:
        return "the absorption of the sample needs its composition, or sample_mass_absorption_m2_per_kg"
    if scan.intensity_unit != standard.scan.intensity_unit or not scan.intensity_unit:
        return (
            f"the scan is in '{scan.intensity_unit or 'unknown'}' and the standard in '{standard.scan.intensity_unit or 'unknown'}': "
            "they cannot be compared"
        )
    if scan.intensity_unit == "counts" and not (scan.time_per_step_s and standard.scan.time_per_step_s):
        return "the time per step is not stated in both scans"
    ours, theirs = refinement.instrument.radiation, standard.refinement.instrument.radiation
    if (
        ours.lines[0].wavelength_angstrom != theirs.lines[0].wavelength_angstrom
        or ours.polarisation != theirs.polarisation
    ):
        return "the standard was measured with another radiation or monochromator"
    return ""
