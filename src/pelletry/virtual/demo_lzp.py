"""The demo ``lzp``: raw files whose truth is what El-Shinawi et al. 2018 print about LiZr2(PO4)3.

A pellet (diffraction, impedance, weighing), its powder on a heating stage, polarisation between gold electrodes, two symmetric cells, its
surface before and after cycling, a layer of LiTi2(PO4)3 on it and two full cells, one with a control cell. What the paper does not print,
or nobody here has read there, is assumed and listed in :data:`ASSUMED_LZP`. The truth is nowhere in the folder that is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import attrs

from pelletry.virtual.demo_kit import Demo, table_text
from pelletry.virtual.demo_lzp_cells import full_cells, polarisation, symmetric_cells
from pelletry.virtual.demo_lzp_ceramics import diffraction, layer, pellet_spectra, surface
from pelletry.virtual.demo_lzp_kit import DIAMETER_M, LTP_KG_PER_M3, LZP_KG_PER_M3, THICKNESS_M, LzpFolder

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

_FILE_COLUMNS = ("file", "record", "sample", "temperature", "temperature_source", "technique", "role", "run", "note")
_SAMPLE_COLUMNS = (
    "sample", "composition", "made_of", "mass", "diameter", "thickness", "electrode_area", "cell", "active_thickness", "active_density",
    "active_material", "electrons_per_formula", "notes",
)  # fmt: skip


def _build(folder: Path, parts: frozenset[str]) -> None:
    made = LzpFolder(path=folder)
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


def _samples() -> list[dict[str, str]]:
    volume = math.pi / 4 * DIAMETER_M**2 * THICKNESS_M
    size = {"thickness": "1.45; 1.46; 1.45 mm", "electrode_area": "0.500(5) cm2"}
    lzp = {"composition": "LiZr2(PO4)3"}
    cell = {**lzp, "made_of": "LZP", **size}
    full = {
        **cell, "cell": "full", "active_thickness": "10(1) µm", "active_density": f"{LTP_KG_PER_M3 / 1e3:.2f}(3) g/cm3",
        "active_material": "LiTi2(PO4)3", "electrons_per_formula": "2",
    }  # fmt: skip
    mass = f"{0.97 * LZP_KG_PER_M3 * volume * 1e3:.4f} g"
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
layer_density_kg_per_m3 = {LTP_KG_PER_M3:g}
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


_PARTS: dict[str, Callable[[LzpFolder], None]] = {
    "diffraction": diffraction,
    "impedance": pellet_spectra,
    "polarisation": polarisation,
    "symmetric": symmetric_cells,
    "full": full_cells,
    "xps": surface,
    "edx": layer,
}

DEMO = Demo(
    simulated_from=SIMULATED_FROM_LZP,
    parts=tuple(_PARTS),
    build=_build,
    needs={"diffraction": ("gemmi", "numba")},
)
