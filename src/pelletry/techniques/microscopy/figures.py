"""Figures of micrographs: the segmentation over the picture beside the sizes, the directions, the thresholds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Picture, Series
from pelletry.techniques.microscopy.result import MicrographResult, MicroscopyResult

__all__ = ["figures"]

#: Boundary, pore, crack over the grey picture; told apart in print and by colour-blind eyes.
_COLOURS = {1: (230, 159, 0), 2: (0, 114, 178), 3: (213, 94, 0)}
_OPACITY = {1: 0.9, 2: 0.55, 3: 0.9}
_WORDS = {1: "boundaries yellow", 2: "pores blue", 3: "cracks red"}


def figures(result: MicroscopyResult) -> tuple[FigureSpec, ...]:
    """The first picture with the histogram of all grains, every further picture as a detail, directions, thresholds."""
    if not result.micrographs:
        return ()
    measured = [one for one in result.micrographs if one.intercepts or one.porosity]
    main = measured[0] if measured else result.micrographs[0]
    found = [_segmented(result, main, has_histogram=True)]
    found += [_segmented(result, one, has_histogram=False) for one in result.micrographs if one is not main]
    if result.estimate("intercept_mean") is not None:
        found.append(_directions(result))
    found += [_thresholds(result, one, i) for i, one in enumerate(measured) if one.porosity and one.porosity.thresholds]
    return tuple(found)


def overlay(one: MicrographResult) -> npt.NDArray[np.uint8]:
    """The grey picture with what was found drawn in, shape (rows, columns, 3)."""
    grey = np.asarray(one.shown_grey, dtype=np.float32)
    low, high = np.percentile(grey, [0.5, 99.5])
    grey = np.clip((grey - low) / max(high - low, 1.0), 0, 1) * 255
    picture = np.repeat(grey[:, :, None], 3, axis=2)
    for kind, colour in _COLOURS.items():
        at = np.asarray(one.shown_class) == kind
        picture[at] = (1 - _OPACITY[kind]) * picture[at] + _OPACITY[kind] * np.array(colour, dtype=np.float32)
    return np.round(picture).astype(np.uint8)


def _picture_panel(one: MicrographResult) -> Panel:
    pixel_um = (one.pixel_m or 0) * 1e6 or 1.0
    rows, columns = one.shown_grey.shape
    width, height = columns * one.shown_step * pixel_um, rows * one.shown_step * pixel_um
    unit = "µm" if one.pixel_m is not None else "px"
    return Panel(
        x=Axis(label="x", unit=unit, limits=(0.0, width)),
        y=Axis(label="y", unit=unit, limits=(0.0, height)),
        series=(),
        picture=Picture(pixels=overlay(one), x_limits=(0.0, width), y_limits=(0.0, height)),
        has_equal_axes=True,
    )


def _segmented(result: MicroscopyResult, one: MicrographResult, *, has_histogram: bool) -> FigureSpec:
    panels = [_picture_panel(one)]
    words = ", ".join(word for kind, word in _WORDS.items() if np.any(np.asarray(one.shown_class) == kind))
    caption = f"{one.name}: {words or 'nothing found'}."
    has_histogram = has_histogram and len(result.sizes_m) >= 10
    if has_histogram:
        panels.append(_histogram(result))
        caption += f" Sizes of {result.grain_count} whole grains by number, border-corrected, with the log-normal law through their quartiles."
    if one.intercept_px is not None and one.pixel_m is not None:
        caption += f" Mean linear intercept {one.intercept_px * one.pixel_m * 1e6:.3g} µm."
    index = result.micrographs.index(one)
    return FigureSpec(
        key=f"microscopy_{index + 1}",
        title=f"Grains of {result.sample}" if has_histogram else f"Segmentation of {one.name}",
        caption=caption,
        panels=tuple(panels),
        sample=result.sample,
        technique="microscopy",
        width="double" if has_histogram else "single",
        arrangement="row",
        is_detail=not has_histogram,
        is_simulated=result.is_simulated,
    )


def _histogram(result: MicroscopyResult) -> Panel:
    sizes_um, weights = result.sizes_m * 1e6, result.weights / result.weights.sum()
    bins = int(np.clip(np.sqrt(len(sizes_um)), 8, 30))
    edges = np.linspace(0.0, float(sizes_um.max()) * 1.02, bins + 1)
    share, _ = np.histogram(sizes_um, bins=edges, weights=weights)
    middles = 0.5 * (edges[:-1] + edges[1:])
    series = [Series(label="grains", x=middles, y=100 * share, style="bars", group="grains")]
    law = result.law
    if law is not None:
        x = np.linspace(edges[-1] / 200, edges[-1], 200)
        density = np.exp(-0.5 * (np.log(x / (law.median * 1e6)) / law.sigma_ratio) ** 2) / (
            x * law.sigma_ratio * np.sqrt(2 * np.pi)
        )
        y = 100 * density * (edges[1] - edges[0])
        series.append(Series(label="log-normal", x=x, y=y, style="line", group="law"))
    marks = []
    for name, text in (("intercept_mean", "MLI"), ("ecd_mean_number", "mean ECD")):
        value = result.estimate(name)
        if value is not None:
            marks.append(Mark(x=value.value * 1e6, y=0.0, text=text, style="vertical"))
    return Panel(
        x=Axis(label="Equivalent-circle diameter", unit="µm", limits=(0.0, float(edges[-1]))),
        y=Axis(label="Share of grains", unit="%", limits=(0.0, 115.0 * float(share.max()))),
        series=tuple(series),
        marks=tuple(marks),
    )


def _directions(result: MicroscopyResult) -> FigureSpec:
    angles = np.array([0.0, 45.0, 90.0, 135.0])
    values = [result.estimate(f"intercept_{int(angle)}") for angle in angles]
    y = np.array([v.value * 1e6 if v else np.nan for v in values])
    error = np.array([1.96 * (v.std or 0.0) * 1e6 if v else 0.0 for v in values])
    mean = result.estimate("intercept_mean")
    assert mean is not None
    series = [Series(label="direction", x=angles, y=y, y_error=error, style="points", group="directions")]
    x = np.array([-15.0, 150.0])
    level = np.full(2, mean.value * 1e6)
    series.append(Series(label="mean", x=x, y=level, style="line", group="mean"))
    if mean.std is not None:
        half = 1.96 * mean.std * 1e6
        band = Series(label="95 %", x=x, y=level - half, y_upper=level + half, style="band", group="mean")
        series.append(band)
    top = 1.25 * float(np.nanmax(y + error))
    return FigureSpec(
        key="microscopy_directions",
        title=f"Intercepts of {result.sample} by direction",
        caption="Mean linear intercepts in four directions with 95 % intervals; 0° is along the rows of the pictures.",
        panels=(
            Panel(
                x=Axis(label="Direction of the lines", unit="deg", limits=(-15.0, 150.0)),
                y=Axis(label="Mean linear intercept", unit="µm", limits=(0.0, top)),
                series=tuple(series),
            ),
        ),
        sample=result.sample,
        technique="microscopy",
        is_detail=True,
        is_simulated=result.is_simulated,
    )


def _thresholds(result: MicroscopyResult, one: MicrographResult, index: int) -> FigureSpec:
    porosity = one.porosity
    assert porosity is not None
    share = np.asarray(porosity.counts) / max(1.0, float(np.sum(porosity.counts))) * 100
    top = float(share.max())
    marks = tuple(
        Mark(x=t.level, y=0.0, text=f"{t.method} {100 * t.porosity_fraction:.1f} %", style="vertical")
        for t in porosity.thresholds
        if t.is_used or t.method == porosity.method
    )
    return FigureSpec(
        key=f"microscopy_thresholds_{index + 1}",
        title=f"Thresholds of {one.name}",
        caption=f"Greys of {one.name} after smoothing, and the thresholds between pores and grains with the porosity each gives.",
        panels=(
            Panel(
                x=Axis(label="Grey level"),
                y=Axis(label="Share of pixels", unit="%", limits=(0.0, 1.1 * top)),
                series=(Series(label="greys", x=porosity.levels, y=share, style="line", is_in_legend=False),),
                marks=marks,
            ),
        ),
        sample=result.sample,
        technique="microscopy",
        is_detail=True,
        is_simulated=result.is_simulated,
    )
