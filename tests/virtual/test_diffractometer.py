"""The virtual diffractometer counts what its truth says, and says that it is simulated."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

pytest.importorskip("gemmi")
pytest.importorskip("numba")

from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.virtual.diffractometer import (
    DiffractometerTruth,
    PhaseTruth,
    angles_from,
    expected_counts,
    measured_scan,
)

ANGLES = angles_from(10.0, 60.0, 0.02)
TRUTH = DiffractometerTruth(
    instrument=Instrument(
        radiation=radiation_of("Cu"), radius_m=0.24, W=0.004, X=0.02, Y=0.03, axial_divergence=0.02, is_frozen=True
    ),
    displacement_m=-40e-6,
)
CORUNDUM, RUTILE = named_phases(["corundum", "tio2-rutile"]).structures
MIXTURE = (PhaseTruth(structure=CORUNDUM, mass_fraction=0.7), PhaseTruth(structure=RUTILE, mass_fraction=0.3))


def test_the_same_seed_gives_the_same_counts_and_another_does_not() -> None:
    one, again, other = (measured_scan(MIXTURE, TRUTH, ANGLES, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.counts, again.counts)
    assert not np.array_equal(one.counts, other.counts)
    assert one.comment.startswith("simulated, not measured: corundum 70 wt%")


def test_counts_scatter_as_poisson_does() -> None:
    exact = expected_counts(MIXTURE, TRUTH, ANGLES)
    chi2 = np.mean([(measured_scan(MIXTURE, TRUTH, ANGLES, seed=s).counts - exact) ** 2 / exact for s in range(12)])
    assert chi2 == pytest.approx(1.0, abs=0.03)


def test_bragg_peaks_stand_where_bragg_and_the_displacement_put_them() -> None:
    exact = expected_counts(MIXTURE[:1], attrs.evolve(TRUTH, air_counts=0.0), ANGLES)
    a, c = CORUNDUM.cell[0], CORUNDUM.cell[2]
    d_104 = 1.0 / np.sqrt(4.0 / 3.0 / a**2 + 16.0 / c**2)
    theta = np.arcsin(1.5405929 / 2 / d_104)
    expected = np.degrees(2 * theta) + np.degrees(2 * 40e-6 * np.cos(theta) / 0.24)
    near = np.abs(ANGLES - expected) < 0.5
    assert ANGLES[near][np.argmax(exact[near])] == pytest.approx(expected, abs=0.02)


def test_a_furnace_expands_the_cell_by_its_law() -> None:
    hot = attrs.evolve(MIXTURE[0], expansion_per_K=(1e-5, 1e-5, 2e-5)).cell_at(398.15)
    assert hot[0] == pytest.approx(CORUNDUM.cell[0] * 1.001)
    assert hot[2] == pytest.approx(CORUNDUM.cell[2] * 1.002)


def test_a_phase_without_share_adds_nothing() -> None:
    only = expected_counts(MIXTURE, TRUTH, ANGLES, fractions=(1.0, 0.0))
    np.testing.assert_allclose(only, expected_counts(MIXTURE[:1], TRUTH, ANGLES))
