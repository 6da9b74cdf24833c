"""Readings of the shorted and of the open holder, against a network of four terminals worked out with its matrix."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.provenance import Origin
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.rig import reading_at, without_rig
from pelletry.techniques.impedance.rig import without_the_rig
from pelletry.techniques.impedance.settings import ImpedanceSettings

F = np.logspace(7, 1, 61)
W = 2 * np.pi * F
SAMPLE_OHM = 40.0 + 900.0 / (1 + 1j * W * 900.0 * 3e-10) + 1.0 / (2e-6 * (1j * W) ** 0.9)


def through_cables(load_ohm, angular):
    """The reading at one end of a symmetrical cable with its load at the other: product of the matrices of a symmetrical T."""
    half = (0.6 + 1j * angular * 0.4e-6) / 2
    across = 1j * angular * 60e-12 + 2e-9
    one = np.zeros((angular.size, 2, 2), complex)
    one[:, 0, 0] = one[:, 1, 1] = 1
    one[:, 0, 1] = half
    shunt = np.zeros_like(one)
    shunt[:, 0, 0] = shunt[:, 1, 1] = 1
    shunt[:, 1, 0] = across
    m = one @ shunt @ one
    if load_ohm is None:
        return m[:, 0, 0] / m[:, 1, 0]
    return (m[:, 0, 0] * load_ohm + m[:, 0, 1]) / (m[:, 1, 0] * load_ohm + m[:, 1, 1])


def spectrum(z, *, role="", path="a.z", f=F, temperature_K=298.15):
    origin = Origin(path=path, sha256="0" * 64, format="table")
    return ImpedanceSpectrum(
        name=path, origin=origin, frequency_Hz=f, impedance_ohm=np.asarray(z, complex), file_row=np.arange(f.size), role=role,
        temperature_K=temperature_K, temperature_source="header", temperature_is_confirmed=True,
    )  # fmt: skip


READ = through_cables(SAMPLE_OHM, W)
SHORTED = through_cables(np.zeros_like(W), W)
OPENED = through_cables(None, W)


def test_a_symmetrical_network_comes_off_to_the_last_digit() -> None:
    assert np.abs(READ / SAMPLE_OHM - 1).max() > 0.2  # at 10 MHz the cable is no small thing
    own = without_rig(READ, SHORTED, OPENED)
    assert np.abs(own / SAMPLE_OHM - 1).max() < 1e-10


def test_a_short_alone_takes_off_a_series_part_and_an_open_alone_a_parallel_one() -> None:
    assert without_rig(SAMPLE_OHM + 0.3 + 2e-6j * W, 0.3 + 2e-6j * W, None) == pytest.approx(SAMPLE_OHM)
    leak = 1j * W * 4e-12
    assert without_rig(1 / (1 / SAMPLE_OHM + leak), None, 1 / leak) == pytest.approx(SAMPLE_OHM)


def test_readings_at_other_frequencies_are_drawn_smoothly_between() -> None:
    coarse = np.logspace(7.1, 0.9, 40)
    exact = 0.3 + 1j * W * 1e-6
    assert reading_at(F, coarse, 0.3 + 2j * np.pi * coarse * 1e-6) == pytest.approx(exact, rel=1e-12)
    twice = np.r_[coarse, coarse]
    assert reading_at(F, twice, np.r_[0.2 + 0j * coarse, 0.4 + 0j * coarse]).real == pytest.approx(0.3)


def test_the_resistances_are_those_of_the_sample() -> None:
    inputs = Inputs(sample=Sample(name="P"), settings=ImpedanceSettings(circuit="R(RQ)Q"))
    measured = [spectrum(READ), spectrum(SHORTED, role="short", path="s.z"), spectrum(OPENED, role="open", path="o.z")]
    result = analyse(measured, inputs)
    (one,) = result.spectra
    fitted = {p.name: p.fitted for p in one.parameters}
    assert fitted["R1"] == pytest.approx(40.0, rel=1e-3)
    assert fitted["R2"] == pytest.approx(900.0, rel=1e-3)
    (taken,) = [f for f in result.findings if f.code == "rig-taken-off"]
    assert "short and open" in taken.sentence
    assert {o.path for o in result.lineage.origins} == {"a.z", "s.z", "o.z"}
    assert "shorted" not in result.rig_sentence
    assert "short (s.z)" in result.rig_sentence
    assert "Agilent2009" in result.lineage.references
    bare = analyse(measured[:1], inputs)
    assert bare.rig_sentence == ""
    assert {p.name: p.fitted for p in bare.spectra[0].parameters}["R1"] != pytest.approx(40.0, rel=5e-3)


def test_a_reading_that_ends_early_takes_off_nothing_and_says_so() -> None:
    short = spectrum(SHORTED[F > 100], role="short", path="s.z", f=F[F > 100])
    found = without_the_rig([spectrum(READ), short], "P")
    assert found.spectra[0].impedance_ohm == pytest.approx(READ)
    assert [f.code for f in found.findings] == ["rig-range"]
    assert "10 Hz to 10 MHz" in found.findings[0].sentence
    assert found.origins == ()


def test_the_reading_at_the_nearest_temperature_counts() -> None:
    cold, hot = (
        spectrum(np.full(F.size, r), role="short", path=p, temperature_K=t)
        for r, p, t in ((1, "c", 300), (2, "h", 500))
    )
    found = without_the_rig([spectrum(READ, temperature_K=480.0), cold, hot], "P")
    assert found.spectra[0].impedance_ohm == pytest.approx(READ - 2)


def test_points_that_read_as_the_open_holder_are_left_out() -> None:
    z = np.where(F < 100, OPENED, READ)
    found = without_the_rig([spectrum(z), spectrum(OPENED, role="open", path="o.z")], "P")
    assert found.spectra[0].frequency_Hz.min() >= 99
    assert {f.code for f in found.findings} == {"rig-taken-off", "rig-not-told-apart"}
    with pytest.raises(MeasurementError, match="contacts"):
        without_the_rig([spectrum(OPENED), spectrum(OPENED, role="open", path="o.z")], "P")


def test_the_holder_alone_is_no_sample() -> None:
    with pytest.raises(MeasurementError, match="shorted or open holder only"):
        without_the_rig([spectrum(SHORTED, role="short")], "P")


def test_without_readings_nothing_changes() -> None:
    one = spectrum(READ)
    found = without_the_rig([one, attrs.evolve(one, role="control")], "P")
    assert found.spectra[0] is one
    assert len(found.spectra) == 2
    assert found.findings == ()
