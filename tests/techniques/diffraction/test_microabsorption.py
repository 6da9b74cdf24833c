"""Brindley's correction beside the weight fractions: limits and directions that physics demands."""

from __future__ import annotations

import attrs
import pytest

pytest.importorskip("gemmi")

from pelletry.core.quantity import Estimate, Unresolved
from pelletry.techniques.diffraction.microabsorption import linear_absorption_per_m, microabsorption
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.phases import named_phases
from pelletry.techniques.diffraction.result import DiffractionResult

ANATASE, ZINCITE, CORUNDUM = named_phases(["tio2-anatase", "zno", "corundum"]).structures


def mixture(result: DiffractionResult, share: float = 0.351) -> Refinement:
    """Anatase and zinc oxide under the names of the hand-made phases."""
    refinement = result.patterns[0].refinement
    assert refinement is not None
    made = []
    for phase, structure, w, rho in zip(
        refinement.phases, (ANATASE, ZINCITE), (share, 1 - share), (3890.0, 5670.0), strict=True
    ):
        fraction = Estimate(value=w, std=0.001, unit="1", method="")
        density = Estimate(value=rho, std=1.0, unit="kg/m3", method="")
        made.append(
            attrs.evolve(
                phase, name=structure.name, structure=structure, mass_fraction=fraction, density_kg_per_m3=density
            )
        )
    return attrs.evolve(refinement, phases=tuple(made))


def test_absorption_is_that_of_tables() -> None:
    # mass attenuation at Cu K-alpha by the tables of elements, scattering included: Al 50, O 11.5, Zn 60, Ti 203 cm2/g
    for structure, rho, tabled in (
        (CORUNDUM, 3.98, 0.529 * 50.0 + 0.471 * 11.5),
        (ZINCITE, 5.67, 0.803 * 60.0 + 0.197 * 11.5),
    ):
        assert linear_absorption_per_m(structure, 1.5406) / 100 == pytest.approx(rho * tabled, rel=0.12)


def test_fine_particles_need_no_correction(by_hand: DiffractionResult) -> None:
    found = microabsorption(mixture(by_hand), {"tio2-anatase": 1e-9, "zno": 1e-9})
    assert [one.tau_factor for one in found] == pytest.approx([1.0, 1.0], abs=1e-4)


def test_the_phase_that_absorbs_more_gains(by_hand: DiffractionResult) -> None:
    found = microabsorption(mixture(by_hand), {"tio2-anatase": 4e-6, "zno": 4e-6})
    assert found[0].absorption_per_m > found[1].absorption_per_m
    quantities = [one.corrected for one in found]
    assert all(isinstance(q, Estimate) for q in quantities)
    values = [q.value for q in quantities if isinstance(q, Estimate)]
    assert values[0] > 0.351
    assert sum(values) == pytest.approx(1.0)


def test_a_missing_diameter_is_named(by_hand: DiffractionResult) -> None:
    found = microabsorption(mixture(by_hand), {"zno": 2e-6})
    assert isinstance(found[0].corrected, Unresolved)
    assert "tio2-anatase" in found[0].corrected.reason


def test_coarse_particles_are_beyond_any_correction(by_hand: DiffractionResult) -> None:
    found = microabsorption(mixture(by_hand), {"tio2-anatase": 3e-4, "zno": 3e-4})
    assert isinstance(found[0].corrected, Unresolved)
    assert "too coarse" in found[0].corrected.reason
