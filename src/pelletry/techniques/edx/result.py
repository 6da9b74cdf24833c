"""Thickness of a layer and the elements seen, of one sample."""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact, LayerThickness
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Reported
from pelletry.techniques.edx.model.layer import LayerFit

__all__ = ["EdxResult", "LineSeen", "MapLayer", "ProfileLayer", "SpectrumResult"]


@attrs.frozen(kw_only=True)
class ProfileLayer:
    """One element's profile of one line (or the sum of a map) with its fit; ``cosine_ratio`` turns length into thickness."""

    name: str
    element: str
    unit: str
    position_m: Array = array_field(unit="m")
    values: Array = array_field()
    fit: LayerFit
    cosine_ratio: float = 1.0


@attrs.frozen(kw_only=True)
class MapLayer:
    """A map cut into strips: ``along_m`` is where each strip lies, edges and thickness in m, NaN where a strip gave none."""

    name: str
    element: str
    shown: Array = array_field()
    width_m: float
    height_m: float
    is_across_rows: bool
    along_m: Array = array_field(unit="m")
    start_m: Array = array_field(unit="m")
    end_m: Array = array_field(unit="m")
    slope_deg: float
    thickness_m: Array = array_field(unit="m")

    @property
    def fitted_count(self) -> int:
        return int(np.isfinite(self.thickness_m).sum())


@attrs.frozen(kw_only=True)
class LineSeen:
    """A line of the table in a spectrum."""

    element: str
    line: str
    energy_keV: float
    counts: float
    std_counts: float
    is_seen: bool
    is_expected: bool


@attrs.frozen(kw_only=True)
class SpectrumResult:
    """A spectrum and the lines looked for in it."""

    name: str
    energy_keV: Array = array_field()
    counts: Array = array_field()
    beam_keV: float | None
    lines: tuple[LineSeen, ...]


@attrs.frozen(kw_only=True)
class EdxResult:
    """All line scans, maps and spectra of a sample."""

    sample: str
    layer: str
    element: str
    floor_m: float
    floor_source: str
    profiles: tuple[ProfileLayer, ...] = ()
    maps: tuple[MapLayer, ...] = ()
    spectra: tuple[SpectrumResult, ...] = ()
    values: tuple[Reported, ...] = ()
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        flags: dict[str, list[str]] = {}
        for finding in self.findings:
            for name in finding.quantities if finding.severity in ("warning", "error") else ():
                if finding.code not in flags.setdefault(name, []):
                    flags[name].append(finding.code)
        return tuple(attrs.evolve(one, flags=tuple(flags.get(one.name, ()))) for one in self.values)

    def estimate(self, name: str) -> Estimate | None:
        """The value of that name when it was found."""
        found = next((one.quantity for one in self.values if one.name == name), None)
        return found if isinstance(found, Estimate) else None

    @property
    def facts(self) -> tuple[Fact, ...]:
        thickness = self.estimate("layer_thickness")
        if thickness is None:
            return ()
        return (
            LayerThickness(
                sample=self.sample, given_by="edx", layer=self.layer, element=self.element, thickness_m=thickness
            ),
        )
