"""A series of scans: laws, branches and transitions of a stated truth come back; warm starts are checked; processes change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.core.facts import ThermalExpansion
from pelletry.core.provenance import Origin
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.diffraction import CARD
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.read import read
from pelletry.techniques.diffraction.refining import pattern_of
from pelletry.techniques.diffraction.result import DiffractionResult
from pelletry.techniques.diffraction.series import KEPT_CURVES, refined_series
from pelletry.techniques.diffraction.settings import DiffractionSettings
from pelletry.techniques.diffraction.temperatures import CORUNDUM_A, CORUNDUM_C, expansion_of
from pelletry.techniques.diffraction.thermal import branched
from pelletry.virtual.diffractometer import DiffractometerTruth, PhaseTruth, angles_from, measured_scan
from pelletry.virtual.diffractometer_files import xrdml_text

CORUNDUM, RUTILE, ANATASE = named_phases(["corundum", "tio2-rutile", "tio2-anatase"]).structures
PROFILE = {"W": 0.004, "X": 0.02, "Y": 0.03, "axial_divergence": 0.02}
TRUTH = DiffractometerTruth(
    instrument=Instrument(radiation=radiation_of("Cu"), radius_m=0.24, is_frozen=True, **PROFILE)
)
HELD: dict[str, Any] = {"instrument": {**PROFILE, "source": "the truth"}}
ANGLES = angles_from(22.0, 70.0, 0.025)
ALPHA = (7.1e-6, 7.1e-6, 9.2e-6)


def scan_at(
    folder: Path, i: int, kelvin: float, phases: list[PhaseTruth], fractions: list[float] | None = None
) -> DiffractionScan:
    when = f"2023-02-01T{10 + i // 60:02d}:{i % 60:02d}:00+00:00"
    made = measured_scan(
        phases, TRUTH, ANGLES, seed=50 + i, temperature_K=kelvin, fractions=fractions, acquired_at=when
    )
    (folder / f"s{i:03d}.xrdml").write_bytes(xrdml_text([made]))
    return read(read_file(folder / f"s{i:03d}.xrdml"))[0]


def analysed(scans: list[DiffractionScan], **settings: Any) -> DiffractionResult:
    inputs = Inputs(sample=Sample(name="A"), settings=DiffractionSettings(**HELD, **settings))
    result = CARD.analyse(scans, inputs)
    assert isinstance(result, DiffractionResult)
    return result


@pytest.fixture(scope="module")
def rutile(tmp_path_factory: pytest.TempPathFactory) -> DiffractionResult:
    """Rutile on heating and cooling; the files come in an order that is not that of measurement."""
    folder = tmp_path_factory.mktemp("rutile")
    up = [298.15, 398.15, 498.15, 598.15, 698.15, 798.15]
    down = [698.15, 598.15, 498.15, 398.15, 298.15]
    phases = [PhaseTruth(structure=RUTILE, mass_fraction=1.0, expansion_per_K=ALPHA)]
    scans = [scan_at(folder, i, t, phases) for i, t in enumerate([*up, *down])]
    return analysed(scans[::-1], phases=("tio2-rutile",))


def test_expansion_comes_back_within_its_errors(rutile: DiffractionResult) -> None:
    assert rutile.series is not None
    for one in rutile.series.expansions:
        along = dict(one.secant.along)
        for found, truth in ((along["a"], ALPHA[0]), (along["c"], ALPHA[2])):
            assert found.std is not None
            assert found.std < 3e-7
            assert abs(found.value - truth) < 4 * found.std
        assert one.secant.anisotropy_per_K is not None
        assert abs(one.secant.anisotropy_per_K.value - 2.1e-6) < 4 * (one.secant.anisotropy_per_K.std or 0)


def test_heating_and_cooling_are_kept_apart_and_found_to_be_one(rutile: DiffractionResult) -> None:
    assert rutile.series is not None
    assert [p.branch for p in rutile.patterns] == ["heating"] * 6 + ["cooling"] * 5
    ((phase, test),) = rutile.series.branch_tests
    assert phase == "tio2-rutile"
    assert test.p_value > 0.01
    assert {e.branch for e in rutile.series.expansions} == {"heating", "cooling"}


def test_the_fact_for_the_critical_grain_size_is_given_once(rutile: DiffractionResult) -> None:
    (fact,) = (f for f in rutile.facts if isinstance(f, ThermalExpansion))
    assert fact.temperature_low_K == pytest.approx(298.15)
    assert fact.anisotropy_per_K.unit == "1/K"


def test_warm_starts_end_where_cold_ones_do(rutile: DiffractionResult) -> None:
    assert rutile.series is not None
    assert rutile.series.cold_checks
    assert max(c.difference_std for c in rutile.series.cold_checks) < 0.2
    starts = [p.refinement.started_cold for p in rutile.patterns if p.refinement is not None]
    assert starts[0]
    assert not any(starts[1:])


def test_a_hysteresis_is_seen(tmp_path: Path) -> None:
    phases = [PhaseTruth(structure=RUTILE, mass_fraction=1.0, expansion_per_K=ALPHA)]
    swollen = attrs.evolve(
        phases[0],
        structure=attrs.evolve(RUTILE, cell=(RUTILE.cell[0] * 1.0004, RUTILE.cell[0] * 1.0004, *RUTILE.cell[2:])),
    )
    up = [scan_at(tmp_path, i, 300.0 + 100 * i, phases) for i in range(5)]
    down = [scan_at(tmp_path, 5 + i, 600.0 - 100 * i, [swollen]) for i in range(4)]
    result = analysed([*up, *down], phases=("tio2-rutile",))
    assert "hysteresis" in {f.code for f in result.findings}


def test_a_transition_is_placed_by_the_shares(tmp_path: Path) -> None:
    phases = [PhaseTruth(structure=ANATASE, mass_fraction=1.0), PhaseTruth(structure=RUTILE, mass_fraction=0.0)]
    temperatures = np.arange(900.0, 1001.0, 12.5)
    shares = 1 / (1 + np.exp((temperatures - 952.0) / 8.0))
    scans = [
        scan_at(tmp_path, i, float(t), phases, [float(f), 1 - float(f)])
        for i, (t, f) in enumerate(zip(temperatures, shares, strict=True))
    ]
    result = analysed(scans, phases=("tio2-anatase", "tio2-rutile"))
    assert result.series is not None
    (found,) = result.series.transitions
    assert (found.low, found.high, found.how) == ("tio2-anatase", "tio2-rutile", "shares")
    assert abs(found.temperature_K.value - 952.0) < 4 * (found.temperature_K.std or 0)
    assert (found.temperature_K.std or 9) < 1.0


def test_temperatures_of_names_alone_make_no_series(rutile: DiffractionResult, tmp_path: Path) -> None:
    phases = [PhaseTruth(structure=RUTILE, mass_fraction=1.0)]
    scans = [
        attrs.evolve(scan_at(tmp_path, i, 300.0 + 50 * i, phases), temperature_is_confirmed=False) for i in range(3)
    ]
    result = analysed(scans, phases=("tio2-rutile",))
    assert result.series is None
    assert "temperature-not-confirmed" in {f.code for f in result.findings}


def test_the_number_of_processes_changes_nothing_and_curves_are_bounded(tmp_path: Path) -> None:
    phases = [PhaseTruth(structure=RUTILE, mass_fraction=1.0, expansion_per_K=ALPHA)]
    settings = DiffractionSettings(**HELD)
    few = [scan_at(tmp_path, i, 300.0 + 5 * i, phases) for i in range(3)]
    patterns = [pattern_of(few[i % 3], settings) for i in range(34)]
    instruments = [TRUTH.instrument] * 34
    one, two = (refined_series(patterns, [RUTILE], instruments, RefineOptions(), jobs=jobs) for jobs in (1, 2))
    cells = [[a.refinement.phases[0].cell[0].value for a in r.attempts if a.refinement is not None] for r in (one, two)]
    assert cells[0] == cells[1]
    assert len(cells[0]) == 34
    kept = sum(a.refinement is not None and a.refinement.calculated.size > 0 for a in one.attempts)
    assert kept == KEPT_CURVES


def named(kelvin: float, when: str) -> DiffractionScan:
    x = np.linspace(20.0, 30.0, 60)
    return DiffractionScan(
        name=f"{kelvin}", origin=Origin(path="a", sha256="", format="", acquired_at=when), two_theta_deg=x,
        intensity=np.ones(60), std=np.ones(60), use=np.ones(60, dtype=bool), temperature_K=kelvin,
    )  # fmt: skip


def test_branches_follow_the_order_of_measurement() -> None:
    scans = [
        named(300.0, "2023-01-01T10:00"),
        named(500.0, "2023-01-01T12:00"),
        named(400.0, "2023-01-01T11:00"),
        named(350.0, "2023-01-01T13:00"),
    ]
    found = branched(scans)
    assert [(s.temperature_K, s.branch) for s in found] == [
        (300.0, "heating"),
        (400.0, "heating"),
        (500.0, "heating"),
        (350.0, "cooling"),
    ]


def test_a_zigzag_of_temperatures_has_no_branch() -> None:
    scans = [named(t, f"2023-01-01T1{i}:00") for i, t in enumerate([300.0, 500.0, 350.0, 450.0, 320.0])]
    assert {s.branch for s in branched(scans)} == {""}


def test_the_law_of_corundum_vanishes_at_293_and_is_that_of_handbooks() -> None:
    for law, to_1000 in ((CORUNDUM_A, 8.3e-6), (CORUNDUM_C, 9.0e-6)):
        assert float(expansion_of(law, 293.15)) == pytest.approx(0.0, abs=2e-5)
        assert float(expansion_of(law, 1273.15)) / 980.0 == pytest.approx(to_1000, rel=0.05)


def test_corundum_in_the_scans_tells_the_temperature(tmp_path: Path) -> None:
    """The furnace is 20 K hotter than it says at the top."""
    scans = []
    for i, (stated, true) in enumerate([(293.15, 293.15), (500.0, 506.0), (700.0, 712.0), (900.0, 920.0)]):
        cell = (
            CORUNDUM.cell[0] * (1 + float(expansion_of(CORUNDUM_A, true))), CORUNDUM.cell[0] * (1 + float(expansion_of(CORUNDUM_A, true))),
            CORUNDUM.cell[2] * (1 + float(expansion_of(CORUNDUM_C, true))), 90.0, 90.0, 120.0,
        )  # fmt: skip
        factor = 1 + 7.1e-6 * (true - 298.15)
        hot = attrs.evolve(
            RUTILE, cell=(RUTILE.cell[0] * factor, RUTILE.cell[0] * factor, RUTILE.cell[2] * factor, 90.0, 90.0, 90.0)
        )
        phases = [
            PhaseTruth(structure=attrs.evolve(CORUNDUM, cell=cell), mass_fraction=0.5),
            PhaseTruth(structure=hot, mass_fraction=0.5),
        ]
        scan = scan_at(tmp_path, i, 298.15, phases)
        scans.append(attrs.evolve(scan, temperature_K=stated))
    result = analysed(scans, phases=("corundum", "tio2-rutile"), temperature_standard="corundum")
    assert result.series is not None
    check = result.series.temperature_check
    assert check is not None
    off = (check.found_K - np.array([293.15, 506.0, 712.0, 920.0])) / check.std_K
    assert np.all(np.abs(off) < 4)
    assert np.all(check.std_K < 12)
    assert [e.phase for e in result.series.expansions] == ["tio2-rutile"]
    assert abs(dict(result.series.expansions[0].secant.along)["a"].value - 7.1e-6) < 3e-7


def test_a_standard_whose_law_is_not_known_is_withheld(rutile: DiffractionResult, tmp_path: Path) -> None:
    phases = [PhaseTruth(structure=RUTILE, mass_fraction=1.0, expansion_per_K=ALPHA)]
    scans = [scan_at(tmp_path, i, 300.0 + 100 * i, phases) for i in range(3)]
    result = analysed(scans, phases=("tio2-rutile",), temperature_standard="tio2-rutile")
    assert ["expansion law of tio2-rutile" in w.missing for w in result.withheld] == [True]


def test_a_series_can_be_kept_and_comes_back_equal(rutile: DiffractionResult) -> None:
    payload = encoded(rutile)
    assert encoded(decoded(payload)) == payload


def test_scans_against_time_are_refined_in_order_and_drawn(tmp_path: Path) -> None:
    """No temperatures: a cell that swells by the hour, the files not in order."""
    scans = []
    for i in range(4):
        swollen = attrs.evolve(
            RUTILE, cell=(RUTILE.cell[0] * (1 + 2e-4 * i), RUTILE.cell[0] * (1 + 2e-4 * i), *RUTILE.cell[2:])
        )
        scan = scan_at(tmp_path, 60 * i, 298.15, [PhaseTruth(structure=swollen, mass_fraction=1.0)])
        scans.append(attrs.evolve(scan, temperature_K=None))
    result = analysed(scans[::-1], phases=("tio2-rutile",), series="order")
    assert result.series is None
    starts = [p.refinement.started_cold for p in result.patterns if p.refinement is not None]
    assert starts == [True, False, False, False]
    figure = next(f for f in CARD.present(result).figures if f.key == "cells_in_order_tio2_rutile")
    a = figure.panels[0].series[0]
    np.testing.assert_allclose(a.x, [0.0, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(a.y, RUTILE.cell[0] * (1 + 2e-4 * np.arange(4)), atol=4e-4)
