"""The reporting checklist: what is there, what is lacking and of whom, and what does not apply."""

from __future__ import annotations

import types

import attrs
import numpy as np
import pytest
from made_studies import made_study, number

from pelletry.advice.audit import audit
from pelletry.advice.checklist import checklist, checklist_finding, checklist_table
from pelletry.advice.checklist_pellets import electrode_is_stated
from pelletry.advice.tables import study_tables
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Pellet, Sample, Sintering
from pelletry.study.result import DataFile

FIRED = Sintering(temperature_K=1073.15, dwell_s=7200.0, heating_rate_K_per_s=1 / 60, atmosphere="air")


def size(value, std=None, unit="m"):
    return Estimate(value=value, std=std, unit=unit, method="")


def pellet(name, **more):
    given = {
        "composition": "LATP",
        "powder": "raw",
        "sintering": FIRED,
        "pellet": Pellet(thickness_m=size(1e-3, 1e-5), electrode_area_m2=size(5e-5, 5e-7, "m2")),
        "notes": "sputtered Au electrodes, 10 mV",
        **more,
    }
    return Sample(name=name, **given)


def spectrum(temperature_K, *, points=61, run="", confirmed=True):
    return types.SimpleNamespace(
        frequency_Hz=np.logspace(0, 6, points),
        impedance_ohm=np.ones(points) * (1 + temperature_K),
        origin=types.SimpleNamespace(sha256=f"{temperature_K}{run}", path="a"),
        label="x",
        consistency=object(),
        circuit="R(RQ)Q",
        rms_fraction=0.01,
        temperature_K=temperature_K,
        temperature_is_confirmed=confirmed,
        run=run,
    )


def impedance(name, spectra, cell=""):
    return "impedance", types.SimpleNamespace(
        sample=name, quantities=(), findings=(), facts=(), spectra=tuple(spectra), cell=cell, of_part=lambda part: ()
    )


def numbers(name, sigma=0.05):
    return [
        number(name, "conductivity_total_25C", sigma, 0.002, unit="S/m"),
        number(name, "relative_density", 0.97, 0.01),
        number(name, "activation_energy_total", 0.35, 0.01, unit="eV"),
    ]


@pytest.fixture
def whole():
    """Three pellets of one condition with nearly all that is asked for."""
    names = ("A1", "A2", "A3")
    temperatures = (273.15, 298.15, 323.15, 348.15)
    spectra = [spectrum(t, run=run) for t in temperatures for run in ("heating", "cooling")]
    return made_study(
        [q for i, n in enumerate(names) for q in numbers(n, 0.05 + 0.005 * i)],
        samples=[pellet(n) for n in names],
        extra=[impedance(n, spectra) for n in names],
        files=[DataFile(path="a", sha256="0" * 64, size_bytes=1)],
    )


def states(result):
    return {(c.group, c.what): (c.state, c.detail) for c in checklist(result)}


def test_a_study_without_conductivities_has_no_checklist():
    result = made_study([number("A", "d50", 3e-6, unit="m")])
    assert checklist(result) == ()
    assert checklist_table(result) is None
    assert checklist_finding(result) == ()


def test_what_is_there_is_present_with_its_numbers(whole):
    found = states(whole)
    assert found["pellet", "several pellets of each condition"] == ("present", "3 or more of each condition")
    assert found["pellet", "scatter between pellets"] == ("present", "standard deviation of σ 9 % (3 pellets)")
    assert found["impedance", "frequency range"] == ("present", "1 Hz to 1e+06 Hz")
    assert found["impedance", "circuit"] == ("present", "R(RQ)Q")
    assert found["temperatures", "4 or more temperatures"] == ("present", "0 to 75 °C")
    assert found["temperatures", "heating and cooling"][0] == "present"
    assert found["electrodes", "material and how it was applied"] == ("present", "in the notes")
    assert found["impedance", "uncertainty of σ"][0] == "present"
    assert found["data", "raw data listed"] == ("present", "sha256 of 1")


def test_the_electronic_part_may_be_that_of_a_cell_made_of_the_pellet():
    spectra = [spectrum(298.15)]
    measured = [*numbers("A"), number("A dc", "electronic_conductivity", 2e-7, 2e-9, unit="S/m")]
    of_it = made_study(
        measured, samples=[pellet("A"), Sample(name="A dc", made_of="A")], extra=[impedance("A", spectra)]
    )
    other = made_study(measured, samples=[pellet("A"), Sample(name="A dc")], extra=[impedance("A", spectra)])
    assert states(of_it)["impedance", "electronic part"][0] == "present"
    assert states(other)["impedance", "electronic part"][0] == "absent"


