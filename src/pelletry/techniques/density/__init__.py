"""Geometric and relative density of a pellet from balance and calliper."""

from __future__ import annotations

from pelletry.core.facts import RelativeDensity, TheoreticalDensity
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
            note="geometric density over the stated theoretical one",
        ),
    ),
)
