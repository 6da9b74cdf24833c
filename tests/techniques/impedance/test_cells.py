"""Cells that let a current through: arcs and resistances times area, no conductivity, and assignment by a control cell.

The spectra are computed here from closed forms. The full cell is that of El-Shinawi 2018: an interface LTP|LZP of 1150 ohm cm2
and 1.6e-7 F, told by a cell without it.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from pelletry.core.facts import CellResistance, IonicConductivity, PelletGeometry
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.record import Column, Hint, Record
from pelletry.core.sample import Pellet, Sample
from pelletry.core.technique import Inputs
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.impedance import CARD
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.findings import CODES
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

F = np.logspace(6, -2, 81)
AREA_M2 = 0.785e-4
#: ohm cm2, F and n of the arcs; the second is the interface of the layer.
ARCS = ((320.0, 2e-9, 0.93), (1150.0, 1.6e-7, 0.85), (750.0, 6e-6, 0.80))


def cell_spectrum(
    name: str, arcs: tuple[tuple[float, float, float], ...], *, seed: int, role: str = "", **more: Any
) -> ImpedanceSpectrum:
    s = 2j * np.pi * F
    z = 60.0 + 25.0 * (1 - 1j) / np.sqrt(2 * np.pi * F)
    for ohm_cm2, farad, n in arcs:
        ohm = ohm_cm2 * 1e-4 / AREA_M2
        z = z + ohm / (1 + (s * ohm * farad) ** n)
    random = np.random.default_rng(seed)
    z = z + 0.002 * abs(z) * (random.standard_normal(F.size) + 1j * random.standard_normal(F.size))
    return ImpedanceSpectrum(
        name=name,
        role=role,
        origin=Origin(path=f"raw/{name}.mpt", sha256="0" * 64, format="biologic-mpt"),
        frequency_Hz=F,
        impedance_ohm=z,
        file_row=np.arange(F.size),
        temperature_source="header",
        temperature_is_confirmed=True,
        **{"temperature_K": 298.15, **more},
    )


def run(
    spectra: list[ImpedanceSpectrum],
    *,
    cell: str = "full",
    area: bool = True,
    facts: tuple[Any, ...] = (),
    **settings: Any,
) -> ImpedanceResult:
    size = Estimate(value=AREA_M2, std=0.02 * AREA_M2, unit="m2", method="as stated") if area else None
    sample = Sample(name="FC1", given=(("cell", cell),), pellet=Pellet(electrode_area_m2=size))
    inputs = Inputs(sample=sample, facts=facts, settings=ImpedanceSettings.model_validate(settings))
    return analyse(spectra, inputs)


def sentences(result: ImpedanceResult, code: str) -> list[str]:
    return [f.sentence for f in result.findings if f.code == code]


def given(result: ImpedanceResult, name: str, file: str = "raw/cell.mpt") -> Quantity:
    (found,) = [q.quantity for q in result.quantities if q.name == name and q.condition("file") == file]
    return found


@pytest.fixture(scope="module")
def with_control() -> ImpedanceResult:
    cell = cell_spectrum("cell", ARCS, seed=1)
    control = cell_spectrum("control", (ARCS[0], ARCS[2]), seed=2, role="control")
    return run([cell, control])


def test_the_interface_of_the_paper_is_found_by_its_control_cell(with_control: ImpedanceResult) -> None:
    cell, control = with_control.spectra
    assert cell.circuit.removeprefix("L") == "R(RQ)(RQ)(RQ)W"
    assert control.circuit.removeprefix("L") == "R(RQ)(RQ)W"
    assert [e.part for e in cell.path] == ["not assigned", "also in control", "lacking in control", "also in control"]
    interface = given(with_control, "area_specific_resistance_R3")
    assert isinstance(interface, Estimate)
    assert interface.interval is not None
    assert interface.interval[0] < 1150e-4 < interface.interval[1]
    capacitance = given(with_control, "capacitance_arc2")
    assert isinstance(capacitance, Estimate)
    assert capacitance.value == pytest.approx(1.6e-7, rel=0.1)


def test_the_assignment_is_said_in_words_with_both_numbers(with_control: ImpedanceResult) -> None:
    (words,) = sentences(with_control, "compared-with-control")
    assert "R3" in words
    assert "belongs to what the control lacks" in words
    assert "Ω cm2" in words
    assert "e-7 F" in words
    assert with_control.control_sentences == (words,)


def test_no_conductivity_energy_or_grain_boundary_is_given(with_control: ImpedanceResult) -> None:
    geometry = PelletGeometry(
        sample="FC1",
        given_by="calliper",
        thickness_m=Estimate(value=1e-3, std=1e-5, unit="m", method="as stated"),
        electrode_area_m2=Estimate(value=AREA_M2, std=1e-6, unit="m2", method="as stated"),
    )
    colder = [cell_spectrum(f"{t}", ARCS[:2], seed=t, temperature_K=float(t)) for t in (278, 288, 298)]
    for result in (with_control, run(colder, cell="symmetric", facts=(geometry,))):
        names = {q.name for q in result.quantities}
        assert not [
            n
            for n in names
            if n.startswith(("conductivity", "activation", "blocking", "resistance_bulk", "resistance_grain"))
        ]
        assert not [f for f in result.facts if isinstance(f, IonicConductivity)]
        assert {e.part for s in result.spectra for e in s.path}.isdisjoint({"bulk", "grain_boundary"})
        (why,) = sentences(result, "cell-not-blocked")
        assert "no ionic conductivity" in why


def test_resistances_times_area_hold_the_truth_and_name_the_area(with_control: ImpedanceResult) -> None:
    total = given(with_control, "area_specific_resistance_total")
    assert isinstance(total, Estimate)
    assert "area of one electrode" in total.method
    assert total.interval is not None
    truth = 60.0 * AREA_M2 + 1e-4 * sum(arc[0] for arc in ARCS)
    assert total.interval[0] < truth < total.interval[1]
    assert total.std is not None
    assert total.std / total.value > 0.02  # the error of the area is in it


def test_without_an_area_they_are_withheld_and_the_rest_goes_on() -> None:
    result = run([cell_spectrum("cell", ARCS, seed=1)], area=False)
    assert isinstance(given(result, "area_specific_resistance_total"), Unresolved)
    assert isinstance(given(result, "resistance_total"), Estimate)
    assert result.withheld[0].missing == "electrode area"
    assert "geometry-missing" in {f.code for f in result.findings}


def test_alike_cells_differ_by_no_arc() -> None:
    cell = cell_spectrum("cell", (ARCS[0], ARCS[2]), seed=3)
    control = cell_spectrum("control", (ARCS[0], ARCS[2]), seed=4, role="control")
    (words,) = sentences(run([cell, control]), "compared-with-control")
    assert "every arc has a counterpart" in words


def test_a_control_at_another_temperature_assigns_nothing() -> None:
    cell = cell_spectrum("cell", ARCS, seed=1)
    control = cell_spectrum("control", (ARCS[0], ARCS[2]), seed=2, role="control", temperature_K=333.15)
    result = run([cell, control])
    (words,) = sentences(result, "compared-with-control")
    assert "no control cell within 2 K" in words
    assert {e.part for e in result.spectra[0].path} == {"not assigned"}


def test_the_circuit_of_a_person_wins() -> None:
    result = run([cell_spectrum("cell", ARCS, seed=1)], circuit="R(RQ)(RQ)")
    assert result.spectra[0].circuit == "R(RQ)(RQ)"


def test_the_resistance_of_the_cell_goes_to_other_techniques_with_its_time() -> None:
    spectra = [
        cell_spectrum(f"loop{i}", ARCS[:2], seed=i, time_s=1000.0 + 600.0 * i, acquisition="key") for i in range(3)
    ]
    control = cell_spectrum("control", ARCS[:1], seed=9, role="control")
    facts = [f for f in run([*spectra, control], cell="symmetric").facts if isinstance(f, CellResistance)]
    assert [f.time_s for f in facts] == [0.0, 600.0, 1200.0]
    truth = 60.0 + sum(ARCS[i][0] for i in (0, 1)) * 1e-4 / AREA_M2
    for fact in facts:
        assert fact.temperature_K == 298.15
        assert fact.resistance_ohm.value == pytest.approx(truth, rel=0.03)


def test_times_of_two_acquisitions_are_not_mixed() -> None:
    spectra = [cell_spectrum(f"loop{i}", ARCS[:2], seed=i, time_s=100.0 * i, acquisition=f"key{i}") for i in range(2)]
    facts = [f for f in run(spectra).facts if isinstance(f, CellResistance)]
    assert [f.time_s for f in facts] == [None, None]


def test_a_word_that_names_no_cell_is_an_error_and_gives_no_conductivity() -> None:
    result = run([cell_spectrum("cell", ARCS[:2], seed=1)], cell="coin")
    (finding,) = [f for f in result.findings if f.code == "cell-not-blocked"]
    assert finding.severity == "error"
    assert "'coin'" in finding.sentence
    assert not [q for q in result.quantities if q.name.startswith("conductivity")]


@pytest.mark.parametrize("word", ["", "blocking", "Blocking electrodes"])
def test_a_blocked_pellet_is_analysed_as_before(word: str) -> None:
    s = 2j * np.pi * F
    z = 400.0 + 2e3 / (1 + (s * 2e3 * 2e-9) ** 0.93) + 1 / (3e-6 * s**0.88)
    spectrum = attrs.evolve(cell_spectrum("pellet", ARCS, seed=1), impedance_ohm=z)
    geometry = PelletGeometry(
        sample="FC1",
        given_by="calliper",
        thickness_m=Estimate(value=1e-3, std=1e-5, unit="m", method="as stated"),
        electrode_area_m2=Estimate(value=AREA_M2, std=1e-6, unit="m2", method="as stated"),
    )
    result = run([spectrum], cell=word, facts=(geometry,))
    (total,) = [q.quantity for q in result.quantities if q.name == "conductivity_total"]
    assert isinstance(total, Estimate)
    assert total.value == pytest.approx(1e-3 / AREA_M2 / 2400.0, rel=1e-3)
    assert result.cell == ""
    assert not [q for q in result.quantities if q.name.startswith("area_specific")]


def test_the_result_survives_the_store_and_uses_known_codes(with_control: ImpedanceResult) -> None:
    kept = encoded(with_control)
    assert encoded(decoded(kept)) == kept
    own = {"cell-not-blocked", "compared-with-control"}
    assert own <= CODES.keys()
    assert own <= {f.code for f in with_control.findings}


def test_role_and_time_are_read_from_the_record() -> None:
    columns = [
        Column(name="freq", unit="Hz", values=F), Column(name="Re(Z)", unit="Ohm", values=100 + 0 * F),
        Column(name="-Im(Z)", unit="Ohm", values=1 / F), Column(name="time", unit="s", values=50.0 + np.arange(F.size)),
    ]  # fmt: skip
    record = Record(
        name="r",
        technique="impedance",
        columns=tuple(columns),
        origin=Origin(path="a.mpt", sha256="0" * 64, format="biologic-mpt"),
        header={"acquisition key": "k"},
        hints=(Hint(name="role", value="control", unit="", source="files.csv"),),
    )
    (spectrum,) = CARD.read([record])
    assert (spectrum.role, spectrum.time_s, spectrum.acquisition) == ("control", 50.0, "k")


def test_tables_and_method_speak_of_the_cell(with_control: ImpedanceResult) -> None:
    shown = CARD.present(with_control)
    tables = {t.key: t for t in shown.tables}
    assert "impedance_conductivities" not in tables
    assert "impedance_energies" not in tables
    assert "ohm m2" in {c.unit for c in tables["impedance_cell"].columns}
    assert with_control.cell_sentence in tables["impedance_cell"].notes
    assert "control cell" in shown.method_paragraph
    assert "Irvine" not in shown.method_paragraph
    assert [row[0] for row in tables["impedance_cell"].rows] == ["25 °C", "25 °C, control"]
