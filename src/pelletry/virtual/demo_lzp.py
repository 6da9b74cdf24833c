"""The demo ``lzp``: raw files whose truth is what El-Shinawi et al. 2018 print about LiZr2(PO4)3.

A pellet (diffraction, impedance, weighing), its powder on a heating stage, polarisation between gold electrodes, two symmetric cells, its
surface before and after cycling, a layer of LiTi2(PO4)3 on it and two full cells, one with a control cell. What the paper does not print,
or nobody here has read there, is assumed and listed in :data:`ASSUMED_LZP`. The truth is nowhere in the folder that is written.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np

from pelletry.core.arrays import ComplexArray
from pelletry.reference.el_shinawi2018 import published_numbers
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
from pelletry.virtual.demo_kit import Demo, FileRow, table_text
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
from pelletry.virtual.spectrum_files import mpt_text, z_text

__all__ = ["ASSUMED_LZP", "DEMO", "SIMULATED_FROM_LZP"]

SIMULATED_FROM_LZP = "Simulated from the published values of El-Shinawi et al., J. Mater. Chem. A (2018), LiZr2(PO4)3"

#: What the virtual samples need and the paper, as far as it was read here, does not print; each a plain assumption.
ASSUMED_LZP = {
    "temperatures of the spectra": "60 to 120 °C, above the transition; the energy is taken as that of ln(sigma T)",
    "grains": "4e-4 S/cm at 80 °C with 0.32 eV, permittivity 20",
    "grain boundary": "1.0e-9 F, exponent 0.95",
    "gold electrode, cable, noise": "2e-6 F s^(n-1) with n 0.85; 0.3 µH; 0.3 % of |Z|",
    "thermometry": "0.2 K scatter; the study states 0.5 K",
    "pellet": "9.0 mm across, electrode 0.500 cm2, 97 % of the density of its two cells",
    "powder on the heating stage": "cooled below room temperature first, so that it is triclinic at 25 °C; half of it at 50 °C, "
    "27 to 73 % within 6 K; expansion 4e-6/K along a and b, 12e-6/K along c of both cells",
    "diffractometer": "copper tube, 240 mm, a LaB6 scan as standard; structures of the library (class D)",
    "polarisation": "0.5 V at 80 °C, electronic conductivity 2e-9 S/cm",
    "cell without gold": "its spectra: 2250 ohm cm2 an interface at first, growing with the root of time; the direct current "
    "meets 15 % more of what is there at first",
    "cell with gold": "what its voltage shows beyond the spectra comes within some minutes of each step",
    "cycling": "80 °C, sixteen steps of one hour, a spectrum after each",
    "XPS": "charging by 2.4 and 3.1 eV; 45 % of Zr and P have reacted; O 1s, Li 1s, Zr 4s and P 2s of the virtual surface",
    "EDX": "edges of 0.6 µm, 15 kV, 300 counts a point",
    "full cells": "two cells of one kind at 80 °C (what differed is not known here), 2.48 V, layer of exactly 10 µm, dense",
    "their impedance": "450 ohm cm2, arcs of 1000 ohm cm2 (1.0e-9 F) and 1500 ohm cm2 (1.0e-5 F) beside the printed one, "
    "Warburg 25 ohm s^-1/2; the control cell lacks the printed arc only",
}

_PRINTED = {one.key: one.value for one in published_numbers()}
_CELL_K = 353.15
_AREA_M2, _DIAMETER_M, _THICKNESS_M = 0.5e-4, 9.0e-3, 1.45e-3
_CURRENT_DENSITY_A_PER_M2, _FULL_CURRENT_DENSITY_A_PER_M2 = 0.4, 0.06
_TEMPERATURES_DEGC = (60, 70, 80, 90, 100, 110, 120)
_STAGE_DEGC = (25, 35, 45, 50, 55, 60, 80, 100)
_TRANSITION_WIDTH_K = 3.0
_STEPS = 16
_EXPANSION_PER_K = (4e-6, 4e-6, 12e-6)
_LTP_KG_PER_M3, _LZP_KG_PER_M3 = 2950.0, 3132.0
_BOLTZMANN_EV_PER_K = 8.617333262e-5
_VACUUM_F_PER_M = 8.8541878128e-12
_INSTRUMENT = SpectrometerTruth(inductance_H=0.3e-6, noise_fraction=0.003, temperature_std_K=0.2)
_FILE_COLUMNS = ("file", "record", "sample", "temperature", "temperature_source", "technique", "role", "run", "note")
_SAMPLE_COLUMNS = (
    "sample", "composition", "made_of", "mass", "diameter", "thickness", "electrode_area", "cell", "active_thickness", "active_density",
    "active_material", "electrons_per_formula", "notes",
)  # fmt: skip


@attrs.define
class _Folder:
    """The folder that is being written and the rows of its table of files."""

    path: Path
    files: list[FileRow] = attrs.field(factory=list)

    def put(
        self, name: str, content: bytes, *, sample: str, technique: str, degC: int | None = None, role: str = ""
    ) -> None:
        file = self.path / "raw" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        stated = {} if degC is None else {"temperature": f"{degC} °C", "temperature_source": "thermostat"}
        self.files.append(FileRow(file=f"raw/{name}", sample=sample, technique=technique, role=role, **stated))


def _random(word: str) -> np.random.Generator:
    # crc32, not hash(): the same on every machine and in every run, so the same bytes come out.
    return np.random.default_rng(zlib.crc32(word.encode()))


def _build(folder: Path, parts: frozenset[str]) -> None:
    made = _Folder(path=folder)
    for part, write in _PARTS.items():
        if part in parts:
            write(made)
    (folder / "raw" / "READ_ME.txt").write_text(
        f"{SIMULATED_FROM_LZP}. No instrument measured these files.\n", encoding="utf-8"
    )
    named = {"LZP", *(row.sample for row in made.files)}
    samples = [row for row in _samples() if row["sample"] in named]
    (folder / "samples.csv").write_text(table_text(samples, _SAMPLE_COLUMNS), encoding="utf-8")
    rows = [attrs.asdict(row) for row in made.files]
    (folder / "files.csv").write_text(table_text(rows, _FILE_COLUMNS), encoding="utf-8")
    (folder / "study.toml").write_text(_STUDY_TOML, encoding="utf-8")


# -- the pellet --------------------------------------------------------------------------------------------------------


def _diffraction(folder: _Folder) -> None:
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
        PhaseTruth(structure=alpha, mass_fraction=_PRINTED["rhombohedral"], expansion_per_K=_EXPANSION_PER_K),
        PhaseTruth(structure=prime, mass_fraction=_PRINTED["triclinic"], expansion_per_K=_EXPANSION_PER_K),
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
        triclinic = 1 / (1 + math.exp((kelvin - _PRINTED["transition"]) / _TRANSITION_WIDTH_K))
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
    shift = math.exp(-energy_eV / _BOLTZMANN_EV_PER_K * (1 / 298.15 - 1 / _CELL_K))
    return ArrheniusLaw(
        conductivity_25C_S_per_m=at_80C_S_per_m * _CELL_K / 298.15 * shift, activation_energy_eV=energy_eV
    )


def _pellet_spectra(folder: _Folder) -> None:
    truth = PelletTruth(
        thickness_m=_THICKNESS_M,
        electrode_area_m2=_AREA_M2,
        total=_law(_PRINTED["conductivity"], _PRINTED["energy"]),
        grain=_law(0.04, 0.32),
        grain_capacitance_F=20 * _VACUUM_F_PER_M * _AREA_M2 / _THICKNESS_M,
        boundary_capacitance_F=1.0e-9,
        boundary_exponent=0.95,
        electrode_q=2e-6,
        electrode_exponent=0.85,
    )
    random = _random("LZP impedance")
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


def _polarisation(folder: _Folder) -> None:
    truth = PolarisationTruth(
        voltage_V=0.5, ionic_current_A=2e-7, electronic_current_A=2e-7 * _AREA_M2 * 0.5 / _THICKNESS_M
    )
    run = polarisation_run(truth, _random("LZP dc"))
    content = chronoamperometry_mpt(run, comment="SIMULATED Au|LZP|Au")
    folder.put("dc/LZP_polarisation_CA.mpt", content, sample="LZP dc", technique="cycling", degC=80)


# -- cells -------------------------------------------------------------------------------------------------------------


def _symmetric_cells(folder: _Folder) -> None:
    pellet = _THICKNESS_M / _PRINTED["conductivity"] / _AREA_M2
    current = _CURRENT_DENSITY_A_PER_M2 * _AREA_M2
    interfaces = 2 * _PRINTED["interface-gold"] / _AREA_M2
    with_gold = SymmetricCellTruth(
        pellet_resistance_ohm=pellet,
        interface_resistance_ohm=interfaces,
        slow_fraction=(_PRINTED["voltage-gold"] / current - pellet) / interfaces - 1,
        slow_time_fraction=0.05,
        interface_time_s=0.02,
        interface_exponent=0.90,
        current_A=current,
        step_s=3600.0,
        steps=_STEPS,
        frequency_high_Hz=1e6,
        frequency_points=43,
    )
    at_first = 0.45 / _AREA_M2
    # The voltage printed is that of the middle of the run; a step, its rest and its spectrum take 3,720 s.
    middle_s = (_STEPS / 2 - 0.5) * 3720.0 + 60.0 + 0.9 * 3600.0
    growth = (_PRINTED["voltage"] / current - pellet - 1.15 * at_first) / math.sqrt(middle_s)
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
        run = symmetric_cell_run(truth, _random(sample))
        words = f"SIMULATED {sample}"
        folder.put(
            f"cells/{short}_01_GCPL.mpt", gcpl_mpt(run, comment=words), sample=sample, technique="cycling", degC=80
        )
        folder.put(
            f"cells/{short}_02_GEIS.mpt", spectra_mpt(run, comment=words), sample=sample, technique="impedance", degC=80
        )


def _full_cells(folder: _Folder) -> None:
    mass_kg = 10e-6 * _LTP_KG_PER_M3 * _AREA_M2
    for number, key in ((1, "capacity-low"), (2, "capacity-high")):
        truth = FullCellTruth(
            capacity_C=_PRINTED[key] * mass_kg,
            current_A=_FULL_CURRENT_DENSITY_A_PER_M2 * _AREA_M2,
            resistance_ohm=8000.0,
            efficiency=0.97,
            fade_fraction=0.01,
            cycles=3,
            interval_s=120.0,
        )
        sample = f"Li/LZP/LTP {number}"
        run = full_cell_run(truth, _random(sample))
        content = gcpl_mpt(run, comment=f"SIMULATED {sample}")
        folder.put(f"cells/Li_LZP_LTP_{number}_GCPL.mpt", content, sample=sample, technique="cycling", degC=80)
    frequency = frequencies_log_spaced(highest_Hz=1e6, lowest_Hz=0.01, points_per_decade=10)
    for name, role, has_layer in (("cell", "", True), ("control", "control", False)):
        z = _full_cell_impedance(2j * np.pi * frequency, has_layer=has_layer)
        random = _random(f"full {name}")
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


def _full_cell_impedance(s: ComplexArray, *, has_layer: bool) -> ComplexArray:
    """R[RQ][RQ][RQ]W, and the control without the arc of LTP|LZP [ohm]."""
    arcs = [(0.10, 1.0e-9, 0.95), (_PRINTED["ltp-interface"], _PRINTED["ltp-capacitance"], 0.90), (0.15, 1.0e-5, 0.85)]
    z = 0.045 / _AREA_M2 + 25.0 * (1 - 1j) / np.sqrt(s.imag)
    for ohm_m2, farad, n in arcs if has_layer else (arcs[0], arcs[2]):
        ohm = ohm_m2 / _AREA_M2
        z = z + ohm / (1 + (s * ohm * farad) ** n)
    return np.asarray(z)


# -- surface and layer -------------------------------------------------------------------------------------------------


def _surface(folder: _Folder) -> None:
    instrument = PhotoelectronSpectrometer()
    for role, is_cycled, shift, seed in (("pristine", False, 2.4, 3), ("cycled", True, 3.1, 4)):
        truth = lzp_pellet(is_cycled=is_cycled, charge_shift_eV=shift)
        regions = measured_regions(truth, instrument, lzp_regions(shift), seed=seed)
        content = vamas_bytes(truth, instrument, regions, comment="SIMULATED spectra, no measurement")
        folder.put(f"xps/LZP_{role}.vms", content, sample="LZP surface", technique="xps", role=role)


def _layer(folder: _Folder) -> None:
    position = np.arange(0, 24e-6, 0.15e-6)
    truth = LayerTruth(start_m=6e-6, thickness_m=_PRINTED["layer"])
    levels: dict[str, tuple[float, float, float]] = {
        "Ti K": (300, 4, 6), "Zr L": (8, 5, 320), "P K": (420, 12, 390), "O K": (260, 10, 240),
    }  # fmt: skip
    for number in (1, 2, 3):
        profiles = {
            name: layer_counts(
                position, truth, inside=inside, before=before, behind=behind, random=_random(f"EDX {name} {number}")
            )
            for name, (inside, before, behind) in levels.items()
        }
        content = line_scan_csv(position, profiles, comment="SIMULATED line over a layer on LZP", beam_keV=15)
        folder.put(f"edx/LTP_on_LZP_line{number}.csv", content, sample="LTP layer on LZP", technique="edx")


# -- tables ------------------------------------------------------------------------------------------------------------


def _samples() -> list[dict[str, str]]:
    volume = math.pi / 4 * _DIAMETER_M**2 * _THICKNESS_M
    size = {"thickness": "1.45; 1.46; 1.45 mm", "electrode_area": "0.500(5) cm2"}
    lzp = {"composition": "LiZr2(PO4)3"}
    cell = {**lzp, "made_of": "LZP", **size}
    full = {
        **cell, "cell": "full", "active_thickness": "10(1) µm", "active_density": f"{_LTP_KG_PER_M3 / 1e3:.2f}(3) g/cm3",
        "active_material": "LiTi2(PO4)3", "electrons_per_formula": "2",
    }  # fmt: skip
    mass = f"{0.97 * _LZP_KG_PER_M3 * volume * 1e3:.4f} g"
    rows: list[dict[str, str]] = [
        {**lzp, "sample": "LZP", "mass": mass, "diameter": "9.00; 9.01; 8.99 mm", **size},
        {**lzp, "sample": "LZP HT-XRD", "made_of": "LZP", "notes": "powder on the heating stage"},
        {**cell, "sample": "LZP dc", "cell": "blocking", "notes": "Au|LZP|Au"},
        {**cell, "sample": "Li/LZP/Li", "cell": "symmetric"},
        {**cell, "sample": "Li/Au/LZP/Au/Li", "cell": "symmetric"},
        {**lzp, "sample": "LZP surface", "made_of": "LZP"},
        {"sample": "LTP layer on LZP", "composition": "LiTi2(PO4)3"},
        {**full, "sample": "Li/LZP/LTP 1"},
        {**full, "sample": "Li/LZP/LTP 2"},
    ]
    return [{**row, "notes": f"simulated{', ' if 'notes' in row else ''}{row.get('notes', '')}"} for row in rows]


# What somebody who wants to know whether the paper's states are there would write; its own words for them are held against the table.
_STUDY_TOML = f"""\
title = "LiZr2(PO4)3 against lithium"
simulated_from = "{SIMULATED_FROM_LZP}"

