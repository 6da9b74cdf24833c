"""Line scans and maps to layer fits: every element of every line, the strips of a map."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.techniques.edx.measurement import ElementMap, ElementProfile, LineScan
from pelletry.techniques.edx.model.layer import LayerFit, fit_layer
from pelletry.techniques.edx.result import MapLayer, ProfileLayer
from pelletry.techniques.edx.settings import EdxSettings

__all__ = ["FittedMap", "clearest_element", "fitted_map", "fitted_scan", "pooled_thickness"]

_LEAST_STRIPS = 5
_SHOWN_PIXELS = 400
_EDGE_WIDTH = 2.5631031  # 10 to 90 % of an error function, in standard deviations


def is_counts(setting: str, *, looks_like_counts: bool) -> bool:
    return looks_like_counts if setting == "auto" else setting == "yes"


def fitted_scan(scan: LineScan, settings: EdxSettings) -> tuple[ProfileLayer, ...]:
    """One fit an element."""
    cosine = math.cos(math.radians(settings.line_tilt_deg))
    return tuple(_fitted_profile(scan, one, settings, cosine) for one in scan.profiles)


def _fitted_profile(scan: LineScan, one: ElementProfile, settings: EdxSettings, cosine: float) -> ProfileLayer:
    counts = is_counts(settings.counts, looks_like_counts=one.looks_like_counts)
    return ProfileLayer(
        name=scan.name,
        element=one.element,
        unit=one.unit or ("counts" if counts else ""),
        position_m=scan.position_m,
        values=one.values,
        fit=fit_layer(scan.position_m, one.values, is_counts=counts),
        cosine_ratio=cosine,
    )


@attrs.frozen(kw_only=True)
class FittedMap:
    """The summed profile of a map and its strips; ``layer`` is None when the sum shows no layer."""

    whole: ProfileLayer
    layer: MapLayer | None


def fitted_map(one: ElementMap, settings: EdxSettings, *, pixel_m: float) -> FittedMap:
    """Sum over the map, then strip by strip from there; the slope of the layer's middle gives the cosine."""
    values = np.asarray(one.values, dtype=np.float64)
    across_rows = _is_across_rows(values, settings)
    turned = values if across_rows else values.T  # profiles run down the rows
    counts = is_counts(settings.counts, looks_like_counts=one.looks_like_counts)
    position = np.asarray((np.arange(turned.shape[0]) + 0.5) * pixel_m, dtype=np.float64)
    total: Array = np.asarray(turned.sum(axis=1), dtype=np.float64)
    fit = fit_layer(position, total, is_counts=counts)
    whole = ProfileLayer(
        name=one.name,
        element=one.element,
        unit="counts" if counts else one.unit,
        position_m=position,
        values=total,
        fit=fit,
    )
    if fit.refusal:
        return FittedMap(whole=whole, layer=None)
    strips = _strips(turned, settings.profiles_per_map)
    fits = [fit_layer(position, turned[:, strip].sum(axis=1), is_counts=counts, start=fit) for strip in strips]
    along = np.array([0.5 * (strip.start + strip.stop) * pixel_m for strip in strips])
    start, end = (np.array([getattr(f, n) if not f.refusal else np.nan for f in fits]) for n in ("start_m", "end_m"))
    slope = _slope(along, 0.5 * (start + end))
    cosine = math.cos(math.atan(slope))
    layer = MapLayer(
        name=one.name,
        element=one.element,
        shown=_reduced(values),
        width_m=values.shape[1] * pixel_m,
        height_m=values.shape[0] * pixel_m,
        is_across_rows=across_rows,
        along_m=along,
        start_m=start,
        end_m=end,
        slope_deg=math.degrees(math.atan(slope)),
        thickness_m=(end - start) * cosine,
    )
    return FittedMap(whole=attrs.evolve(whole, cosine_ratio=cosine), layer=layer)


def _is_across_rows(values: Array, settings: EdxSettings) -> bool:
    if settings.profile_along != "auto":
        return settings.profile_along == "y"
    return float(np.var(values.mean(axis=1))) >= float(np.var(values.mean(axis=0)))


def _strips(turned: Array, wanted: int) -> list[slice]:
    count = max(1, min(wanted, turned.shape[1] // 2))
    edges = np.linspace(0, turned.shape[1], count + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(edges)]


def _slope(along: Array, middle: Array) -> float:
    use = np.isfinite(middle)
    if use.sum() < _LEAST_STRIPS:
        return 0.0
    return float(np.polyfit(along[use], middle[use], 1)[0])


def _reduced(values: Array) -> Array:
    step = max(1, math.ceil(max(values.shape) / _SHOWN_PIXELS))
    rows, columns = (n // step * step for n in values.shape)
    blocks = values[:rows, :columns].reshape(rows // step, step, columns // step, step)
    return np.asarray(blocks.mean(axis=(1, 3)))


def thickness_of_profile(one: ProfileLayer) -> Estimate:
    """Length times cosine, with the uncertainty of the fit."""
    method = "two edges, " + ("Poisson weights" if one.fit.is_poisson else "scatter of the profile")
    return Estimate(
        value=one.fit.thickness_m * one.cosine_ratio,
        std=one.fit.thickness_std_m * one.cosine_ratio,
        unit="m",
        method=method,
    )


def thickness_of_map(one: MapLayer) -> tuple[Estimate, float] | None:
    """Mean of the strips with its standard deviation, and the standard deviation between strips (roughness)."""
    values = one.thickness_m[np.isfinite(one.thickness_m)]
    if len(values) < _LEAST_STRIPS:
        return None
    spread = float(np.std(values, ddof=1))
    method = f"mean of {len(values)} strips of a map"
    return Estimate(value=float(values.mean()), std=spread / math.sqrt(len(values)), unit="m", method=method), spread


def edge_widths_m(fit: LayerFit) -> tuple[float, float]:
    """10 to 90 % widths of both edges."""
    return _EDGE_WIDTH * fit.spread_start_m, _EDGE_WIDTH * fit.spread_end_m


def clearest_element(profiles: Sequence[ProfileLayer], *, wanted: str, layer_elements: Sequence[str]) -> str:
    """The element stated, else the one whose layer stands highest above its own uncertainty; empty when there is none."""
    if wanted:
        return wanted
    best: dict[str, float] = {}
    for one in profiles:
        if not one.fit.refusal:
            clearness = one.fit.thickness_m / max(one.fit.thickness_std_m, 1e-15)
            best[one.element] = best.get(one.element, 0.0) + clearness
    inside = {element: value for element, value in best.items() if element in layer_elements} or best
    return max(inside, key=lambda element: (inside[element], element), default="")


def pooled_thickness(estimates: Sequence[Estimate]) -> Estimate:
    """Mean of lines and maps; the uncertainty is the larger of their own and of what they differ by."""
    if len(estimates) == 1:
        return estimates[0]
    values = np.array([one.value for one in estimates])
    own = math.sqrt(sum((one.std or 0.0) ** 2 for one in estimates)) / len(values)
    between = float(np.std(values, ddof=1) / math.sqrt(len(values)))
    return Estimate(
        value=float(values.mean()), std=max(own, between), unit="m", method=f"mean of {len(values)} lines or maps"
    )
