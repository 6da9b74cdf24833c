"""Pellets of the demo study ``latp``: phases after sintering, micrographs, and spectra of their elements.

Densities are those of Raj 2023. Weight fractions, grain sizes and counts of X-rays are assumed
(:data:`pelletry.virtual.demo_latp.ASSUMED`); which phases appear follows the paper's account.
"""

from __future__ import annotations

import functools
from pathlib import Path

from pelletry.reference.emission_lines import lines_of_element
from pelletry.reference.raj2023 import published_pellets, published_powders
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.virtual.demo_kit import Written
from pelletry.virtual.demo_latp_pellets import random_of
from pelletry.virtual.demo_latp_powders import latp_structure, write_scan
from pelletry.virtual.diffractometer import PhaseTruth
from pelletry.virtual.electron_probe import spectrum_text
from pelletry.virtual.microscope import MicroscopeTruth, micrograph, zeiss_tiff
from pelletry.virtual.polycrystal import PolycrystalTruth, polycrystal

__all__ = ["GRAINS_M", "PHASES", "written_element_spectra", "written_micrographs", "written_phases"]

#: Weight fractions of the phases beside LATP.
PHASES: dict[str, dict[str, float]] = {
    "LATP_Air_700": {},
    "LATP_Air_800": {"alpo4-berlinite": 0.03},
    "LATP_Air_900": {"alpo4-berlinite": 0.04, "tio2-rutile": 0.02},
    "LATP_Air_1000": {"alpo4-berlinite": 0.06, "tio2-rutile": 0.04, "litiopo4": 0.04},
    "LATP_Ar_700": {},
    "LATP_Ar_800": {"alpo4-berlinite": 0.03, "tio2-rutile": 0.02},
    "LATP_Ar_900": {"alpo4-berlinite": 0.05, "tio2-rutile": 0.02, "ti2o3": 0.02},
    "LATP_Ar_1000": {"alpo4-berlinite": 0.06, "ti2o3": 0.05},
    "LATPBM_Ar_800": {"alpo4-berlinite": 0.025},
    "LATPBM_Ar_850": {"alpo4-berlinite": 0.03, "tio2-rutile": 0.02},
    "LATPBM_Ar_900": {"alpo4-berlinite": 0.05, "ti2o3": 0.02},
    "LATPBM_Air_800": {"alpo4-berlinite": 0.025},
    "LATPBM_Air_850": {"alpo4-berlinite": 0.03, "tio2-rutile": 0.015},
    "LATPBM_Air_900": {"alpo4-berlinite": 0.04, "tio2-rutile": 0.03, "litiopo4": 0.03},
}
#: Square root of the mean area of the grains in a section.
GRAINS_M = {"LATP_Air_800": 3.6e-6, "LATP_Air_1000": 5.0e-6, "LATPBM_Ar_800": 0.7e-6, "LATPBM_Air_900": 2.4e-6}
_CRYSTALLITE_M = 250e-9
_ROWS, _COLUMNS, _GRAINS = 768, 1024, 450
#: Counts of each line in a spectrum of a whole section; C is the coating. Li gives none.
X_RAY_COUNTS = {
    "C Ka": 3000, "O Ka": 42000, "Al Ka": 11000, "P Ka": 96000, "Ti La": 4000, "Ti Ka": 52000, "Ti Kb": 7000,
}  # fmt: skip
_BEAM_KEV = 15.0

# The cell is Robertson's (1994); his atoms are not at hand. These were placed so that several lines are strong, no more.
_LITIOPO4 = """data_litiopo4
_chemical_name_common 'LiTiOPO4'
_cell_length_a 7.4
_cell_length_b 6.3752
_cell_length_c 7.2347
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_cell_formula_units_Z 4
_space_group_name_H-M_alt 'P n m a'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_B_iso_or_equiv
Ti1 Ti 0.39 0.25 0.56 1 0.5
P1 P 0.62 0.25 0.25 1 0.5
O1 O 0.40 0.25 0.95 1 0.9
O2 O 0.65 0.25 0.58 1 0.9
O3 O 0.07 0.25 0.05 1 0.9
O4 O 0.37 0.44 0.05 1 0.9
Li1 Li 0 0 0 1 1.5
"""


# -- phases ------------------------------------------------------------------------------------------------------------


@functools.cache
def _structures() -> dict[str, Structure]:
    named = {s.name: s for s in named_phases(["alpo4-berlinite", "tio2-rutile", "ti2o3"]).structures}
    return {
        **named,
        "litiopo4": structure_from_cif(_LITIOPO4, name="litiopo4", source="cell of Robertson 1994, atoms assumed"),
    }


def written_phases(raw: Path) -> Written:
    """A scan of each pellet."""
    powders = {powder.sample: powder for powder in published_powders()}
    more = {}
    for pellet in published_pellets():
        beside = PHASES[pellet.sample]
        powder = powders["LATPBM" if pellet.is_milled else "LATP"]
        main = PhaseTruth(
            structure=latp_structure(powder), mass_fraction=1.0 - sum(beside.values()), size_m=_CRYSTALLITE_M
        )
        others = [
            PhaseTruth(structure=_structures()[name], mass_fraction=share, size_m=_CRYSTALLITE_M)
            for name, share in beside.items()
        ]
        write_scan(raw / "xrd" / f"{pellet.sample}.xrdml", [main, *others])
        more[pellet.sample] = f"raw/xrd/{pellet.sample}.xrdml"
    return Written(more_files=more)


# -- micrographs -------------------------------------------------------------------------------------------------------


def written_micrographs(raw: Path) -> Written:
    """A polished section of four of the pellets, with the porosity of their densities."""
    (raw / "sem").mkdir()
    density = {pellet.sample: pellet.relative_density_fraction for pellet in published_pellets()}
    more = {}
    for sample, grain_m in GRAINS_M.items():
        random = random_of(f"section of {sample}")
        truth = PolycrystalTruth(
            rows=_ROWS, columns=_COLUMNS, grains=_GRAINS, size_spread=0.15, pores_fraction=1.0 - density[sample]
        )
        picture = micrograph(polycrystal(truth, random=random), MicroscopeTruth(), random=random)
        pixel_m = grain_m / (_ROWS * _COLUMNS / _GRAINS) ** 0.5
        content = zeiss_tiff(
            picture, pixel_size_m=pixel_m, comment=f"SIMULATED, not measured: {sample}", databar_rows=60
        )
        (raw / "sem" / f"{sample}.tif").write_bytes(content)
        more[sample] = f"raw/sem/{sample}.tif"
    return Written(more_files=more)


# -- elements ----------------------------------------------------------------------------------------------------------


def written_element_spectra(raw: Path) -> Written:
    """An X-ray spectrum of the whole section of the pellets that have a micrograph."""
    (raw / "edx").mkdir()
    lines = [
        (line.energy_keV, X_RAY_COUNTS[name])
        for element in sorted({name.split()[0] for name in X_RAY_COUNTS})
        for line in lines_of_element(element, beam_keV=_BEAM_KEV)
        if (name := f"{element} {line.name}") in X_RAY_COUNTS
    ]
    more = {}
    for sample in GRAINS_M:
        content = spectrum_text(
            lines,
            comment=f"SIMULATED, not measured: {sample}",
            beam_keV=_BEAM_KEV,
            random=random_of(f"X-rays of {sample}"),
        )
        (raw / "edx" / f"{sample}.txt").write_bytes(content)
        more[sample] = f"raw/edx/{sample}.txt"
    return Written(more_files=more)
