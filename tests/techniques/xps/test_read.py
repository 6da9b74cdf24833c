"""From records to regions: levels, counting, fits of other programs, and what makes no region."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.record import Column
from pelletry.formats.open_file import read_file
from pelletry.techniques.xps.read import level_of_name, read

ENERGY = np.arange(450.0, 472.0, 0.1)
COUNTS = np.round(1000 + 5000 * np.exp(-((ENERGY - 459) ** 2)))


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Ti 2p", "Ti 2p"), ("Zn2p Scan", "Zn 2p"), ("1: S 2p", "S 2p"), ("Pt4f PE20", "Pt 4f"), ("O1s Scan A", "O 1s"),
        ("Li 1s / Zr 4s", "Li 1s"), ("wide", ""), ("Su1s", ""), ("Survey", ""), ("Valence", ""), ("region 3", ""),
    ],
)  # fmt: skip
def test_levels_are_read_from_the_names_instruments_give(name, level):
    assert level_of_name(name) == level


def test_order_of_the_points_does_not_matter(make_record):
    up, down = (
        read([make_record("Ti 2p", ENERGY, COUNTS)])[0],
        read([make_record("Ti 2p", ENERGY[::-1], COUNTS[::-1])])[0],
    )
    assert np.array_equal(up.energy_eV, down.energy_eV)
    assert np.array_equal(up.intensity, down.intensity)
    assert np.all(np.diff(up.energy_eV) > 0)


def test_counts_are_counts_and_rates_need_their_time(make_record):
    assert read([make_record("Ti 2p", ENERGY, COUNTS)])[0].counts_per_unit == 1.0
    timed = read([make_record("Ti 2p", ENERGY, COUNTS / 2, unit="counts/s", **{"time per point (s)": "2"})])[0]
    assert timed.counts_per_unit == 2.0
    for changed, reason in (
        ({"unit": "counts/s"}, "neither dwell nor sweeps"),
        ({"unit": ""}, "does not say whether"),
    ):
        found = read([make_record("Ti 2p", ENERGY, COUNTS / 2, **changed)])[0]
        assert found.counts_per_unit is None
        assert reason in found.counts_reason
    assert "not whole numbers" in read([make_record("Ti 2p", ENERGY, COUNTS / 3)])[0].counts_reason
    assert "negative" in read([make_record("Ti 2p", ENERGY, COUNTS - 2000)])[0].counts_reason


def test_the_role_of_a_file_comes_with_its_records(make_record):
    assert read([make_record("Ti 2p", ENERGY, COUNTS, role="cycled")])[0].role == "cycled"


def test_points_without_a_number_and_repeated_energies_are_left_out_and_told(make_record):
    energy, counts = ENERGY.copy(), COUNTS.copy()
    counts[5] = np.nan
    energy[20] = energy[19]
    found = read([make_record("Ti 2p", energy, counts)])[0]
    assert len(found.energy_eV) == len(energy) - 2
    assert "2 points" in found.warnings[0]


def test_casaxps_fit_of_a_real_file_is_read_with_its_calibration(raw_data):
    regions = read(read_file(raw_data("xps_vamas", "cheminfo+xps-analysis", "assigned.vms")))
    sulfur = next(r for r in regions if r.level == "S 2p" and r.file_components)
    assert sulfur.file_calibration.shift_eV == pytest.approx(3.6301, abs=1e-4)
    assert {c.program for c in sulfur.file_components} == {"CasaXPS"}
    assert any(c.line_shape == "GL(30)" for c in sulfur.file_components)


def test_avantages_components_are_read_with_their_areas(raw_data):
    regions = read(read_file(raw_data("xps_thermo", "gkerherve+AvantageToPlot", "CC-A.xlsx")))
    carbon = next(r for r in regions if r.level == "C 1s")
    assert [c.name for c in carbon.file_components] == ["C1s C-C", "C1s C-OH"]
    # 16814.36 CPS.eV and 284.46 eV in the workbook's own peak table.
    main = carbon.file_components[0]
    assert main.strength == pytest.approx(16814.36, rel=0.01)
    assert main.binding_energy_eV == pytest.approx(284.46, abs=0.1)
    assert main.fwhm_eV == pytest.approx(1.11, abs=0.02)
    assert carbon.counts_per_unit is None


def test_too_few_points_make_no_region(make_record):
    with pytest.raises(MeasurementError, match="has 10 points"):
        read([make_record("Ti 2p", ENERGY[:10], COUNTS[:10])])


def test_energies_without_a_scale_are_refused(make_record):
    record = make_record("Ti 2p", ENERGY, COUNTS)
    columns = (Column(name="x", unit="", values=ENERGY), Column(name="y", unit="", values=COUNTS))
    with pytest.raises(MeasurementError, match="no binding energies"):
        read([attrs.evolve(record, columns=columns, header={})])


def test_one_bad_record_does_not_stop_the_others(make_record):
    found = read([make_record("O 1s", ENERGY[:5], COUNTS[:5]), make_record("Ti 2p", ENERGY, COUNTS)])
    assert [region.level for region in found] == ["Ti 2p"]
    assert "has 5 points" in found[0].warnings[-1]


def test_a_file_without_spectra_is_named():
    with pytest.raises(MeasurementError, match="no record holds a photoelectron spectrum"):
        read([])
