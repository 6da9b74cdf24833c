"""The demo study ``latp``: Raj 2023 from raw files, with every technique of the paper.

What the paper prints is in :mod:`pelletry.reference.raj2023`; what it does not print and the virtual instruments need is assumed,
and listed in :data:`ASSUMED`. The truth is nowhere in the folder that is written; the analysis cannot see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from pelletry.reference.raj2023 import PublishedPellet, published_pellets
from pelletry.virtual.demo_kit import Demo, Written, table_text
from pelletry.virtual.demo_latp_pellets import written_pellet

__all__ = ["ASSUMED", "DEMO", "SIMULATED_FROM"]

SIMULATED_FROM = "Simulated from the published values of Raj et al., ACS Appl. Energy Mater. 6 (2023) 1197, tables 1, 2 and 3 and text"
PARTS = ("impedance", "powders", "thermodiffraction", "dilatometry", "diffraction", "microscopy", "edx", "cells")

#: What the paper does not print and the virtual instruments need; each a plain assumption.
ASSUMED = {
    "grain conductivity at 25 degC": "3.0e-3 S/cm",
    "grain activation energy, ln(sigma T)": "0.27 eV",
    "grain permittivity": "15",
    "grain-boundary capacitance": "2.0e-9 F (the paper, at -20 degC), exponent 0.92",
    "electrode": "3e-6 F s^(n-1), n 0.85",
    "cable": "0.3 uH",
    "noise": "0.3 % of |Z|",
    "thermometry": "0.2 K scatter; the study states 0.5 K",
    "pellets": "pressed to 10 mm x 0.536 mm at 64 % and shrunk alike in all directions; electrodes on the whole face",
    "calliper and balance": "three readings of 5 um scatter each, shown to 0.01 mm; 0.1 mg",
    "cell of the ball-milled powder": "a 8.4942 A, c 20.77804 A: only its volume, 1298.315 A^3, is at hand",
    "sizes of particles": "log-normal about the published d50, geometric standard deviation 1.9 and 1.6; repeatable to 1 %",
    "diffractometer": "Cu K-alpha, radius 240 mm, no monochromator, 12,000 counts at the highest peak; samples 40 um off",
    "crystallites": "150 nm (LATP), 60 nm (LATPBM), 250 nm (pellets); no strain",
    "thermal expansion": "a 0.5e-6/K, c 25.5e-6/K, straight to 800 degC and reversible; difference as the paper's 25 to 30e-6/K",
    "loss of mass": "0.4 % (LATP), 0.8 and 0.6 % (LATPBM) below 450 degC; nothing above, as the paper says",
    "dilatometry": "10 mm bodies, 2.5 K/min to 1000 degC, half an hour, 5 K/min down; the published shrinkages are without thermal "
    "expansion (8.83e-6/K) and at the end of the dwell; 420 kJ/mol; half way at 820 degC (LATP) and 750 degC (LATPBM)",
    "bodies": "-13.0 % (air) and -8.5 % (argon) are the coarse powder, -13.2 % (air) and -13.5 % (argon) the milled one: so they agree with "
    "the densities of the pellets",
    "swelling": "coarse powder in argon only, 120e-6/K above the paper's 930 degC",
    "phases after sintering": "none at 700 degC; AlPO4 as berlinite, 2.5 to 6 wt%; TiO2 as rutile, 1.5 to 4 wt%; Ti2O3 in argon from 900 degC, 2 to 5 wt%; "
    "LiTiOPO4 in air at the highest temperature, 3 to 4 wt%; cells as in the library",
    "atoms of LiTiOPO4": "none are at hand: its lines are where its cell puts them, their intensities mean nothing",
    "grain sizes": "0.7 and 2.4 um (LATPBM), 3.6 and 5.0 um (LATP), as square roots of the mean area; porosity as density",
    "X-ray spectra": "15 keV; counts of the lines of O, Al, P, Ti and of a carbon coating as of a detector, no concentration meant",
    "symmetric cell": "400 ohm cm2 an interface with 0.02 s, a tenth more while current flows; 20 uV of noise; four steps of half an hour at each current density",
}

_COLUMNS = (
    "sample", "composition", "powder", "made_of", "cell", "sintering_temperature", "dwell", "heating_rate", "atmosphere", "mass",
    "diameter", "thickness", "electrode_diameter", "theoretical_density", "theoretical_density_source", "green_relative_density",
    "dilatometer_length", "files", "notes",
)  # fmt: skip
_FILE_COLUMNS = ("file", "sample", "temperature", "temperature_source", "technique", "role", "run", "note")


def _build(folder: Path, parts: frozenset[str]) -> None:
    raw = folder / "raw"
    raw.mkdir()
    (raw / "READ_ME.txt").write_text(f"{SIMULATED_FROM}. No instrument measured these files.\n", encoding="utf-8")
    pellets = published_pellets()
    pellet_rows = {pellet.sample: written_pellet(raw, pellet, number) for number, pellet in enumerate(pellets)}
    written = _written(raw, parts, pellet_rows)
    for pellet in pellets:
        row = pellet_rows[pellet.sample]
        row["files"] = "; ".join(
            [row["files"], *(w.more_files[pellet.sample] for w in written if pellet.sample in w.more_files)]
        )
        if "powders" in parts:
            row["made_of"] = _powder_of(pellet)
    rows = [*pellet_rows.values(), *(row for w in written for row in w.samples)]
    files = [attrs.asdict(row) for w in written for row in w.files]
    (folder / "samples.csv").write_text(table_text(rows, _COLUMNS), encoding="utf-8")
    if files:
        (folder / "files.csv").write_text(table_text(files, _FILE_COLUMNS), encoding="utf-8")
    has_diffraction = bool(parts & {"powders", "thermodiffraction", "diffraction"})
    (folder / "study.toml").write_text(_STUDY_TOML + (_DIFFRACTION_TOML if has_diffraction else ""), encoding="utf-8")


def _powder_of(pellet: PublishedPellet) -> str:
    return "LATPBM" if pellet.is_milled else "LATP"


def _written(raw: Path, parts: frozenset[str], pellet_rows: Mapping[str, dict[str, str]]) -> list[Written]:
    """What the parts beside the impedance have written. Their modules are imported here: they need packages of the extras."""
    found: list[Written] = []
    if parts & {"powders", "thermodiffraction", "diffraction"}:
        from pelletry.virtual import demo_latp_powders

        found.append(demo_latp_powders.written_standard(raw))
        if "powders" in parts:
            found.append(demo_latp_powders.written_powders(raw))
        if "thermodiffraction" in parts:
            found.append(demo_latp_powders.written_series(raw))
    if "diffraction" in parts:
        from pelletry.virtual.demo_latp_ceramics import written_phases

        found.append(written_phases(raw))
    if "dilatometry" in parts:
        from pelletry.virtual.demo_latp_bodies import written_bodies

        found.append(written_bodies(raw))
    if "microscopy" in parts:
        from pelletry.virtual.demo_latp_ceramics import written_micrographs

        found.append(written_micrographs(raw))
    if "edx" in parts:
        from pelletry.virtual.demo_latp_ceramics import written_element_spectra

        found.append(written_element_spectra(raw))
    if "cells" in parts:
        from pelletry.virtual.demo_latp_cells import written_cell

        found.append(written_cell(raw, pellet_rows))
    return found


_STUDY_TOML = f"""\
title = "LATP sintered in air and in argon"
simulated_from = "{SIMULATED_FROM}"

[samples]
file = "samples.csv"

[confirm]
temperatures_from_file_names = true

[calliper]
resolution = "0.01 mm"

[balance]
resolution = "0.1 mg"

[impedance]
circuit = "auto"
temperature_std = "0.5 K"
"""

_DIFFRACTION_TOML = """
[diffraction]
radiation = "Cu Ka"
monochromator_two_theta_deg = 0
elements = ["Li", "Al", "Ti", "P", "O"]
standard_phase = "lab6"
"""

DEMO = Demo(
    simulated_from=SIMULATED_FROM,
    parts=PARTS,
    build=_build,
    needs={
        "powders": ("gemmi", "numba"),
        "thermodiffraction": ("gemmi", "numba"),
        "diffraction": ("gemmi", "numba"),
        "microscopy": ("skimage",),
    },
)
