"""A pellet that changes phase inside the measured range: one line on each side, and 25 °C read from its own side."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.core.facts import PelletGeometry
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.present import present
from pelletry.techniques.impedance.settings import ImpedanceSettings

K_EV_PER_K = 8.617333262e-5
F = np.logspace(6, -1, 71)
CONSTANT_PER_M = 10.0
TRANSITION = {"name": "triclinic to rhombohedral LiZr2(PO4)3", "temperature_K": 323.15, "source": "El-Shinawi 2018"}
GEOMETRY = PelletGeometry(
    sample="P", given_by="calliper", thickness_m=Estimate(value=1e-3, std=1e-6, unit="m", method="as stated"),
    electrode_area_m2=Estimate(value=1e-4, std=1e-7, unit="m2", method="as stated"),
)  # fmt: skip


def conductivity(temperature_K: float) -> float:
    """sigma T = A exp(-E/kT): 0.50 eV in the cold phase; 0.34 eV and four times as much at 50 °C in the hot one. [S/m]"""
    energy, at_50 = (0.50, 1e-3) if temperature_K < 323.15 else (0.34, 4e-3)
    return at_50 * 323.15 / temperature_K * math.exp(-energy / K_EV_PER_K * (1 / temperature_K - 1 / 323.15))


def spectrum(celsius: float) -> ImpedanceSpectrum:
    temperature_K = celsius + 273.15
    resistance = CONSTANT_PER_M / conductivity(temperature_K)
    s = 2j * np.pi * F
    z = 0.2 * resistance + 0.8 * resistance / (1 + (s * 0.8 * resistance * 2e-10) ** 0.95) + 1 / (1e-6 * s**0.9)
    random = np.random.default_rng(round(celsius) + 100)
    z = z * (1 + 0.002 * (random.standard_normal(F.size) + 1j * random.standard_normal(F.size)))
    return ImpedanceSpectrum(
        name=f"{celsius} °C", origin=Origin(path=f"raw/{celsius}.z", sha256="0" * 64, format="zplot"), frequency_Hz=F,
        impedance_ohm=z, file_row=np.arange(F.size), temperature_K=temperature_K, temperature_source="header",
        temperature_is_confirmed=True,
    )  # fmt: skip


def analysed(*celsius: float, geometry: PelletGeometry | None = GEOMETRY, **settings: object):
    inputs = Inputs(
        sample=Sample(name="P"),
        facts=() if geometry is None else (geometry,),
        settings=ImpedanceSettings(circuit="R(RQ)Q", **settings),
    )
    return analyse([spectrum(t) for t in celsius], inputs)


ALL = (-20, 0, 20, 40, 60, 80, 100, 120)


def test_each_side_of_a_known_transition_has_its_energy_and_25_degrees_their_own_side() -> None:
    result = analysed(*ALL, transitions=[TRANSITION])
    line = result.line("total")
    assert [one.words for one in line.ranges] == ["-20 to 40 °C", "60 to 120 °C"]
    cold, hot = (dict(one.energies)["ln(sigma T)"] for one in line.ranges)
    assert cold.value == pytest.approx(0.50, abs=3 * cold.std)
    assert hot.value == pytest.approx(0.34, abs=3 * hot.std)
    assert max(cold.std, hot.std) < 0.005
    at_25 = line.reference_conductivity
    assert at_25.value == pytest.approx(conductivity(298.15), rel=0.01)
    named = {q.name: q for q in result.quantities if "range" in q.name}
    assert named["activation_energy_total_range2"].quantity == hot
    assert dict(named["activation_energy_total_range1"].conditions)["temperature_high_K"] == pytest.approx(313.15)
    (reference,) = [q for q in result.quantities if q.name == "conductivity_total_25C"]
    assert "arrhenius-break" not in reference.flags
    assert decoded(encoded(result)) == result


def test_without_the_transition_in_the_settings_one_line_misses_25_degrees() -> None:
    """What the ranges are for: the line through both phases is off by far more than it says."""
    at_25 = analysed(*ALL).line("total").reference_conductivity
    assert abs(at_25.value / conductivity(298.15) - 1) > 0.1


def test_a_transition_outside_the_range_changes_nothing() -> None:
    line = analysed(60, 80, 100, 120, transitions=[TRANSITION]).line("total")
    assert line.ranges == ()


def test_a_side_with_one_temperature_has_no_energy_and_25_degrees_is_not_read_from_it() -> None:
    result = analysed(40, 60, 80, 100, 120, transitions=[TRANSITION])
    cold, hot = result.line("total").ranges
    assert isinstance(dict(cold.energies)["ln(sigma T)"], Unresolved)
    assert isinstance(dict(hot.energies)["ln(sigma T)"], Estimate)
    (reference,) = [q for q in result.quantities if q.name == "conductivity_total_25C"]
    assert "reference-across-transition" in reference.flags
    assert any("fewer than three temperatures" in f.sentence for f in result.findings)


def test_table_and_figure_show_the_ranges() -> None:
    shown = present(analysed(*ALL, transitions=[TRANSITION]))
    (table,) = [t for t in shown.tables if t.key == "impedance_energies"]
    assert [row[0] for row in table.rows if "total" in row[0]] == [
        "total",
        "total, -20 to 40 °C",
        "total, 60 to 120 °C",
    ]
    assert len(table.traces) == len(table.rows)
    (figure,) = [f for f in shown.figures if f.key == "arrhenius"]
    lines = [s for s in figure.panels[0].series if s.style == "line" and s.label == "total"]
    assert len(lines) == 2
    assert "-20 to 40 °C, 60 to 120 °C" in figure.caption
    assert all(line.x.min() >= 1000 / 398 and (line.x.max() < 3.1 or line.x.min() > 3.1) for line in lines)
    (points,) = [s for s in figure.panels[0].series if s.label.startswith("total, ")]
    assert (points.y_error < 0.1 * points.y).all()  # the jump is no scatter


def test_energies_of_ranges_need_no_geometry() -> None:
    line = analysed(*ALL, geometry=None, transitions=[TRANSITION]).line("total")
    assert dict(line.ranges[0].energies)["ln(sigma T)"].value == pytest.approx(0.50, abs=0.01)
    assert isinstance(line.reference_conductivity, Unresolved)
