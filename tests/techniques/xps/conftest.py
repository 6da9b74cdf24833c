"""Real and simulated photoelectron spectra for the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from pelletry.core.provenance import Origin
from pelletry.core.record import Column, Hint, Record
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.xps import CARD
from pelletry.virtual.photoelectron_spectrometer import (
    PhotoelectronSpectrometer,
    lzp_pellet,
    lzp_regions,
    measured_regions,
    vamas_bytes,
)

ORIGIN = Origin(path="made/by/hand.vms", sha256="0" * 64, format="hand-made")


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """A record as the readers give it: ``make_record("Ti 2p", energy, intensity, unit="counts", ...)``."""

    def record(
        level: str, energy: Any, intensity: Any, *, unit: str = "counts", role: str = "", **header: str
    ) -> Record:
        facts = {"region": level, "energy scale": "binding", "binding energy column": "Binding Energy"}
        facts |= {"intensity column": "Intensity", "source energy (eV)": "1486.6"}
        facts |= {"intensity unit": unit} if unit else {}
        return Record(
            name=level,
            technique="xps",
            columns=(
                Column(name="Binding Energy", unit="eV", values=np.asarray(energy, dtype=float)),
                Column(name="Intensity", unit="", values=np.asarray(intensity, dtype=float)),
            ),
            origin=ORIGIN,
            header={**facts, **header},
            hints=(Hint(name="role", value=role, unit="", source="column"),) if role else (),
        )

    return record


@pytest.fixture
def analysed() -> Callable[..., Any]:
    """``analysed(records, **settings)``: read and analyse."""

    def run(records: Any, **settings: Any) -> Any:
        inputs = Inputs(sample=Sample(name="LZP-1"), settings=CARD.settings.model_validate(settings))
        return CARD.analyse(CARD.read(records), inputs)

    return run


@pytest.fixture(scope="session")
def strontium_titanate(raw_data: Callable[..., Path]) -> tuple[Any, Any]:
    """Ti 2p of (La,Sr)TiO3: ascending binding energies and counts per second."""
    path = raw_data("xps_vamas", "gkerherve+KherveFitting", "LaSrTiO3.json")
    level = json.loads(path.read_text(encoding="utf-8"))["Core levels"]["Ti2p"]
    energy, rate = np.array(level["B.E."]), np.array(level["Raw Data"])
    order = np.argsort(energy)
    return energy[order], rate[order]


@pytest.fixture(scope="session")
def casaxps_curves(raw_data: Callable[..., Path]) -> dict[str, Any]:
    """CasaXPS' own curves of the FeO file per point: energy, rate, its two SGL components above background, background."""
    path = raw_data("xps_vamas", "FAIRmat-NFDI+pynxtools-xps", "FeO_analyzed_lineshapes_cols.txt")
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[8:] if line.strip()]
    table = np.array([[float(cell) if cell.strip() else np.nan for cell in row] for row in rows])[::-1]
    under = table[:, 15]
    return {
        "energy": table[:, 9],
        "rate": table[:, 10],
        "sgl": {716.0: table[:, 12] - under, 729.88788: table[:, 14] - under},
        "lf": {709.04687: table[:, 11] - under, 722.12766: table[:, 13] - under},
        "background": under,
    }


#: What somebody who read the paper would write into study.toml.
LZP_COMPONENTS = [
    {"region": "C 1s", "name": "C-C", "position_eV": 285.0},
    {"region": "C 1s", "name": "C-O", "position_eV": 286.6},
    {"region": "Zr 3d", "name": "LZP", "position_eV": 184.0, "phase": "LiZr2(PO4)3"},
    {"region": "Zr 3d", "name": "reacted Zr", "position_eV": 181.6, "phase": "Li8ZrO6"},
    {"region": "Zr 3d", "name": "P 2s", "level": "P 2s", "position_eV": 191.5, "fwhm_eV": 2.2},
    {"region": "P 2p", "name": "LZP", "position_eV": 134.2, "position_range_eV": 0.5, "phase": "LiZr2(PO4)3"},
    {"region": "P 2p", "name": "low P", "position_eV": 133.4, "position_range_eV": 0.5, "phase": "Li3P"},
    {"region": "O 1s", "name": "LZP", "position_eV": 532.4},
    {"region": "O 1s", "name": "oxide", "position_eV": 530.0},
    {"region": "Li 1s", "name": "Zr 4s", "level": "Zr 4s", "position_eV": 52.5, "fwhm_eV": 2.6},
    {"region": "Li 1s", "name": "Li 1s", "position_eV": 55.7, "fwhm_eV": 1.5},
]
LZP_SETTINGS: dict[str, Any] = {
    "charge_reference": {"line": "C 1s", "energy_eV": 285.0, "component": "C-C"},
    "positions": "corrected",
    "component": LZP_COMPONENTS,
    "sensitivity": "scofield",
    "transmission": "file",
    "escape_depth_exponent": 0.75,
    "pristine_li_to_zr": 0.5,
    "layer": [
        {
            "region": "Zr 3d",
            "layer": ["reacted Zr"],
            "substrate": ["LZP"],
            "escape_depth_m": 2.5e-9,
            "escape_depth_source": "assumed for this test",
            "emission_angle_deg": 0.0,
            "density_ratio": 1.067,
        }
    ],
}


@pytest.fixture(scope="session")
def lzp_settings() -> dict[str, Any]:
    return LZP_SETTINGS


@pytest.fixture(scope="session")
def lzp_records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    """Simulated VAMAS files of a pristine and a cycled pellet, read back, with their roles."""
    folder = tmp_path_factory.mktemp("lzp")
    records: list[Record] = []
    for is_cycled, role, shift, seed in ((False, "pristine", 2.4, 3), (True, "cycled", 3.1, 4)):
        truth = lzp_pellet(is_cycled=is_cycled, charge_shift_eV=shift)
        instrument = PhotoelectronSpectrometer()
        regions = measured_regions(truth, instrument, lzp_regions(shift), seed=seed)
        path = folder / f"{role}.vms"
        path.write_bytes(vamas_bytes(truth, instrument, regions, comment="SIMULATED spectra, no measurement"))
        hint = Hint(name="role", value=role, unit="", source="column")
        records += [attrs.evolve(record, hints=(*record.hints, hint)) for record in read_file(path)]
    return tuple(records)


@pytest.fixture(scope="session")
def lzp_result(lzp_records: tuple[Record, ...]) -> Any:
    settings = CARD.settings.model_validate(LZP_SETTINGS)
    inputs = Inputs(sample=Sample(name="LZP-1", is_simulated=True), settings=settings)
    return CARD.analyse(CARD.read(lzp_records), inputs)
