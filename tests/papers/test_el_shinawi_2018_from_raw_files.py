"""What El-Shinawi 2018 prints, from raw files in the instruments' layouts: every printed value lies in the reported interval.

The files are simulated from the printed values (and say so); what is proved is the way from file to number, not the ceramic.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from pelletry import api
from pelletry.core.quantity import Estimate
from pelletry.reference.el_shinawi2018 import PublishedNumber, published_numbers
from pelletry.study.result import StudyResult
from pelletry.virtual.demo import build_demo

pytest.importorskip("gemmi", reason="the scans are made and read with pelletry[diffraction]")
pytest.importorskip("numba", reason="the scans are made and read with pelletry[diffraction]")

#: Widest interval that still says something, as a share of the value (of 1 eV for binding energies, of 1 K for the transition).
WIDEST = {
    "rhombohedral": 0.06, "triclinic": 0.25, "transition": 2.0, "conductivity": 0.10, "energy": 0.05, "voltage": 0.2, "voltage-gold": 0.01,
    "interface-gold": 0.15, "zr-pristine": 0.1, "zr-cycled": 0.1, "p-pristine": 0.1, "p-cycled": 0.6, "layer": 0.05, "ltp-interface": 0.1,
    "ltp-capacitance": 0.05, "capacity-low": 0.5, "capacity-high": 0.5,
}  # fmt: skip
ABSOLUTE = ("transition", "zr-pristine", "zr-cycled", "p-pristine", "p-cycled")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = build_demo("lzp", tmp_path_factory.mktemp("el-shinawi") / "study")
    return api.run(folder, jobs=1)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = Path(__file__).parents[2] / "docs" / "papers" / "make_el_shinawi2018.py"
    spec = importlib.util.spec_from_file_location("make_el_shinawi2018", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _estimate(result: StudyResult, name: str, sample: str) -> Estimate:
    (found,) = [q.quantity for q in result.quantities if (q.sample, q.name) == (sample, name)]
    assert isinstance(found, Estimate)
    return found


def _sentences(result: StudyResult, code: str) -> list[str]:
    return [finding.sentence for finding in result.findings if finding.code == code]


@pytest.mark.parametrize("number", published_numbers(), ids=lambda n: n.key)
def test_a_printed_value_lies_in_an_interval_that_says_something(
    result: StudyResult, script: ModuleType, number: PublishedNumber
) -> None:
    found = script.found(result, number)
    assert isinstance(found, Estimate), found
    assert found.unit == number.unit
    assert found.interval is not None
    low, high = found.interval
    assert low <= number.value <= high
    assert (high - low) / (1.0 if number.key in ABSOLUTE else number.value) < WIDEST[number.key]


def test_the_phosphide_is_doubted_without_being_told(result: StudyResult) -> None:
    (outside,) = _sentences(result, "xps-assignment-outside")
    assert outside.startswith("low P, P 2p of LZP surface (cycled), is called Li3P")
    assert "133.4 eV is where metal phosphate or Li3PO4 lies" in outside
    (missing,) = _sentences(result, "xps-partner-missing")
    assert "needs P 2p at 128.2 to 129.2 eV" in missing


def test_direct_against_alternating_current_is_flagged_for_the_cell_with_gold_only(result: StudyResult) -> None:
    (words,) = _sentences(result, "dc-above-ac")
    assert words.startswith("Li/Au/LZP/Au/Li: ")
    dc = _estimate(result, "asr_interface_dc", "Li/Au/LZP/Au/Li")
    ac = _estimate(result, "asr_interface_ac", "Li/Au/LZP/Au/Li")
    assert dc.interval is not None
    # (0.18 V / 40 uA cm-2 - 0.145 cm / 1e-4 S cm-1) / 2
    assert dc.interval[0] < 1525e-4 < dc.interval[1]
    assert dc.value / ac.value == pytest.approx(1525 / 750, rel=0.05)


def test_the_interface_of_the_layer_is_told_by_the_control_cell(result: StudyResult) -> None:
    (words,) = _sentences(result, "compared-with-control")
    assert "has no counterpart in the control cell" in words
    cell = result.of("Li/LZP/LTP 1", "impedance").spectra[0]
    assert cell.circuit.removeprefix("L") == "R(RQ)(RQ)(RQ)W"


def test_the_cell_without_gold_grows_and_the_one_with_gold_does_not(result: StudyResult) -> None:
    without, with_gold = _sentences(result, "growth-law")
    assert without.startswith("Li/LZP/Li: the resistance of the cell in time follows the square root law")
    assert "no growth is resolved" in with_gold


def test_current_that_is_not_carried_by_ions_is_measured_against_the_pellet(result: StudyResult) -> None:
    electronic = _estimate(result, "electronic_conductivity", "LZP dc")
    assert electronic.interval is not None
    assert electronic.interval[0] < 2e-7 < electronic.interval[1]
    assert _estimate(result, "transference_number_ion", "LZP dc").value == pytest.approx(1 - 2e-5, abs=1e-6)


def test_capacities_stay_below_what_the_formula_can_hold(result: StudyResult) -> None:
    assert not _sentences(result, "capacity-above-theory")
    shares = [_estimate(result, "utilisation", f"Li/LZP/LTP {i}").value for i in (1, 2)]
    assert shares == pytest.approx([70 / 138.3, 115 / 138.3], abs=0.005)


def test_cells_get_no_conductivity(result: StudyResult) -> None:
    with_conductivity = {q.sample for q in result.quantities if q.name.startswith("conductivity")}
    assert with_conductivity == {"LZP"}


def test_everything_was_read_and_says_simulated(result: StudyResult) -> None:
    assert result.is_simulated
    assert "El-Shinawi" in result.simulated_from
    assert result.comparison.is_simulated
    assert {f.status for f in result.files} == {"read"}


def test_the_page_is_what_the_script_makes_of_this_run(result: StudyResult, script: ModuleType) -> None:
    made = script.page(result)
    assert script.is_same(made, script.PAGE.read_text(encoding="utf-8")), (
        "run python docs/papers/make_el_shinawi2018.py"
    )
    assert "| no |" not in made
    assert not script.is_same(made, made.replace("| 83 wt% |", "| 84 wt% |"))
