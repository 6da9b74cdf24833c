"""Tables 2 and 3 of Raj 2023, from raw files in the instruments' layouts: every published value lies in the reported interval.

The files are simulated from the published values (and say so); what is proved is the way from file to number, not the ceramics.
"""

from __future__ import annotations

import pytest

from pelletry import api
from pelletry.reference.raj2023 import PublishedPellet, published_pellets
from pelletry.study.result import StudyResult
from pelletry.virtual.demo import build_demo

PELLETS = published_pellets()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    folder = build_demo("latp", tmp_path_factory.mktemp("raj2023") / "study", parts=["impedance"])
    return api.run(folder)


def _interval(result: StudyResult, pellet: PublishedPellet, name: str) -> tuple[float, float]:
    found = [q.quantity for q in result.quantities if q.sample == pellet.sample and q.name == name]
    assert len(found) == 1
    assert found[0].is_resolved, found[0]
    interval = found[0].interval
    assert interval is not None
    return interval


@pytest.mark.parametrize("pellet", PELLETS, ids=lambda p: p.sample)
def test_conductivity_at_25_degrees(result: StudyResult, pellet: PublishedPellet) -> None:
    low, high = _interval(result, pellet, "conductivity_total_25C")
    assert low <= pellet.conductivity_25C_S_per_m <= high
    assert high / low < 1.15, "an interval this wide would hold anything"


@pytest.mark.parametrize("pellet", PELLETS, ids=lambda p: p.sample)
def test_activation_energy(result: StudyResult, pellet: PublishedPellet) -> None:
    low, high = _interval(result, pellet, "activation_energy_total")
    assert low <= pellet.activation_energy_eV <= high
    assert high - low < 0.015, "an interval this wide would hold the energy of the other convention too"
    other_low, other_high = _interval(result, pellet, "activation_energy_total_ln_sigma")
    assert not other_low <= pellet.activation_energy_eV <= other_high, "the conventions differ by kT, 25 meV"


@pytest.mark.parametrize("pellet", PELLETS, ids=lambda p: p.sample)
def test_relative_density(result: StudyResult, pellet: PublishedPellet) -> None:
    low, high = _interval(result, pellet, "relative_density")
    assert low <= pellet.relative_density_fraction <= high
    assert high - low < 0.12


def test_everything_says_simulated(result: StudyResult) -> None:
    assert result.is_simulated
    assert "Raj" in result.simulated_from
    assert result.comparison.is_simulated


def test_all_spectra_were_used(result: StudyResult) -> None:
    spectra = [f for f in result.files if f.technique == "impedance"]
    assert len(spectra) == 14 * 7
    assert all(f.status == "read" for f in spectra)
