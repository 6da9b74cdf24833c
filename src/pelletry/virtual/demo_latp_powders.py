"""The two powders of the demo study ``latp``: sizes, diffraction at room temperature and in a furnace, loss of mass.

Cells, volume and d50 are those of table 1 of Raj 2023; what is assumed stands in :data:`pelletry.virtual.demo_latp.ASSUMED`.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from pathlib import Path

import attrs

from pelletry.reference.raj2023 import PublishedPowder, published_powders
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.virtual.demo_kit import FileRow, Written
from pelletry.virtual.demo_latp_pellets import COMPOSITION, random_of
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, measured_scan
from pelletry.virtual.diffractometer_files import xrdml_text
from pelletry.virtual.granulometer import GranulometerTruth, Population, mastersizer_csv
from pelletry.virtual.thermobalance import Loss, ThermobalanceTruth, measured_mass_kg, netzsch_text, ramp

__all__ = [
    "EXPANSION_PER_K", "HOT_SAMPLE", "latp_structure", "write_scan", "written_powders", "written_series", "written_standard",
]  # fmt: skip

HOT_SAMPLE = "LATP HT-XRD"
#: Of a, b and c; their difference lies in the 25 to 30e-6/K that the paper's own thermodiffraction gives.
EXPANSION_PER_K = (0.5e-6, 0.5e-6, 25.5e-6)
_TEMPERATURES_DEGC = (25, 100, 200, 300, 400, 500, 600, 700, 800)
_LAB6_ANGSTROM = 4.156826
_CRYSTALLITE_M = {"LATP": 150e-9, "LATPBM": 60e-9}
_SPREAD_FACTOR = {"LATP": 1.9, "LATPBM": 1.6}
_LOSSES = {
    "LATP": (Loss(share=0.004, middle_K=393.15, width_K=12.0),),
    "LATPBM": (Loss(share=0.008, middle_K=393.15, width_K=12.0), Loss(share=0.006, middle_K=593.15, width_K=14.0)),
}


def latp_structure(powder: PublishedPowder | None = None) -> Structure:
    """LATP with the cell of a powder (None: that of the library, which is the coarse one's)."""
    structure = named_phases(["latp"]).structures[0]
    if powder is None:
        return structure
    a, c = powder.cell_angstrom
    return attrs.evolve(structure, cell=(a, a, c, 90.0, 90.0, 120.0))


@functools.cache
def _goniometer() -> DiffractometerTruth:
    instrument = Instrument(
        radiation=radiation_of("Cu"), radius_m=0.24, U=0.002, V=-0.002, W=0.004, X=0.02, Y=0.03, axial_divergence=0.02,
        is_frozen=True,
    )  # fmt: skip
    return DiffractometerTruth(instrument=instrument, highest_counts=12_000.0)


def write_scan(
    path: Path,
    phases: Sequence[PhaseTruth],
    *,
    start_deg: float = 10.0,
    end_deg: float = 70.0,
    step_deg: float = 0.02,
    temperature_K: float | None = None,
    draw: str = "",
) -> None:
    """One XRDML file. The sample lies too high or too low by some 40 µm, as the random numbers of its name say.

    ``draw`` goes into the seed of the counts beside the name: another draw of the same scan.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    height_m = 40e-6 * float(random_of(f"height of {path.stem}").standard_normal())
    scan = measured_scan(
        phases,
        attrs.evolve(_goniometer(), displacement_m=height_m),
        angles_from(start_deg, end_deg, step_deg),
        seed=zlib.crc32(f"{path.stem}{draw}".encode()),
        temperature_K=temperature_K,
    )
    # The virtual diffractometer names its phases; the truth does not go into the folder.
    path.write_bytes(xrdml_text([attrs.evolve(scan, comment=f"SIMULATED, not measured: {path.stem}")]))


def written_standard(raw: Path) -> Written:
    """The scan of LaB6 that the instrument's profile and zero come from."""
    lab6 = attrs.evolve(named_phases(["lab6"]).structures[0], cell=(_LAB6_ANGSTROM,) * 3 + (90.0,) * 3)
    write_scan(
        raw / "xrd" / "LaB6.xrdml", [PhaseTruth(structure=lab6, mass_fraction=1.0)], start_deg=18.0, end_deg=120.0
    )
    row = FileRow(file="raw/xrd/LaB6.xrdml", sample="*", technique="diffraction", role="standard")
    return Written(files=(row,))


def written_powders(raw: Path) -> Written:
    """Sizes, a scan at room temperature and the loss of mass of both powders."""
    rows = []
    for powder in published_powders():
        name = powder.sample
        _write_sizes(raw / "psd" / f"{name}.csv", powder)
        phase = PhaseTruth(structure=latp_structure(powder), mass_fraction=1.0, size_m=_CRYSTALLITE_M[name])
        write_scan(raw / "xrd" / f"{name}.xrdml", [phase], end_deg=90.0, step_deg=0.013, draw=" at room temperature")
        _write_mass(raw / "tg" / f"{name}_TG.txt", name)
        rows.append(
            {
                "sample": name,
                "composition": COMPOSITION,
                "powder": powder.treatment,
                "files": f"raw/psd/{name}.csv; raw/xrd/{name}.xrdml; raw/tg/{name}_TG.txt",
                "notes": "simulated powder",
            }
        )
    return Written(samples=tuple(rows))


def _write_sizes(path: Path, powder: PublishedPowder) -> None:
    path.parent.mkdir(exist_ok=True)
    truth = GranulometerTruth(
        name=powder.sample,
        populations=(Population(median_m=powder.d50_m, spread_factor=_SPREAD_FACTOR[powder.sample]),),
        repeatability_relative=0.01,
    )
    path.write_bytes(mastersizer_csv(truth, runs=3, random=random_of(path.name)))


def _write_mass(path: Path, name: str) -> None:
    path.parent.mkdir(exist_ok=True)
    truth = ThermobalanceTruth(name=name, mass_kg=40e-6, losses=_LOSSES[name])
    time_s, temperature_K = ramp(points=1200)
    mass_kg = measured_mass_kg(truth, temperature_K, random=random_of(path.name))
    path.write_bytes(netzsch_text(time_s, temperature_K, mass_kg, name=name, sample_mass_kg=truth.mass_kg))


def written_series(raw: Path) -> Written:
    """The coarse powder heated and cooled in the furnace of the diffractometer."""
    phase = PhaseTruth(
        structure=latp_structure(published_powders()[0]), mass_fraction=1.0, size_m=_CRYSTALLITE_M["LATP"],
        expansion_per_K=EXPANSION_PER_K,
    )  # fmt: skip
    rows = []
    for branch, temperatures in (("heating", _TEMPERATURES_DEGC), ("cooling", _TEMPERATURES_DEGC[::-1])):
        for degC in temperatures:
            name = f"LATP_{branch}_{degC:03d}C.xrdml"
            write_scan(raw / "ht" / name, [phase], temperature_K=degC + 273.15)
            rows.append(FileRow(file=f"raw/ht/{name}", sample=HOT_SAMPLE, technique="diffraction", run=branch))
    sample = {
        "sample": HOT_SAMPLE,
        "composition": COMPOSITION,
        "made_of": "LATP",
        "files": "raw/ht/*.xrdml",
        "notes": "simulated powder in a furnace",
    }
    return Written(samples=(sample,), files=tuple(rows))
