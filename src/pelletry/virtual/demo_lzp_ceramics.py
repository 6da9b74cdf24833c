"""The ceramic of the demo study ``lzp``: scans, spectra of the pellet, its surface, and the layer on it."""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.virtual.demo_lzp_kit import AREA_M2, CELL_K, PRINTED, THICKNESS_M, LzpFolder, random_of
from pelletry.virtual.electron_probe import LayerTruth, layer_counts, line_scan_csv
from pelletry.virtual.photoelectron_spectrometer import (
    PhotoelectronSpectrometer,
    lzp_pellet,
    lzp_regions,
    measured_regions,
    vamas_bytes,
)
from pelletry.virtual.spectrometer import (
    ArrheniusLaw,
    PelletTruth,
    SpectrometerTruth,
    frequencies_log_spaced,
    measured_spectrum,
)
from pelletry.virtual.spectrum_files import z_text

__all__ = ["diffraction", "layer", "pellet_spectra", "surface"]

_TEMPERATURES_DEGC = (60, 70, 80, 90, 100, 110, 120)
_STAGE_DEGC = (25, 35, 45, 50, 55, 60, 80, 100)
_TRANSITION_WIDTH_K = 3.0
_EXPANSION_PER_K = (4e-6, 4e-6, 12e-6)
_BOLTZMANN_EV_PER_K = 8.617333262e-5
_VACUUM_F_PER_M = 8.8541878128e-12
_INSTRUMENT = SpectrometerTruth(inductance_H=0.3e-6, noise_fraction=0.003, temperature_std_K=0.2)


def diffraction(folder: LzpFolder) -> None:
    """Standard, pellet and heating stage."""
    from pelletry.techniques.diffraction.model.instrument import Instrument
    from pelletry.techniques.diffraction.model.radiation import radiation_of
    from pelletry.techniques.diffraction.phases import named_phases
    from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, measured_scan
    from pelletry.virtual.diffractometer_files import xrdml_text

    alpha, prime, lab6 = named_phases(["lzp-r3c", "lzp-c1", "lab6"]).structures
    truth = DiffractometerTruth(
        instrument=Instrument(
            radiation=radiation_of("Cu"), radius_m=0.24, W=0.004, X=0.02, Y=0.03, axial_divergence=0.02
        )
    )
    phases = [
        PhaseTruth(structure=alpha, mass_fraction=PRINTED["rhombohedral"], expansion_per_K=_EXPANSION_PER_K),
        PhaseTruth(structure=prime, mass_fraction=PRINTED["triclinic"], expansion_per_K=_EXPANSION_PER_K),
    ]
    standard = measured_scan(
        [PhaseTruth(structure=lab6, mass_fraction=1.0)], truth, angles_from(18, 70, 0.02), seed=660
    )
    # The comment of a scan names its phases; the truth stays out of the folder.
    silent = "simulated, not measured"
    folder.put(
        "xrd/LaB6.xrdml",
        xrdml_text([attrs.evolve(standard, comment=silent)]),
        sample="*",
        technique="diffraction",
        role="standard",
    )
    scan = measured_scan(phases, truth, angles_from(12, 55, 0.02), seed=83)
    folder.put(
        "xrd/LZP_RT.xrdml", xrdml_text([attrs.evolve(scan, comment=silent)]), sample="LZP", technique="diffraction"
    )
    for number, degC in enumerate(_STAGE_DEGC):
        kelvin = degC + 273.15
        triclinic = 1 / (1 + math.exp((kelvin - PRINTED["transition"]) / _TRANSITION_WIDTH_K))
        scan = measured_scan(
            phases,
            truth,
            angles_from(12, 45, 0.025),
            seed=100 + number,
            temperature_K=kelvin,
            fractions=[1 - triclinic, triclinic],
            acquired_at=f"2023-02-01T10:{6 * number:02d}:00+00:00",
        )
        folder.put(
            f"xrd/LZP_HT_{number + 1:02d}.xrdml",
            xrdml_text([attrs.evolve(scan, comment=silent)]),
            sample="LZP HT-XRD",
            technique="diffraction",
        )


def _law(at_80C_S_per_m: float, energy_eV: float) -> ArrheniusLaw:
    shift = math.exp(-energy_eV / _BOLTZMANN_EV_PER_K * (1 / 298.15 - 1 / CELL_K))
    return ArrheniusLaw(
        conductivity_25C_S_per_m=at_80C_S_per_m * CELL_K / 298.15 * shift, activation_energy_eV=energy_eV
    )


def pellet_spectra(folder: LzpFolder) -> None:
    truth = PelletTruth(
        thickness_m=THICKNESS_M,
        electrode_area_m2=AREA_M2,
        total=_law(PRINTED["conductivity"], PRINTED["energy"]),
        grain=_law(0.04, 0.32),
        grain_capacitance_F=20 * _VACUUM_F_PER_M * AREA_M2 / THICKNESS_M,
        boundary_capacitance_F=1.0e-9,
        boundary_exponent=0.95,
        electrode_q=2e-6,
        electrode_exponent=0.85,
    )
    random = random_of("LZP impedance")
    frequency = frequencies_log_spaced(highest_Hz=1e6, lowest_Hz=1.0, points_per_decade=10)
    for degC in _TEMPERATURES_DEGC:
        z = measured_spectrum(
            pellet=truth,
            instrument=_INSTRUMENT,
            frequency_Hz=frequency,
            set_temperature_K=degC + 273.15,
            random=random,
        )
        content = z_text(frequency_Hz=frequency, impedance_ohm=z, comment=f"SIMULATED LZP {degC} degC")
        folder.put(f"eis/LZP_{degC}C.z", content, sample="LZP", technique="impedance", degC=degC)


def surface(folder: LzpFolder) -> None:
    instrument = PhotoelectronSpectrometer()
    for role, is_cycled, shift, seed in (("pristine", False, 2.4, 3), ("cycled", True, 3.1, 4)):
        truth = lzp_pellet(is_cycled=is_cycled, charge_shift_eV=shift)
        regions = measured_regions(truth, instrument, lzp_regions(shift), seed=seed)
        content = vamas_bytes(truth, instrument, regions, comment="SIMULATED spectra, no measurement")
        folder.put(f"xps/LZP_{role}.vms", content, sample="LZP surface", technique="xps", role=role)


def layer(folder: LzpFolder) -> None:
    position = np.arange(0, 24e-6, 0.15e-6)
    truth = LayerTruth(start_m=6e-6, thickness_m=PRINTED["layer"])
    levels: dict[str, tuple[float, float, float]] = {
        "Ti K": (300, 4, 6), "Zr L": (8, 5, 320), "P K": (420, 12, 390), "O K": (260, 10, 240),
    }  # fmt: skip
    for number in (1, 2, 3):
        profiles = {
            name: layer_counts(
                position, truth, inside=inside, before=before, behind=behind, random=random_of(f"EDX {name} {number}")
            )
            for name, (inside, before, behind) in levels.items()
        }
        content = line_scan_csv(position, profiles, comment="SIMULATED line over a layer on LZP", beam_keV=15)
        folder.put(f"edx/LTP_on_LZP_line{number}.csv", content, sample="LTP layer on LZP", technique="edx")