def test_what_is_lacking_is_absent_and_says_of_whom(whole):
    bare = pellet("A2", notes="", composition=None, pellet=Pellet(thickness_m=size(1e-3)))
    samples = [s if s.name != "A2" else bare for s in whole.samples]
    flag = Finding(code="budget-incomplete", severity="notice", sentence="x", samples=("A3",))
    found = states(attrs.evolve(whole, samples=tuple(samples), findings=(flag,)))
    assert found["pellet", "composition"] == ("absent", "lacking of A2")
    assert found["pellet", "thickness with uncertainty"] == ("absent", "lacking of A2")
    assert found["electrodes", "material and how it was applied"][1].startswith(
        "lacking of A2; write it into the notes"
    )
    assert found["impedance", "uncertainty of σ"] == ("absent", "lacking of A3")
    assert found["phases", "phases by diffraction"] == ("absent", "of none")


def test_one_pellet_a_condition_is_not_several():
    result = made_study(
        [*numbers("A"), *numbers("B")],
        samples=[pellet("A"), pellet("B", sintering=attrs.evolve(FIRED, temperature_K=1173.15))],
        extra=[impedance(n, [spectrum(298.15)]) for n in ("A", "B")],
    )
    found = states(result)
    assert found["pellet", "several pellets of each condition"] == (
        "absent",
        "fewer than 3 pellets in 2 of 2 conditions",
    )
    assert found["pellet", "scatter between pellets"] == ("absent", "no condition has two pellets")
    assert found["temperatures", "4 or more temperatures"][0] == "absent"


def test_few_points_and_unconfirmed_temperatures_are_seen():
    extra = [impedance("A", [spectrum(298.15, points=20, confirmed=False)])]
    found = states(made_study(numbers("A"), samples=[pellet("A")], extra=extra))
    assert found["impedance", "points per decade"][0] == "absent"
    assert found["temperatures", "temperatures of the pellet"][0] == "absent"


def test_items_of_cells_apply_to_cells_only(whole):
    assert {state for (group, _), (state, _) in states(whole).items() if group == "cells"} == {"not applicable"}
    cell = Sample(name="C", made_of=("A1",), given=(("pressure", size(1e7, unit="Pa")), ("cell", "full")))
    cycling = types.SimpleNamespace(sample="C", kind="full", findings=(), facts=())
    cycling.quantities = (number("C", "asr_cell_dc", 0.4, 0.01, unit="ohm m2", temperature_K=353.15),)
    from pelletry.study.result import SampleResult

    result = attrs.evolve(
        whole,
        samples=(*whole.samples, cell),
        results=(*whole.results, SampleResult(sample="C", technique="cycling", result=cycling)),
    )
    found = states(result)
    assert found["cells", "pressure on the cell"][0] == "present"
    assert found["cells", "temperature"][0] == "present"
    assert found["cells", "thickness of the electrolyte"][0] == "present"  # that of the pellet it was made of
    assert found["cells", "active mass"] == ("absent", "of none")
    assert found["cells", "repeated cells"] == ("absent", "one cell only of 1 of 1 kinds")
    assert found["pellet", "composition"][0] == "present"  # the cell is no pellet


@pytest.mark.parametrize(
    ("notes", "is_stated"),
    [
        ("sputtered Au electrodes", True),
        ("silver paint on both faces", True),
        ("electrodes: carbon", True),
        ("polished in air", False),
        ("Li lost in firing", False),
    ],
)
def test_a_material_of_electrodes_is_read_from_the_notes(notes, is_stated):
    assert electrode_is_stated(Sample(name="A", notes=notes)) == is_stated


def test_table_and_finding_count_the_same(whole):
    table = checklist_table(whole)
    assert [c.key for c in table.columns] == ["group", "item", "state", "detail", "asked_by"]
    there = sum(row[2] == "present" for row in table.rows)
    applies = sum(row[2] != "not applicable" for row in table.rows)
    (finding,) = checklist_finding(whole)
    assert f"{there} of {applies} items that apply are there; a paper would still lack" in finding.sentence
    assert "phases: phases by diffraction" in finding.sentence
    assert any(note.startswith("O: Ohno et al.") for note in table.notes)


def test_all_tables_of_the_advice_come_where_they_have_rows(whole):
    assert [table.key for table in study_tables(whole)] == ["checklist"]
    assert "reporting-checklist" in {f.code for f in audit(whole)}
