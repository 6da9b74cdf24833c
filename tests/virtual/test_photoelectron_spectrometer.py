"""Files of the virtual photoelectron spectrometer: whole VAMAS for our reader and another program, physics as stated."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.formats.open_file import read_file
from pelletry.reference.photoelectrons import photoelectron_line
from pelletry.virtual.photoelectron_spectrometer import (
    PhotoelectronSpectrometer,
    RegionPlan,
    StateTruth,
    SurfaceTruth,
    lzp_pellet,
    lzp_regions,
    measured_regions,
    vamas_bytes,
)

TRUTH = lzp_pellet(is_cycled=True, charge_shift_eV=3.1)
INSTRUMENT = PhotoelectronSpectrometer()


@pytest.fixture
def written(tmp_path):
    regions = measured_regions(TRUTH, INSTRUMENT, lzp_regions(3.1), seed=5)
    path = tmp_path / "lzp.vms"
    path.write_bytes(vamas_bytes(TRUTH, INSTRUMENT, regions, comment="SIMULATED spectra"))
    return path, regions


def test_our_reader_finds_every_count_and_what_the_instrument_did(written):
    path, regions = written
    records = read_file(path)
    assert [record.header["region"] for record in records] == ["C 1s", "O 1s", "P 2p", "Zr 3d", "Li 1s"]
    for record, region in zip(records, regions, strict=True):
        assert record.values("Intensity") == pytest.approx(region.counts)
        assert record.values("Binding Energy") == pytest.approx(region.binding_energy_eV, abs=2e-4)
        assert record.values("Transmission") == pytest.approx(region.transmission, abs=1e-6)
        assert record.header["intensity unit"] == "counts"
        assert record.header["whole counts"] == "yes"
        assert float(record.header["time per point (s)"]) == pytest.approx(2.0)
        assert float(record.header["source energy (eV)"]) == 1486.6
        assert "SIMULATED" in record.header["comment"]
        assert record.warnings == ()


def test_another_program_reads_the_same_numbers(written):
    vamas = pytest.importorskip("vamas")
    path, regions = written
    blocks = vamas.Vamas(str(path)).blocks
    assert len(blocks) == len(regions)
    for block, region in zip(blocks, regions, strict=True):
        assert block.corresponding_variables[0].y_values == pytest.approx(region.counts)
        assert block.x_start == pytest.approx(1486.6 - region.binding_energy_eV[0])
        assert block.signal_collection_time == pytest.approx(0.2)


def test_a_file_that_does_not_say_it_is_simulated_is_not_written():
    with pytest.raises(ValueError, match="simulated"):
        vamas_bytes(TRUTH, INSTRUMENT, [], comment="spectra of a pellet")


def test_areas_follow_atoms_cross_section_transmission_and_escape_depth():
    plan = RegionPlan(level="C 1s", low_eV=270.0, high_eV=300.0)
    bare = PhotoelectronSpectrometer(
        step_ratio=0.0, loss_ratio=0.0, level_counts_per_s=0.0, slope_ratio=0.0, scale_counts_per_s=1e6
    )
    surface = SurfaceTruth(
        name="carbon", states=(StateTruth(name="C", level="C 1s", binding_energy_eV=285.0, atoms_relative=2.0),)
    )
    region = measured_regions(surface, bare, [plan], seed=1)[0]
    kinetic = 1486.6 - 285.0
    expected = 2.0 * 1e6 * photoelectron_line("C 1s").scofield_factor * (kinetic / 1000.0) ** (0.75 - 0.3)
    area = region.counts.sum() * bare.step_eV / (bare.dwell_s * bare.sweeps)
    assert area == pytest.approx(expected, rel=0.02)  # the Lorentzian's tails reach beyond the window


def test_the_same_seed_gives_the_same_counts_and_another_does_not():
    first, again, other = (
        measured_regions(TRUTH, INSTRUMENT, lzp_regions(3.1)[:1], seed=seed)[0].counts for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_charging_moves_every_line_alike():
    plan = RegionPlan(level="Zr 3d", low_eV=175.0, high_eV=195.0)
    still = measured_regions(lzp_pellet(is_cycled=False, charge_shift_eV=0.0), INSTRUMENT, [plan], seed=1)[0]
    moved = measured_regions(
        lzp_pellet(is_cycled=False, charge_shift_eV=2.0),
        INSTRUMENT,
        [RegionPlan(level="Zr 3d", low_eV=177.0, high_eV=197.0)],
        seed=1,
    )[0]
    top = [float(r.binding_energy_eV[int(np.argmax(r.counts))]) for r in (still, moved)]
    assert top[1] - top[0] == pytest.approx(2.0, abs=0.15)
