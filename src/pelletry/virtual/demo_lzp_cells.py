"""The cells of the demo study ``lzp``: polarisation between gold, two symmetric cells, two full cells and a control cell."""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray
from pelletry.virtual.cycler import (
    FullCellTruth,
    PolarisationTruth,
    SymmetricCellTruth,
    chronoamperometry_mpt,
    full_cell_run,
    gcpl_mpt,
    polarisation_run,
    spectra_mpt,
    symmetric_cell_run,
)
from pelletry.virtual.demo_lzp_kit import AREA_M2, LTP_KG_PER_M3, PRINTED, THICKNESS_M, LzpFolder, random_of
from pelletry.virtual.spectrometer import frequencies_log_spaced
from pelletry.virtual.spectrum_files import mpt_text

__all__ = ["full_cells", "polarisation", "symmetric_cells"]

_CURRENT_DENSITY_A_PER_M2, _FULL_CURRENT_DENSITY_A_PER_M2 = 0.4, 0.06
_STEPS = 16


def polarisation(folder: LzpFolder) -> None:
    truth = PolarisationTruth(
        voltage_V=0.5, ionic_current_A=2e-7, electronic_current_A=2e-7 * AREA_M2 * 0.5 / THICKNESS_M
    )
    run = polarisation_run(truth, random_of("LZP dc"))
    content = chronoamperometry_mpt(run, comment="SIMULATED Au|LZP|Au")
    folder.put("dc/LZP_polarisation_CA.mpt", content, sample="LZP dc", technique="cycling", degC=80)


def symmetric_cells(folder: LzpFolder) -> None:
    pellet = THICKNESS_M / PRINTED["conductivity"] / AREA_M2
    current = _CURRENT_DENSITY_A_PER_M2 * AREA_M2
    interfaces = 2 * PRINTED["interface-gold"] / AREA_M2
    with_gold = SymmetricCellTruth(
        pellet_resistance_ohm=pellet,
        interface_resistance_ohm=interfaces,
        slow_fraction=(PRINTED["voltage-gold"] / current - pellet) / interfaces - 1,
        slow_time_fraction=0.05,
        interface_time_s=0.02,
        interface_exponent=0.90,
        current_A=current,
        step_s=3600.0,
        steps=_STEPS,
        frequency_high_Hz=1e6,
        frequency_points=43,
    )
    at_first = 0.45 / AREA_M2
    # The voltage printed is that of the middle of the run; a step, its rest and its spectrum take 3,720 s.
    middle_s = (_STEPS / 2 - 0.5) * 3720.0 + 60.0 + 0.9 * 3600.0
    growth = (PRINTED["voltage"] / current - pellet - 1.15 * at_first) / math.sqrt(middle_s)
    without = attrs.evolve(
        with_gold,
        interface_resistance_ohm=at_first,
        slow_fraction=0.15,
        growth_ohm_per_sqrt_s=growth,
        interface_time_s=0.06,
    )
    for sample, short, truth in (
        ("Li/LZP/Li", "Li_LZP_Li", without),
        ("Li/Au/LZP/Au/Li", "Li_Au_LZP_Au_Li", with_gold),
    ):
        run = symmetric_cell_run(truth, random_of(sample))
        words = f"SIMULATED {sample}"
        folder.put(
            f"cells/{short}_01_GCPL.mpt", gcpl_mpt(run, comment=words), sample=sample, technique="cycling", degC=80
        )
        folder.put(
            f"cells/{short}_02_GEIS.mpt", spectra_mpt(run, comment=words), sample=sample, technique="impedance", degC=80
        )


def full_cells(folder: LzpFolder) -> None:
    mass_kg = 10e-6 * LTP_KG_PER_M3 * AREA_M2
    for number, key in ((1, "capacity-low"), (2, "capacity-high")):
        truth = FullCellTruth(
            capacity_C=PRINTED[key] * mass_kg,
            current_A=_FULL_CURRENT_DENSITY_A_PER_M2 * AREA_M2,
            resistance_ohm=8000.0,
            efficiency=0.97,
            fade_fraction=0.01,
            cycles=3,
            interval_s=120.0,
        )
        sample = f"Li/LZP/LTP {number}"
        run = full_cell_run(truth, random_of(sample))
        content = gcpl_mpt(run, comment=f"SIMULATED {sample}")
        folder.put(f"cells/Li_LZP_LTP_{number}_GCPL.mpt", content, sample=sample, technique="cycling", degC=80)
    frequency = frequencies_log_spaced(highest_Hz=1e6, lowest_Hz=0.01, points_per_decade=10)
    for name, role, has_layer in (("cell", "", True), ("control", "control", False)):
        z = _full_cell_impedance(frequency, has_layer=has_layer)
        random = random_of(f"full {name}")
        z = z + 0.002 * np.abs(z) * (random.standard_normal(z.size) + 1j * random.standard_normal(z.size))
        content = mpt_text(frequency_Hz=frequency, impedance_ohm=z, comment=f"SIMULATED full cell, {name}")
        folder.put(
            f"cells/Li_LZP_LTP_{name}_PEIS.mpt",
            content,
            sample="Li/LZP/LTP 1",
            technique="impedance",
            degC=80,
            role=role,
        )


def _full_cell_impedance(frequency_Hz: Array, *, has_layer: bool) -> ComplexArray:
    """R[RQ][RQ][RQ]W, and the control without the arc of LTP|LZP [ohm]."""
    arcs = [(0.10, 1.0e-9, 0.95), (PRINTED["ltp-interface"], PRINTED["ltp-capacitance"], 0.90), (0.15, 1.0e-5, 0.85)]
    s = 2j * np.pi * frequency_Hz
    z = 0.045 / AREA_M2 + 25.0 * (1 - 1j) / np.sqrt(2 * np.pi * frequency_Hz)
    for ohm_m2, farad, n in arcs if has_layer else (arcs[0], arcs[2]):
        ohm = ohm_m2 / AREA_M2
        z = z + ohm / (1 + (s * ohm * farad) ** n)
    return np.asarray(z)
