"""All of Raj 2023 from raw files: every published value lies in the interval that the run reports, and so do the assumed ones.

The files are simulated from the published values (and say so); what is proved is the way from file to number, not the ceramics.
One run of the whole study, about half a minute.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("gemmi", reason="the scans are made and read with pelletry[diffraction]")
pytest.importorskip("numba", reason="the scans are made and read with pelletry[diffraction]")
pytest.importorskip("skimage", reason="the micrographs are read with pelletry[microscopy]")

from pelletry import api
from pelletry.core.quantity import Estimate
from pelletry.reference.el_shinawi2018 import PublishedNumber
from pelletry.reference.raj2023 import published_numbers, published_pellets
from pelletry.study.result import StudyResult
from pelletry.virtual.demo import build_demo
from pelletry.virtual.demo_latp_cells import CELL_SAMPLE
from pelletry.virtual.demo_latp_ceramics import GRAINS_M, PHASES
from pelletry.virtual.demo_latp_powders import HOT_SAMPLE

#: Widest interval that still says something, as a share of the value.
WIDEST = {
    "lattice_a": 1e-4, "lattice_c": 2e-4, "lattice_volume": 2e-4, "d50": 0.1, "relative_density": 0.13,
    "conductivity_total_25C": 0.15, "activation_energy_total": 0.03, "capacitance_arc1": 0.02, "shrinkage_cold": 0.006,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_demo("latp", tmp_path_factory.mktemp("raj2023") / "study")


@pytest.fixture(scope="module")
def result(folder: Path) -> StudyResult:
    return api.run(folder, jobs=1)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = Path(__file__).parents[2] / "docs" / "papers" / "make_raj2023.py"
    spec = importlib.util.spec_from_file_location("make_raj2023", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _value(result: StudyResult, sample: str, name: str) -> float:
    (found,) = [q.quantity for q in result.quantities if (q.sample, q.name) == (sample, name)]
    assert isinstance(found, Estimate)
    return found.value


def _codes(result: StudyResult, sample: str) -> set[str]:
    return {finding.code for finding in result.findings if sample in finding.samples}


@pytest.mark.parametrize("number", published_numbers(), ids=lambda n: n.key)
def test_a_published_value_lies_in_an_interval_that_says_something(
    result: StudyResult, script: ModuleType, number: PublishedNumber
) -> None:
    found = script.found(result, number)
    assert isinstance(found, Estimate), found
    assert found.unit == number.unit
    assert found.interval is not None
    low, high = found.interval
    assert low <= number.value <= high
    assert (high - low) / abs(number.value) < WIDEST[number.name]


def test_what_was_assumed_and_can_be_measured_comes_back(result: StudyResult, script: ModuleType) -> None:
    outside = [what for what, _, value, found in script.assumed(result) if not script.is_held(found, value)]
    assert len(list(script.assumed(result))) == 6 + sum(len(set(p) - {"litiopo4"}) for p in PHASES.values())
    # Some of thirty intervals of 95 % may miss; with more than three of them the chance is below two in a hundred.
    assert len(outside) <= 3, outside


def test_the_capacitance_of_the_boundaries_is_held_as_often_as_95_percent_says(
    result: StudyResult, script: ModuleType
) -> None:
    assert script.capacitances_held(result) >= len(published_pellets()) - 3


def test_phases_appear_and_disappear_as_they_were_put_in(result: StudyResult, script: ModuleType) -> None:
    found = {sample: set(names) for sample, names in script.phases_found(result).items()}
    assert found == {sample: set(phases) - {"litiopo4"} for sample, phases in PHASES.items()}


@pytest.mark.parametrize("code", ["unexplained-peaks", "phase-suggested"])
def test_the_phase_without_atoms_is_left_over_and_suggested(result: StudyResult, code: str) -> None:
    found = [f for f in result.findings if f.code == code]
    assert {s for f in found for s in f.samples} == {s for s, phases in PHASES.items() if "litiopo4" in phases}
    assert code != "phase-suggested" or all(f.sentence.startswith("litiopo4: ") for f in found)


def test_the_cells_on_cooling_are_those_on_heating(result: StudyResult) -> None:
    assert "branches-agree" in _codes(result, HOT_SAMPLE)
    # LiTi2(PO4)3 differs by its cell alone, and heat moves the cell: it must not come in beside LATP.
    assert {q.condition("phase") for q in result.quantities if (q.sample, q.name) == (HOT_SAMPLE, "lattice_a")} == {
        "latp"
    }
    assert "fit-not-trusted" not in _codes(result, HOT_SAMPLE)


def test_nothing_is_lost_after_450_degrees(result: StudyResult) -> None:
    assert all(_value(result, powder, "no_loss_above") < 450 + 273.15 for powder in ("LATP", "LATPBM"))


def test_the_coarse_body_expands_again_in_argon_and_no_other_does(result: StudyResult) -> None:
    assert _value(result, "LATP body Ar", "swelling_onset") == pytest.approx(930 + 273.15, abs=5.0)
    assert all("swelling" not in _codes(result, s) for s in ("LATP body air", "LATPBM body air", "LATPBM body Ar"))


def test_the_blank_run_was_taken_off_all_bodies(result: StudyResult) -> None:
    blanks = [run.blank for r in result.results if r.technique == "dilatometry" for run in r.result.runs]
    assert blanks == ["raw/dil/blank.txt"] * 4
    assert not {"blank-missing", "blank-refused"} & {f.code for f in result.findings}


def test_the_three_current_densities_are_found(result: StudyResult) -> None:
    steps = [q for q in result.quantities if (q.sample, q.name) == (CELL_SAMPLE, "overpotential")]
    found = sorted(float(q.condition("current_density_A_per_m2")) for q in steps)
    assert found == pytest.approx([0.05, 0.1, 0.5], rel=5e-3)
    assert not {"soft-short", "sign-voltage-drop"} & _codes(result, CELL_SAMPLE)


def test_grains_and_pores_are_those_of_the_sections(result: StudyResult) -> None:
    density = {p.sample: p.relative_density_fraction for p in published_pellets()}
    for sample, size_m in GRAINS_M.items():
        # The circle of the mean area is 2/sqrt(pi) times its square root; grains cut by pores lose some of their area.
        assert _value(result, sample, "ecd_mean_number") == pytest.approx(1.128 * size_m, rel=0.12)
        assert _value(result, sample, "porosity") == pytest.approx(1 - density[sample], abs=0.012)


def test_everything_was_read_and_says_simulated(result: StudyResult, folder: Path) -> None:
    assert result.is_simulated
    assert all(f.status == "read" for f in result.files), [f for f in result.files if f.status != "read"]
    written = {path.relative_to(folder).as_posix() for path in (folder / "raw").rglob("*") if path.is_file()}
    assert written - {f.path for f in result.files} == {"raw/READ_ME.txt"}
    for path in (folder / "raw").rglob("*"):
        if path.is_file() and path.name != "READ_ME.txt":
            assert b"simulated" in path.read_bytes().lower(), path


def test_another_build_has_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    def contents(top: Path) -> dict[str, bytes]:
        raw = top / "raw"
        kept = [path for path in raw.rglob("*") if path.is_file()] + [
            top / f for f in ("samples.csv", "files.csv", "study.toml")
        ]
        return {path.relative_to(top).as_posix(): path.read_bytes() for path in kept}

    assert contents(build_demo("latp", tmp_path / "again")) == contents(folder)


def test_the_truth_is_not_in_the_folder(folder: Path) -> None:
    for path in (folder / "raw" / "xrd").iterdir():
        assert b"wt%" not in path.read_bytes()
        assert b"alpo4" not in path.read_bytes().lower()


def test_the_page_is_as_the_run_gives_it(result: StudyResult, script: ModuleType) -> None:
    assert script.is_same(script.page(result), script.PAGE.read_text(encoding="utf-8"))
