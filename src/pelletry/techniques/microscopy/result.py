"""Grains and pores of one sample's micrographs, and the facts they give to others."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact, GrainSize, Porosity
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Reported
from pelletry.techniques.microscopy.model.distribution import SizeLaw
from pelletry.techniques.microscopy.model.porosity import Threshold

__all__ = ["DirectionResult", "MicrographResult", "MicroscopyResult", "PorosityResult"]


@attrs.frozen(kw_only=True)
class DirectionResult:
    """Mean intercept of one direction of one picture, in pixels; ``plain_px`` without the correction for cut pieces."""

    direction_deg: int
    mean_px: float
    std_px: float | None
    plain_px: float
    count: int


@attrs.frozen(kw_only=True)
class PorosityResult:
    """Shares by all thresholds; ``value_fraction`` is that of ``method``, the band runs over the thresholds in use.

    ``is_overlapping``: the greys of pores and grains are not apart.
    """

    method: str
    value_fraction: float
    low_fraction: float
    high_fraction: float
    is_overlapping: bool = False
    thresholds: tuple[Threshold, ...]
    levels: Array = array_field()
    counts: Array = array_field()


@attrs.frozen(kw_only=True)
class MicrographResult:
    """One picture. What could not be had is None, and ``refusals`` says why, code and sentence.

    ``sizes_px`` are equivalent-circle diameters of whole grains with their ``weights``; ``tiles`` are sums for the pooled intercept (see
    ``model.intercepts.tile_sums``), in pixels. ``shown_grey`` and ``shown_class`` (0 grain, 1 boundary, 2 pore, 3 crack) are reduced by
    ``shown_step`` for the report.
    """

    name: str
    path: str
    kind: str
    rows: int
    columns: int
    pixel_m: float | None
    pixel_source: str
    tilt_deg: float | None = None
    databar_rows: int = 0
    polarity: str = ""
    polarity_reason: str = ""
    line_width_px: float | None = None
    line_standout: float | None = None
    convention: str = ""
    intercepts: tuple[DirectionResult, ...] = ()
    intercept_px: float | None = None
    intercept_std_px: float | None = None
    within_lines_px: float | None = None
    tiles: Array | None = array_field(default=None)
    sizes_px: Array = array_field(default=np.empty(0))
    weights: Array = array_field(default=np.empty(0))
    cut_count: int = 0
    porosity: PorosityResult | None = None
    crack_length_per_px: float | None = None
    open_boundary_fraction: float | None = None
    refusals: tuple[tuple[str, str], ...] = ()
    shown_step: int = 1
    shown_grey: npt.NDArray[np.uint8] = array_field(dtype=np.uint8)
    shown_class: npt.NDArray[np.uint8] = array_field(dtype=np.uint8)


@attrs.frozen(kw_only=True)
class MicroscopyResult:
    """All pictures of a sample, and what they say together."""

    sample: str
    micrographs: tuple[MicrographResult, ...]
    values: tuple[Reported, ...]
    law: SizeLaw | None = None
    sizes_m: Array = array_field(default=np.empty(0))
    weights: Array = array_field(default=np.empty(0))
    grain_count: int = 0
    porosity_low_fraction: float | None = None
    porosity_high_fraction: float | None = None
    relative_density: Estimate | None = None
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        codes: dict[str, list[str]] = {}
        for finding in self.findings:
            for name in finding.quantities if finding.severity in ("warning", "error") else ():
                if finding.code not in codes.setdefault(name, []):
                    codes[name].append(finding.code)
        return tuple(attrs.evolve(one, flags=tuple(codes.get(one.name, ()))) for one in self.values)

    def estimate(self, name: str) -> Estimate | None:
        """The value of that name when it was found."""
        found = next((one.quantity for one in self.values if one.name == name), None)
        return found if isinstance(found, Estimate) else None

    @property
    def facts(self) -> tuple[Fact, ...]:
        found: list[Fact] = []
        for name, convention in (
            ("intercept_mean", "mean linear intercept"),
            ("ecd_mean_number", "mean equivalent-circle diameter by number"),
            ("ecd_mean_area", "mean equivalent-circle diameter weighted by area"),
        ):
            value = self.estimate(name)
            if value is not None:
                found.append(
                    GrainSize(
                        sample=self.sample,
                        given_by="microscopy",
                        convention=convention,
                        grain_size_m=value,
                        grains=self.grain_count,
                    )
                )
        porosity = self.estimate("porosity")
        if porosity is not None and self.porosity_low_fraction is not None and self.porosity_high_fraction is not None:
            found.append(
                Porosity(
                    sample=self.sample,
                    given_by="microscopy",
                    porosity_fraction=porosity,
                    low_fraction=self.porosity_low_fraction,
                    high_fraction=self.porosity_high_fraction,
                )
            )
        return tuple(found)
