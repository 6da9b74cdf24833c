"""A result made by hand: two phases of Gaussian lines, no engine needed."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement
from pelletry.techniques.diffraction.model.structure import Site, Structure, volume_angstrom3
from pelletry.techniques.diffraction.result import DiffractionResult, PatternResult

LINES = {
    "latp": ([14.7, 20.9, 24.6, 29.7, 33.4, 36.6, 47.6, 52.5], [19, 33, 100, 25, 23, 12, 20, 15]),
    "corundum": ([25.6, 35.1, 37.8, 43.3, 52.6], [59, 94, 40, 99, 45]),
}
CELLS = {"latp": (8.4944, 8.4944, 20.7783, 90.0, 90.0, 120.0), "corundum": (4.7594, 4.7594, 12.9923, 90.0, 90.0, 120.0)}
DENSITY = {"latp": 2931.0, "corundum": 3983.0}


def estimate(value: float, std: float | None, unit: str) -> Estimate:
    return Estimate(value=value, std=std, unit=unit, method="by hand")


def phase_by_hand(name: str, fraction: float, x: np.ndarray, height: float, shift: float = 0.0) -> RefinedPhase:
    angles, strengths = LINES[name]
    at = np.array(angles) + shift
    curve = sum(height * s / 100 * np.exp(-0.5 * ((x - a) / 0.08) ** 2) for a, s in zip(at, strengths, strict=True))
    cell = CELLS[name]
    a, c = estimate(cell[0], 2e-4, "angstrom"), estimate(cell[2], 4e-4, "angstrom")
    right = [estimate(angle, None, "deg") for angle in cell[3:]]
    covariance = np.zeros((7, 7))
    covariance[:2, :2], covariance[2, 2] = 4e-8, 16e-8
    volume = volume_angstrom3(cell)
    v_std = volume * float(np.hypot(2 * 2e-4 / cell[0], 4e-4 / cell[2]))
    covariance[6, 6] = v_std**2
    return RefinedPhase(
        name=name,
        structure=Structure(
            name=name, formula="Al2 O3", space_group="R -3 c:H", operations=("x,y,z",), cell=cell, formula_units=6,
            sites=(Site(label="Al", element="Al", x=0.0, y=0.0, z=0.352, multiplicity=12),),
            mass_of_cell_g_per_mol=611.8, source="by hand", reliability="S",
        ),
        cell=(a, a, c, right[0], right[1], right[2]),
        volume_angstrom3=estimate(volume, v_std, "angstrom3"),
        cell_covariance=covariance,
        scale=estimate(1.0, 0.01, "1"),
        mass_fraction=estimate(fraction, 0.004, "1"),
        density_kg_per_m3=estimate(DENSITY[name], 0.2, "kg/m3"),
        detection_limit_fraction=0.003,
        size_m=estimate(1.2e-7, 1e-8, "m"),
        strain=None,
        texture=None,
        texture_axis=None,
        B_shift_angstrom2=None,
        tick_two_theta_deg=at,
        tick_hkl=np.array([[k, 0, 2] for k in range(at.size)]),
        tick_intensity=np.array(strengths, dtype=float),
        contribution=curve,
        le_bail_intensity=np.zeros(0),
        r_bragg=0.04,
        is_le_bail=False,
    )  # fmt: skip


def pattern_by_hand(
    seed: int = 1, *, temperature_K: float | None = None, branch: str = "", shift: float = 0.0
) -> PatternResult:
    x = np.arange(10.0, 60.0, 0.02)
    background = 200 + 400 * np.exp(-(x - 10) / 12)
    phases = (phase_by_hand("latp", 0.92, x, 8000.0, shift), phase_by_hand("corundum", 0.08, x, 900.0, shift))
    calculated = background + sum(p.contribution for p in phases)
    y = np.random.default_rng(seed).poisson(calculated).astype(float)
    refinement = Refinement(
        phases=phases,
        instrument=Instrument(radiation=radiation_of("Cu"), radius_m=0.24, axial_divergence=0.031, source="LaB6"),
        options=RefineOptions(),
        names=("displacement_m",),
        values=np.array([-45e-6]),
        std=np.array([3e-6]),
        std_berar_lelann=np.array([5e-6]),
        covariance=np.array([[9e-12]]),
        rwp=0.052,
        rexp=0.050,
        gof=1.04,
        rwp_background_corrected=0.09,
        durbin_watson=1.9,
        berar_lelann=1.6,
        calculated=calculated,
        background=background,
        displacement_m=-45e-6,
        zero_deg=0.012,
        fraction_covariance=np.array([[1.6e-5, -1.6e-5], [-1.6e-5, 1.6e-5]]),
        points=x.size,
        evaluations=12,
        is_converged=True,
        started_cold=True,
    )
    label = "a.xrdml" if temperature_K is None else f"{temperature_K - 273.15:.0f} °C {branch}".strip()
    return PatternResult(
        label=label,
        origin=Origin(path="raw/a.xrdml", sha256="0", format="xrdml"),
        temperature_K=temperature_K,
        temperature_is_confirmed=True,
        branch=branch,
        run="",
        noise="counts",
        intensity_unit="counts",
        two_theta_deg=x,
        intensity=y,
        std=np.sqrt(np.maximum(y, 1)),
        use=np.ones(x.size, dtype=bool),
        refinement=refinement,
    )


@pytest.fixture(scope="session")
def by_hand() -> DiffractionResult:
    """One sample with one scan of two phases."""
    return DiffractionResult(
        sample="A", patterns=(pattern_by_hand(),), phases=("latp", "corundum"), lineage=Lineage(technique="diffraction")
    )


@pytest.fixture(scope="session")
def series_by_hand() -> DiffractionResult:
    """Heating and cooling, nine scans each."""
    patterns = []
    for branch, temperatures in (
        ("heating", np.arange(300.0, 701.0, 50.0)),
        ("cooling", np.arange(700.0, 299.0, -50.0)),
    ):
        for i, t in enumerate(temperatures):
            patterns.append(pattern_by_hand(i, temperature_K=float(t), branch=branch, shift=-(t - 300) * 5e-4))
    return DiffractionResult(
        sample="A", patterns=tuple(patterns), phases=("latp", "corundum"), lineage=Lineage(technique="diffraction")
    )


def evolved(result: DiffractionResult, **changes: object) -> DiffractionResult:
    return attrs.evolve(result, **changes)
