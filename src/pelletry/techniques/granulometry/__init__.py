"""Particle sizes of powders from laser diffraction."""

from __future__ import annotations

from pelletry.core.facts import ParticleSize
from pelletry.core.sample import SampleColumn
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.granulometry.analyse import analyse
from pelletry.techniques.granulometry.present import present
from pelletry.techniques.granulometry.read import read
from pelletry.techniques.granulometry.result import GranulometryResult
from pelletry.techniques.granulometry.settings import GranulometrySettings

__all__ = ["CARD"]

CARD = Technique(
    name="granulometry",
    title="Particle size",
    record_techniques=("granulometry",),
    needs=frozenset(),
    gives=frozenset({ParticleSize}),
    settings=GranulometrySettings,
    result=GranulometryResult,
    read=read,
    analyse=analyse,
    present=present,
    sample_columns=(
        SampleColumn(
            key="powder_density",
            meaning="density of the powder's grains, for its specific surface",
            unit="kg/m3",
            lowest=200.0,
            highest=25_000.0,
            example="2.93 g/cm3",
        ),
    ),
    compared=(
        ComparedQuantity(name="d10", title="d10", unit="m", kind="particle", is_inherited=True),
        ComparedQuantity(
            name="d50",
            title="d50",
            unit="m",
            kind="particle",
            note="by volume unless stated otherwise",
            is_inherited=True,
        ),
        ComparedQuantity(name="d90", title="d90", unit="m", kind="particle", is_inherited=True),
        ComparedQuantity(name="span", title="span", unit="1", note="(d90 - d10)/d50", is_inherited=True),
    ),
)
