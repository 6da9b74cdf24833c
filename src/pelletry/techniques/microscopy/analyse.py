"""Micrographs of one sample to grain sizes and porosity, with flags."""

from __future__ import annotations

from collections.abc import Sequence

import pelletry
from pelletry.core.facts import ParticleSize, RelativeDensity
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Reported
from pelletry.core.technique import Inputs
from pelletry.techniques.microscopy.findings import findings_of
from pelletry.techniques.microscopy.measurement import Micrograph
from pelletry.techniques.microscopy.micrograph import measured_micrograph
from pelletry.techniques.microscopy.pooled import pooled
from pelletry.techniques.microscopy.result import MicroscopyResult
from pelletry.techniques.microscopy.scale import scale_of
from pelletry.techniques.microscopy.settings import MicroscopySettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("ASTME112", "Mendelson1969", "Lantuejoul1980", "Otsu1979", "Underwood1970")


def analyse(measurements: Sequence[Micrograph], inputs: Inputs, /) -> MicroscopyResult:
    """Each picture by itself, then all of them together. Pictures that cannot be used are named with their reason."""
    sample = inputs.sample
    settings: MicroscopySettings = inputs.settings
    density: RelativeDensity | None = inputs.fact(RelativeDensity)
    powder: ParticleSize | None = inputs.fact(ParticleSize)
    scales = [scale_of(one, settings, sample) for one in measurements]
    measured = tuple(measured_micrograph(one, settings, scale) for one, scale in zip(measurements, scales, strict=True))
    together = pooled(measured)
    findings = findings_of(
        sample.name,
        micrographs=measured,
        scales=scales,
        pooled=together,
        settings=settings,
        density=density,
        powder=powder,
    )
    band = together.porosity_band
    return MicroscopyResult(
        sample=sample.name,
        micrographs=measured,
        values=tuple(
            Reported(sample=sample.name, technique="microscopy", name=name, quantity=quantity)
            for name, quantity in together.values
        ),
        law=together.law,
        sizes_m=together.sizes_m,
        weights=together.weights,
        grain_count=len(together.sizes_m),
        porosity_low_fraction=None if band is None else band[0],
        porosity_high_fraction=None if band is None else band[1],
        relative_density=None if density is None else density.relative_density,
        findings=findings,
        lineage=_lineage(measurements, settings, density, powder),
        is_simulated=sample.is_simulated,
    )


def _lineage(
    measurements: Sequence[Micrograph],
    settings: MicroscopySettings,
    density: RelativeDensity | None,
    powder: ParticleSize | None,
) -> Lineage:
    facts = []
    if density is not None:
        value = f"{100 * density.relative_density.value:.2f} %"
        facts.append(FactUse(name="relative density", value=value, given_by=density.given_by))
    if powder is not None:
        value = f"{powder.d50_m.value * 1e6:.4g} µm"
        facts.append(FactUse(name="d50 of the powder", value=value, given_by=powder.given_by))
    return Lineage(
        origins=tuple(one.origin for one in measurements),
        settings=tuple((key, str(value)) for key, value in settings.model_dump().items()),
        facts=tuple(facts),
        references=REFERENCES,
        technique="microscopy",
        version=pelletry.__version__,
    )
