"""Phases, instruments and patterns that the benchmarks of diffraction share."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import numpy as np

from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif

_Site = tuple[str, str, float, float, float, float, float]

# Weighed mass fractions of corundum, zincite, fluorite in the IUCr CPD quantitative round robin (Madsen et al. 2001).
CPD_TRUTH = {
    "cpd-1a": (1.15, 4.04, 94.81),
    "cpd-1b": (94.31, 1.36, 4.33),
    "cpd-1c": (5.04, 93.59, 1.36),
    "cpd-1d": (13.53, 32.89, 53.58),
}


def structure_of(name: str, group: str, cell: tuple[float, ...], sites: list[_Site]) -> Structure:
    """A structure of typed facts: label, element, x, y, z, occupancy, B."""
    return structure_from_cif(cif_text(group, cell, sites), name=name)


def cif_text(group: str, cell: tuple[float, ...], sites: list[_Site]) -> str:
    """A minimal CIF."""
    tags = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    head = "\n".join(f"_cell_{tag} {value:.6f}" for tag, value in zip(tags, cell, strict=True))
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "B_iso_or_equiv")
    loop = "\n".join(f"_atom_site_{column}" for column in columns)
    rows = "\n".join(f"{s[0]} {s[1]} {s[2]:.6f} {s[3]:.6f} {s[4]:.6f} {s[5]} {s[6]}" for s in sites)
    return f"data_x\n{head}\n_symmetry_space_group_name_H-M '{group}'\nloop_\n{loop}\n{rows}\n"


def to_cif(structure: Structure) -> str:
    """A structure as CIF text for another program."""
    sites = [(s.label, s.element, s.x, s.y, s.z, s.occupancy, s.B_iso_angstrom2) for s in structure.sites]
    return cif_text(structure.space_group, structure.cell, sites)


def latp(a: float = 8.4944, c: float = 20.7783) -> Structure:
    """Li1.4Al0.4Ti1.6(PO4)3: cell of Raj et al. (2023), framework about that of LiTi2(PO4)3."""
    return structure_of(
        "LATP",
        "R -3 c:H",
        (a, a, c, 90.0, 90.0, 120.0),
        [
            ("Li1", "Li", 0.0, 0.0, 0.0, 1.0, 1.5),
            ("Ti1", "Ti", 0.0, 0.0, 0.1415, 0.8, 0.45),
            ("Al1", "Al", 0.0, 0.0, 0.1415, 0.2, 0.45),
            ("P1", "P", 0.2895, 0.0, 0.25, 1.0, 0.5),
            ("O1", "O", 0.1842, 0.9926, 0.1892, 1.0, 0.9),
            ("O2", "O", 0.1890, 0.1644, 0.0811, 1.0, 0.9),
            ("Li2", "Li", 0.07, 0.34, 0.07, 0.0667, 1.5),
        ],
    )


def lzp() -> Structure:
    """LiZr2(PO4)3, R-3c: cell of Petit et al. (1986), coordinates by distance least squares."""
    return structure_of(
        "LZP",
        "R -3 c:H",
        (8.847, 8.847, 22.24, 90.0, 90.0, 120.0),
        [
            ("Li1", "Li", 0.0, 0.0, 0.0, 1.0, 1.5),
            ("Zr1", "Zr", 0.0, 0.0, 0.1435, 1.0, 0.5),
            ("P1", "P", 0.2880, 0.0, 0.25, 1.0, 0.6),
            ("O1", "O", 0.1790, 0.9935, 0.1935, 1.0, 1.0),
            ("O2", "O", 0.1900, 0.1690, 0.0870, 1.0, 1.0),
        ],
    )


def corundum() -> Structure:
    """Al2O3, Lutterotti & Scardi (1990)."""
    return structure_of(
        "corundum",
        "R -3 c:H",
        (4.7605, 4.7605, 12.9956, 90.0, 90.0, 120.0),
        [("Al1", "Al", 0.0, 0.0, 0.35216, 1.0, 0.25), ("O1", "O", 0.30668, 0.0, 0.25, 1.0, 0.3)],
    )


def zincite() -> Structure:
    """ZnO, wurtzite type (Kisi & Elcombe 1989)."""
    return structure_of(
        "zincite",
        "P 63 m c",
        (3.2498, 3.2498, 5.2066, 90.0, 90.0, 120.0),
        [("Zn1", "Zn", 1 / 3, 2 / 3, 0.0, 1.0, 0.6), ("O1", "O", 1 / 3, 2 / 3, 0.382, 1.0, 0.6)],
    )


def fluorite() -> Structure:
    """CaF2."""
    return structure_of(
        "fluorite",
        "F m -3 m",
        (5.4631, 5.4631, 5.4631, 90.0, 90.0, 90.0),
        [("Ca1", "Ca", 0.0, 0.0, 0.0, 1.0, 0.5), ("F1", "F", 0.25, 0.25, 0.25, 1.0, 0.7)],
    )


def rutile() -> Structure:
    """TiO2, rutile."""
    return structure_of(
        "rutile",
        "P 42/m n m",
        (4.594, 4.594, 2.959, 90.0, 90.0, 90.0),
        [("Ti1", "Ti", 0.0, 0.0, 0.0, 1.0, 0.5), ("O1", "O", 0.305, 0.305, 0.0, 1.0, 0.5)],
    )


def cpd_phases() -> list[Structure]:
    """The three phases of the CPD-1 mixtures, in the order of the table."""
    return [corundum(), zincite(), fluorite()]


def moved_cell(structure: Structure, factor: float, c_factor: float | None = None) -> Structure:
    """The structure with its lengths multiplied."""
    a, b, c, *angles = structure.cell
    return attrs.evolve(structure, cell=(a * factor, b * factor, c * (c_factor or factor), *angles))


def latp_instrument(*, is_known: bool = True) -> Instrument:
    """A laboratory diffractometer, Cu K-alpha, 0.2 m; ``is_known`` False: with start values far from the truth."""
    radiation = radiation_of("Cu")
    if not is_known:
        return Instrument(radiation=radiation, radius_m=0.2)
    return Instrument(
        radiation=radiation, radius_m=0.2, U=0.01, V=-0.005, W=0.006, X=0.03, Y=0.05, axial_divergence=0.025
    )


def cpd_instrument() -> Instrument:
    """The round robin's Philips PW3020: 173 mm, graphite monochromator after the sample; nothing else is known."""
    return Instrument(radiation=radiation_of("Cu", monochromator_two_theta_deg=26.6), radius_m=0.173)


def raw_folder() -> Path | None:
    """The folder of real files, or None."""
    stated = os.environ.get("PELLETRY_RAW_DATA")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data" / "raw"
    folder = Path(stated) if stated else beside
    return folder if folder.is_dir() else None


def cpd_pattern(name: str) -> Pattern | None:
    """A pattern of the round robin, or None when it is not here."""
    folder = raw_folder()
    path = folder / "xrd_round_robin" / "IUCr-CPD-QPA" / f"{name}.prn" if folder else None
    if path is None or not path.exists():
        return None
    columns = np.loadtxt(path)
    return Pattern.from_counts(columns[:, 0], columns[:, 1], name=name)
