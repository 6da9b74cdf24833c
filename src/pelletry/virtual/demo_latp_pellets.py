"""The fourteen pellets of the demo study ``latp``: their impedance, mass and size.

They are those of tables 2 and 3 of Raj 2023, each swept at seven temperatures. The total conductivity and its energy (taken as that
of ln(sigma T); the paper does not say) are the published ones; the rest is assumed and listed in
:data:`pelletry.virtual.demo_latp.ASSUMED`.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import attrs
import numpy as np

from pelletry.reference.raj2023 import PublishedPellet
from pelletry.virtual.spectrometer import (
    ArrheniusLaw,
    PelletTruth,
    SpectrometerTruth,
    frequencies_log_spaced,
    measured_spectrum,
)
from pelletry.virtual.spectrum_files import mpt_text, z_text

__all__ = ["COMPOSITION", "GREEN_DENSITY_FRACTION", "pellet_truth", "random_of", "written_pellet"]

COMPOSITION = "Li1.4Al0.4Ti1.6(PO4)3"
_THEORETICAL_G_PER_CM3 = 2.94
GREEN_DENSITY_FRACTION, _GREEN_DIAMETER_M, _GREEN_THICKNESS_M = 0.64, 10e-3, 0.536e-3
_CALLIPER_STD_M, _BALANCE_STD_KG = 5e-6, 1e-7
_TEMPERATURES_DEGC = (-40, -20, 0, 20, 40, 60, 80)
_PERMITTIVITY_OF_VACUUM_F_PER_M = 8.8541878128e-12
_INSTRUMENT = SpectrometerTruth(inductance_H=0.3e-6, noise_fraction=0.003, temperature_std_K=0.2)


@attrs.frozen(kw_only=True)
class _Shape:
    diameter_m: float
    thickness_m: float

    @property
    def volume_m3(self) -> float:
        return math.pi / 4 * self.diameter_m**2 * self.thickness_m


def _shape_after_sintering(pellet: PublishedPellet) -> _Shape:
    shrunk = (GREEN_DENSITY_FRACTION / pellet.relative_density_fraction) ** (1 / 3)
    return _Shape(diameter_m=_GREEN_DIAMETER_M * shrunk, thickness_m=_GREEN_THICKNESS_M * shrunk)


def pellet_truth(pellet: PublishedPellet) -> PelletTruth:
    """The virtual pellet behind one row of the paper's tables."""
    shape = _shape_after_sintering(pellet)
    area_m2 = math.pi / 4 * shape.diameter_m**2
    return PelletTruth(
        thickness_m=shape.thickness_m,
        electrode_area_m2=area_m2,
        total=ArrheniusLaw(
            conductivity_25C_S_per_m=pellet.conductivity_25C_S_per_m, activation_energy_eV=pellet.activation_energy_eV
        ),
        grain=ArrheniusLaw(conductivity_25C_S_per_m=0.30, activation_energy_eV=0.27),
        grain_capacitance_F=15 * _PERMITTIVITY_OF_VACUUM_F_PER_M * area_m2 / shape.thickness_m,
        boundary_capacitance_F=2.0e-9,
        boundary_exponent=0.92,
        electrode_q=3e-6,
        electrode_exponent=0.85,
    )


def random_of(name: str) -> np.random.Generator:
    """The random numbers of one thing: the same on every machine and in every run, so the same bytes come out."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def written_pellet(raw: Path, pellet: PublishedPellet, number: int) -> dict[str, str]:
    """Write the spectra of a pellet into ``raw``; its row of the samples table."""
    random = random_of(pellet.sample)
    _write_spectra(raw, pellet, number, random)
    return _sample_row(pellet, random)


def _write_spectra(raw: Path, pellet: PublishedPellet, number: int, random: np.random.Generator) -> None:
    frequency_Hz = frequencies_log_spaced(highest_Hz=1e6, lowest_Hz=0.1, points_per_decade=10)
    truth = pellet_truth(pellet)
    for degC in _TEMPERATURES_DEGC:
        spectrum = measured_spectrum(
            pellet=truth,
            instrument=_INSTRUMENT,
            frequency_Hz=frequency_Hz,
            set_temperature_K=degC + 273.15,
            random=random,
        )
        comment = f"SIMULATED {pellet.sample} {degC} degC"
        # The laboratories' own variety: ZPlot, EC-Lab with a point, EC-Lab with a decimal comma.
        if number % 3 == 0:
            suffix, content = "z", z_text(frequency_Hz=frequency_Hz, impedance_ohm=spectrum, comment=comment)
        else:
            suffix, content = (
                "mpt",
                mpt_text(
                    frequency_Hz=frequency_Hz,
                    impedance_ohm=spectrum,
                    comment=comment,
                    has_decimal_comma=number % 3 == 2,
                ),
            )
        (raw / f"{pellet.sample}_{degC}C.{suffix}").write_bytes(content)


def _sample_row(pellet: PublishedPellet, random: np.random.Generator) -> dict[str, str]:
    shape = _shape_after_sintering(pellet)
    mass_kg = pellet.relative_density_fraction * _THEORETICAL_G_PER_CM3 * 1e3 * shape.volume_m3
    mass_kg += _BALANCE_STD_KG * random.standard_normal()

    def readings_mm(value_m: float) -> str:
        read = value_m + _CALLIPER_STD_M * random.standard_normal(3)
        return "; ".join(f"{1e3 * r:.2f}" for r in read) + " mm"

    diameter = readings_mm(shape.diameter_m)
    return {
        "sample": pellet.sample,
        "composition": COMPOSITION,
        "powder": f"{'ball-milled' if pellet.is_milled else 'as made'}, d50 {pellet.particle_d50_m * 1e6:.2g} µm",
        "sintering_temperature": f"{pellet.sintering_temperature_K - 273.15:.0f} °C",
        "dwell": f"{pellet.dwell_s / 3600:.0f} h",
        "heating_rate": f"{pellet.heating_rate_K_per_s * 60:.1f} K/min",
        "atmosphere": pellet.atmosphere,
        "mass": f"{mass_kg * 1e3:.4f} g",
        "diameter": diameter,
        "thickness": readings_mm(shape.thickness_m),
        "electrode_diameter": diameter,
        "theoretical_density": f"{_THEORETICAL_G_PER_CM3} g/cm3",
        "theoretical_density_source": "as used in Raj et al. 2023",
        "files": f"raw/{pellet.sample}_*C.*",
        "notes": "simulated",
    }