[samples]
file = "samples.csv"

[calliper]
resolution = "0.01 mm"

[balance]
resolution = "0.1 mg"

[diffraction]
phases = ["lzp-r3c", "lzp-c1"]

[impedance]
circuit = "auto"
temperature_std = "0.5 K"

[[impedance.transitions]]
name = "triclinic to rhombohedral LiZr2(PO4)3"
temperature_K = 323
source = "El-Shinawi et al. 2018"

[edx]
layer = "LiTi2(PO4)3"
layer_density_kg_per_m3 = {_LTP_KG_PER_M3:g}
beam_keV = 15
counts = "yes"

[xps]
charge_reference = {{line = "C 1s", energy_eV = 285.0, component = "C-C"}}
positions = "corrected"
sensitivity = "scofield"
transmission = "file"
escape_depth_exponent = 0.75
pristine_li_to_zr = 0.5
component = [
  {{region = "C 1s", name = "C-C", position_eV = 285.0}},
  {{region = "C 1s", name = "C-O", position_eV = 286.5}},
  {{region = "Zr 3d", name = "LZP", position_eV = 184.0, phase = "LiZr2(PO4)3"}},
  {{region = "Zr 3d", name = "reacted Zr", position_eV = 181.5, phase = "Li8ZrO6"}},
  {{region = "Zr 3d", name = "P 2s", level = "P 2s", position_eV = 191.5, fwhm_eV = 2.2}},
  {{region = "P 2p", name = "LZP", position_eV = 134.0, position_range_eV = 0.6, phase = "LiZr2(PO4)3"}},
  {{region = "P 2p", name = "low P", position_eV = 133.2, position_range_eV = 0.6, phase = "Li3P"}},
  {{region = "O 1s", name = "LZP", position_eV = 532.5}},
  {{region = "O 1s", name = "oxide", position_eV = 530.0}},
  {{region = "Li 1s", name = "Zr 4s", level = "Zr 4s", position_eV = 52.5, fwhm_eV = 2.6}},
  {{region = "Li 1s", name = "Li 1s", position_eV = 55.7, fwhm_eV = 1.5}},
]
"""


_PARTS: dict[str, Callable[[_Folder], None]] = {
    "diffraction": _diffraction,
    "impedance": _pellet_spectra,
    "polarisation": _polarisation,
    "symmetric": _symmetric_cells,
    "full": _full_cells,
    "xps": _surface,
    "edx": _layer,
}

DEMO = Demo(
    simulated_from=SIMULATED_FROM_LZP,
    parts=tuple(_PARTS),
    build=_build,
    needs={"diffraction": ("gemmi", "numba")},
)
