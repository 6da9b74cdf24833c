"""Shrinkage of green bodies on firing: onset, densities, swelling, and the master sintering curve."""

from __future__ import annotations

from pelletry.core.facts import (
    MassLoss,
    ParticleSize,
    RelativeDensity,
    Shrinkage,
    TheoreticalDensity,
    ThermalExpansion,
)
from pelletry.core.sample import SampleColumn
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.dilatometry.analyse import analyse
from pelletry.techniques.dilatometry.present import present
from pelletry.techniques.dilatometry.read import read
from pelletry.techniques.dilatometry.result import DilatometryResult
from pelletry.techniques.dilatometry.settings import DilatometrySettings

__all__ = ["CARD"]

CARD = Technique(
    name="dilatometry",
    title="Dilatometry",
    record_techniques=("dilatometry",),
    needs=frozenset(),
    wants=frozenset({TheoreticalDensity, MassLoss, ThermalExpansion, RelativeDensity, ParticleSize}),
    gives=frozenset({Shrinkage}),
    settings=DilatometrySettings,
    result=DilatometryResult,
    read=read,
    analyse=analyse,
    present=present,
    sample_columns=(
        SampleColumn(
            key="green_density", meaning="density of the pressed body", unit="kg/m3", lowest=200.0, highest=20_000.0,
            example="1.88(2) g/cm3",
        ),
        SampleColumn(
            key="green_relative_density", meaning="the same over the theoretical density", unit="1", lowest=0.05, highest=1.0,
            example="64(1) %",
        ),
        SampleColumn(
            key="green_mass", meaning="mass of the pressed pellet", unit="kg", lowest=1e-7, highest=1.0, example="0.3012(1) g"
        ),
        SampleColumn(
            key="green_diameter", meaning="diameter of the pressed pellet", unit="m", lowest=1e-4, highest=0.5,
            example="10.00(1) mm",
        ),
        SampleColumn(
            key="green_thickness", meaning="thickness of the pressed pellet", unit="m", lowest=1e-5, highest=0.5,
            example="2.05(1) mm",
        ),
        SampleColumn(
            key="dilatometer_length", meaning="length of the green body in the dilatometer", unit="m", lowest=1e-4, highest=0.5,
            example="10.02(1) mm",
        ),
        SampleColumn(
            key="shrinkage_anisotropy", meaning="radial over axial shrinkage", unit="1", lowest=0.1, highest=10.0, example="1.05"
        ),
    ),
    compared=(
        ComparedQuantity(name="shrinkage_cold", title="ΔL/L0", unit="1", kind="percent", note="thermal expansion taken off"),
        ComparedQuantity(name="sintering_onset", title="sintering onset", unit="K"),
        ComparedQuantity(
            name="density_by_shrinkage", title="density by shrinkage", unit="1", kind="relative_density",
            note="green density (1-w)/(1+e)³",
        ),
        ComparedQuantity(name="sintering_energy", title="sintering energy", unit="J/mol", is_inherited=True),
    ),
)  # fmt: skip
