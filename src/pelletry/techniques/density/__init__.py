"""Density and porosity of a pellet, from balance and calliper and after Archimedes."""

from __future__ import annotations

from pelletry.core.facts import RelativeDensity, TheoreticalDensity
from pelletry.core.sample import SampleColumn
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.density.analyse import analyse
from pelletry.techniques.density.present import present
from pelletry.techniques.density.read import read
from pelletry.techniques.density.result import DensityResult
from pelletry.techniques.density.settings import DensitySettings

__all__ = ["CARD"]

#: The geometry of the pellet is a fact of the study itself (a calliper needs no balance), so it is not given here.
CARD = Technique(
    name="density",
    title="Density",
    record_techniques=(),
    needs=frozenset(),
    wants=frozenset({TheoreticalDensity}),
    gives=frozenset({RelativeDensity}),
    settings=DensitySettings,
    result=DensityResult,
    read=read,
    analyse=analyse,
    present=present,
    compared=(
        ComparedQuantity(
            name="relative_density",
            title="relative density",
            unit="1",
            kind="relative_density",
            note="density over the theoretical one; its method page says which of both",
        ),
        ComparedQuantity(
            name="porosity_open", title="open porosity", unit="1", kind="percent", note="after Archimedes"
        ),
    ),
    sample_columns=(
        SampleColumn(
            key="dry_mass",
            meaning="mass of the dry body before it is weighed in a liquid; the pellet's mass where not given",
            unit="kg",
            lowest=1e-7,
            highest=1.0,
            example="0.3012(1) g",
        ),
        SampleColumn(
            key="suspended_mass",
            meaning="mass of the soaked body hanging in the liquid",
            unit="kg",
            lowest=1e-8,
            highest=1.0,
            example="0.1975(1) g",
        ),
        SampleColumn(
            key="saturated_mass",
            meaning="mass of the soaked, wiped body in air",
            unit="kg",
            lowest=1e-7,
            highest=1.0,
            example="0.3030(2) g",
        ),
        SampleColumn(
            key="liquid_density",
            meaning="density of that liquid at its temperature",
            unit="kg/m3",
            lowest=500.0,
            highest=4000.0,
            example="0.7851(5) g/cm3",
        ),
        SampleColumn(key="immersion_liquid", meaning="name of that liquid", example="ethanol"),
    ),
)
