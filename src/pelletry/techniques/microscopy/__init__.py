"""Grain size, porosity and cracks from micrographs."""

from __future__ import annotations

from pelletry.core.facts import GrainSize, ParticleSize, Porosity, RelativeDensity
from pelletry.core.sample import SampleColumn
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.microscopy.analyse import analyse
from pelletry.techniques.microscopy.present import present
from pelletry.techniques.microscopy.read import read
from pelletry.techniques.microscopy.result import MicroscopyResult
from pelletry.techniques.microscopy.settings import MicroscopySettings

__all__ = ["CARD"]

CARD = Technique(
    name="microscopy",
    title="Microscopy",
    record_techniques=("microscopy",),
    needs=frozenset(),
    wants=frozenset({RelativeDensity, ParticleSize}),
    gives=frozenset({GrainSize, Porosity}),
    settings=MicroscopySettings,
    result=MicroscopyResult,
    read=read,
    analyse=analyse,
    present=present,
    sample_columns=(
        SampleColumn(
            key="pixel_size",
            meaning="size of a pixel of this sample's micrographs, for files that do not say it",
            unit="m",
            lowest=1e-11,
            highest=1e-3,
            example="48.8 nm",
        ),
        SampleColumn(
            key="scale_bar",
            meaning="length that the scale bar of the micrographs stands for",
            unit="m",
            lowest=1e-9,
            highest=1e-1,
            example="10 µm",
        ),
        SampleColumn(
            key="scale_bar_pixels",
            meaning="length of that scale bar in pixels",
            unit="1",
            lowest=5,
            highest=1e5,
            example="205",
        ),
    ),
    compared=(
        ComparedQuantity(
            name="intercept_mean", title="Mean linear intercept", unit="m", kind="grain", note="four directions"
        ),
        ComparedQuantity(
            name="ecd_mean_number", title="Mean ECD by number", unit="m", kind="grain", note="equivalent circle"
        ),
        ComparedQuantity(name="porosity", title="Porosity on micrographs", unit="1", kind="percent"),
    ),
)
