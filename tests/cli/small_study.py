"""Raw files of two virtual pellets in a vendor's layout: conductivities known, no file of anybody's needed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from pelletry.virtual.spectrometer import (
    ArrheniusLaw,
    PelletTruth,
    SpectrometerTruth,
    frequencies_log_spaced,
    measured_spectrum,
)
from pelletry.virtual.spectrum_files import z_text

DIAMETER_MM, THICKNESS_MM = 8.0, {"P1": 0.5, "P2": 0.6}
CONDUCTIVITY_25C_S_PER_M = {"P1": 2.0e-2, "P2": 5.0e-2}
ENERGY_EV = 0.34
TEMPERATURES_DEGC = (-20, 20, 60)


def write_raw(folder: Path) -> Path:
    """``folder/P1_20C.z`` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    frequency_Hz = frequencies_log_spaced(highest_Hz=1e6, lowest_Hz=1.0, points_per_decade=7)
    random = np.random.default_rng(7)
    instrument = SpectrometerTruth(inductance_H=0.0, noise_fraction=0.003, temperature_std_K=0.1)
    for name, thickness_mm in THICKNESS_MM.items():
        area_m2 = math.pi / 4 * (DIAMETER_MM * 1e-3) ** 2
        pellet = PelletTruth(
            thickness_m=thickness_mm * 1e-3,
            electrode_area_m2=area_m2,
            total=ArrheniusLaw(conductivity_25C_S_per_m=CONDUCTIVITY_25C_S_PER_M[name], activation_energy_eV=ENERGY_EV),
            grain=ArrheniusLaw(conductivity_25C_S_per_m=0.3, activation_energy_eV=0.27),
            grain_capacitance_F=15 * 8.854e-12 * area_m2 / (thickness_mm * 1e-3),
            boundary_capacitance_F=2.0e-9,
            boundary_exponent=0.92,
            electrode_q=3e-6,
            electrode_exponent=0.85,
        )
        for degc in TEMPERATURES_DEGC:
            z = measured_spectrum(
                pellet=pellet,
                instrument=instrument,
                frequency_Hz=frequency_Hz,
                set_temperature_K=degc + 273.15,
                random=random,
            )
            content = z_text(frequency_Hz=frequency_Hz, impedance_ohm=z, comment="simulated")
            (folder / f"{name}_{degc}C.z").write_bytes(content)
    return folder


def write_study(folder: Path, *, thickness_mm: dict[str, float] | None = None) -> Path:
    """A whole study folder with ``raw/`` inside."""
    write_raw(folder / "raw")
    (folder / "study.toml").write_text(
        'title = "two pellets"\nsimulated_from = "stated values"\n\n[confirm]\ntemperatures_from_file_names = true\n'
        '\n[impedance]\ncircuit = "R(RQ)Q"\ntemperature_std_K = 0.2\n',
        encoding="utf-8",
    )
    write_samples(folder, thickness_mm or THICKNESS_MM)
    return folder


def write_samples(folder: Path, thickness_mm: dict[str, float]) -> None:
    """The samples table."""
    rows = [
        f"{name},{DIAMETER_MM:.2f}(5) mm,{t:.3f}(5) mm,face,0.0700(1) g,2.94 g/cm3,stated,raw/{name}_*.z"
        for name, t in thickness_mm.items()
    ]
    head = "sample,diameter,thickness,electrode_diameter,mass,theoretical_density,theoretical_density_source,files"
    (folder / "samples.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
