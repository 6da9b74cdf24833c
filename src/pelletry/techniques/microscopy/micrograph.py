"""One picture to its numbers, all in pixels: tests, pores, lines, grains, intercepts, cracks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.microscopy.measurement import Micrograph
from pelletry.techniques.microscopy.model import boundaries, cracks, grains, intercepts, picture, porosity, segmentation
from pelletry.techniques.microscopy.model.thresholds import histogram
from pelletry.techniques.microscopy.result import DirectionResult, MicrographResult, PorosityResult
from pelletry.techniques.microscopy.scale import UsedScale
from pelletry.techniques.microscopy.settings import MicroscopySettings

__all__ = ["LEAST_GRAIN_PX", "TILT_LIMIT_DEG", "measured_micrograph"]

Mask = npt.NDArray[np.bool_]
#: Grains with a shorter mean intercept are not segmented; below the second number not even counted.
LEAST_GRAIN_PX = 10.0
_LEAST_INTERCEPT_PX = 4.0
#: cos(5°) is 0.996: less than any other error.
TILT_LIMIT_DEG = 5.0
_LEAST_CORRELATION = 0.05
_MOST_CLIPPED_HIGH = 0.25
_MOST_CLIPPED_LOW = 0.45
_LEAST_CHORDS = 10
_MOST_OPEN = 0.6


def measured_micrograph(micrograph: Micrograph, settings: MicroscopySettings, scale: UsedScale) -> MicrographResult:
    """Everything that one picture says; reasons in ``refusals`` for what it does not."""
    pixels, databar = _cut(micrograph.pixels, settings)
    found: dict[str, Any] = {
        "name": micrograph.name,
        "path": micrograph.origin.path,
        "kind": settings.image_kind,
        "pixel_m": scale.pixel_m,
        "pixel_source": scale.source,
        "tilt_deg": micrograph.tilt_deg,
        "databar_rows": databar,
    }
    pixels = _untilted(pixels, micrograph.tilt_deg, settings)
    found["rows"], found["columns"] = pixels.shape
    classes = np.zeros(pixels.shape, dtype=np.uint8)
    refusal = _unfit(pixels, found, settings)
    if refusal is not None:
        found["refusals"] = (refusal,)
    elif found["kind"] == "micrograph":
        _measure_grey(pixels, settings, found, classes)
    else:
        _measure_mask(pixels, found, classes)
    return _with_pictures(found, pixels, classes, settings)


def _cut(pixels: npt.NDArray[Any], settings: MicroscopySettings) -> tuple[npt.NDArray[Any], int]:
    """The picture without databar and without what the person cuts off."""
    databar = picture.databar_rows(pixels) if settings.databar_rows is None else settings.databar_rows
    rows, columns = pixels.shape
    top, bottom, left, right = (max(0, n) for n in settings.crop_px)
    kept = pixels[top : rows - max(bottom, databar), left : columns - right]
    return (kept, databar) if min(kept.shape) >= 32 else (pixels, 0)


def _untilted(pixels: npt.NDArray[Any], tilt_deg: float | None, settings: MicroscopySettings) -> npt.NDArray[Any]:
    """Rows stretched by 1/cos(tilt) when the person says the section is a plane tilted about the rows."""
    if settings.tilt != "plane" or tilt_deg is None or not TILT_LIMIT_DEG < abs(tilt_deg) < 80:
        return pixels
    from scipy import ndimage

    factor = 1.0 / math.cos(math.radians(tilt_deg))
    stretched: npt.NDArray[Any] = ndimage.zoom(pixels.astype(np.float32), (factor, 1.0), order=1)
    return stretched


def _unfit(pixels: npt.NDArray[Any], found: dict[str, Any], settings: MicroscopySettings) -> tuple[str, str] | None:
    """Why a picture cannot be measured at all; sets its kind otherwise."""
    test = picture.tested_picture(pixels)
    name = found["name"]
    if test.levels < 2:
        return "micrograph-blank", f"{name} has one grey level only: there is nothing to measure."
    if found["kind"] == "auto":
        found["kind"] = _kind_of_mask(pixels) if test.is_mask else "micrograph"
    if found["kind"] != "micrograph":
        return None
    if test.clipped_high_fraction > _MOST_CLIPPED_HIGH or test.clipped_low_fraction > _MOST_CLIPPED_LOW:
        end, share = (
            ("white", test.clipped_high_fraction)
            if test.clipped_high_fraction > _MOST_CLIPPED_HIGH
            else ("black", test.clipped_low_fraction)
        )
        return (
            "micrograph-saturated",
            f"{name} is saturated: {100 * share:.0f} % of its pixels are {end}, and what they showed is lost. Take it again with "
            "less contrast and other brightness.",
        )
    if test.correlation < _LEAST_CORRELATION:
        return (
            "micrograph-noise",
            f"{name} is noise: pixels two apart have a correlation of {test.correlation:.3f}, in a picture of something it is above "
            f"{_LEAST_CORRELATION}. Scan slower, or average frames.",
        )
    return None


def _kind_of_mask(pixels: npt.NDArray[Any]) -> str:
    """Drawn boundaries enclose many regions and hang together; drawn pores do neither."""
    from scipy import ndimage

    marked = _marked(pixels)
    pieces, count = ndimage.label(marked, structure=np.ones((3, 3)))
    _, enclosed = ndimage.label(~marked)
    largest = np.bincount(pieces.ravel())[1:].max() / max(1, marked.sum()) if count else 0.0
    return "boundary-mask" if enclosed >= 10 and largest > 0.5 else "pore-mask"


def _marked(pixels: npt.NDArray[Any]) -> Mask:
    """The rarer of the two greys of a mask."""
    greys = picture.levels_of(pixels)
    is_light = greys > (int(greys.min()) + int(greys.max())) / 2
    return is_light if is_light.mean() <= 0.5 else ~is_light


# -- masks -------------------------------------------------------------------------------------------------------------


def _measure_mask(pixels: npt.NDArray[Any], found: dict[str, Any], classes: npt.NDArray[np.uint8]) -> None:
    marked = _marked(pixels)
    if found["kind"] == "pore-mask":
        share = float(marked.mean())
        found["porosity"] = PorosityResult(
            method="mask",
            value_fraction=share,
            low_fraction=share,
            high_fraction=share,
            thresholds=(),
            levels=np.empty(0),
            counts=np.empty(0),
        )
        classes[marked] = 2
        return
    nothing = np.zeros_like(marked)
    within = [
        intercepts.mean_intercept(intercepts.chords_of_labels((~marked).astype(np.int32), d))
        for d in intercepts.DIRECTIONS
    ]
    if all(one.count for one in within):
        found["within_lines_px"] = float(np.mean([one.plain for one in within]))
    if segmentation.can_segment():
        labels = segmentation.grains_of_boundary_mask(marked)
        _measure_grains(labels, nothing, found, classes)
    else:
        _measure_between_lines(marked, nothing, found)
    classes[marked] = 1


# -- micrographs -------------------------------------------------------------------------------------------------------


def _measure_grey(
    pixels: npt.NDArray[Any], settings: MicroscopySettings, found: dict[str, Any], classes: npt.NDArray[np.uint8]
) -> None:
    from scipy import ndimage

    grey: Array = pixels.astype(np.float32)
    if settings.pores == "bright":
        grey = -grey
    smooth = ndimage.gaussian_filter(grey, 1.0)
    dark = _measure_pores(smooth, settings, found)
    nothing: Mask = np.zeros(smooth.shape, dtype=bool)
    rough = nothing if dark is None else porosity.opened(dark, settings.pore_least_width_px)
    lines = None
    if settings.boundaries != "none":
        lines = _lines(boundaries.filled_pores(grey, rough), settings, found)
    if lines is None:
        classes[rough] = 2
        return
    between = intercepts.mean_intercept(intercepts.chords_between_lines(lines.lines, rough, 0))
    typical = between.mean if between.count else float("nan")
    parts = _dark_parts(dark, smooth, settings, intercept=typical if typical > 0 else None)
    classes[parts.pores] = 2
    every_line = (lines.lines | parts.cracks | (nothing if dark is None else dark)) & ~parts.pores
    if not typical >= LEAST_GRAIN_PX or not segmentation.can_segment():
        _refuse_segmentation(typical, found)
        if typical >= _LEAST_INTERCEPT_PX:
            _measure_between_lines(every_line, parts.pores, found)
        classes[every_line] = 1
        return
    labels = segmentation.grains_between_lines(
        every_line,
        parts.pores,
        least_depth=settings.least_depth_px,
        least_support=settings.least_support,
        least_area=settings.least_grain_px2,
    )
    _measure_grains(labels, parts.cracks, found, classes)
    if settings.pores != "none":
        _measure_cracks(labels, parts.cracks, found, classes)


def _dark_parts(
    dark: Mask | None, smooth: Array, settings: MicroscopySettings, *, intercept: float | None
) -> porosity.DarkParts:
    """Pores and cracks of the dark class; where no class was found, thin dark lines apart from the grains' grey may still be cracks."""
    width = settings.pore_least_width_px
    if dark is not None:
        return porosity.dark_parts(dark, least_width=width, intercept=intercept)
    nothing: Mask = np.zeros(smooth.shape, dtype=bool)
    thresholds, is_overlapping = porosity.thresholds_of(smooth, smooth, least_width=width)
    chosen = next((one for one in thresholds if one.is_used), None)
    if settings.pores == "none" or chosen is None or is_overlapping:
        return porosity.DarkParts(pores=nothing, cracks=nothing)
    parts = porosity.dark_parts(smooth <= chosen.level, least_width=width, intercept=intercept)
    return porosity.DarkParts(pores=nothing, cracks=parts.cracks)


def _measure_cracks(
    labels: npt.NDArray[np.int32], cracked: Mask, found: dict[str, Any], classes: npt.NDArray[np.uint8]
) -> None:
    share = cracks.open_boundary_fraction(labels, cracked)
    if share is not None and share > _MOST_OPEN:
        _refuse(found, "boundaries-as-dark-as-pores", f"{found['name']}: {100 * share:.0f} % of the boundaries are as dark as the pores: they are grooves, and cracks cannot be told from them; pores "
                "next to them come out too large. If nothing on the picture is a pore, set pores = 'none'.")  # fmt: skip
        classes[classes == 3] = 1
        return
    found["crack_length_per_px"] = cracks.line_length_per_area(cracked)
    found["open_boundary_fraction"] = share


def _measure_pores(smooth: Array, settings: MicroscopySettings, found: dict[str, Any]) -> Mask | None:
    """Sets the porosity and gives the dark pixels of the chosen threshold; None when there is no dark class."""
    from scipy import ndimage

    if settings.pores == "none":
        return None
    # Grooves along boundaries would be taken for the dark class; closing fills them and leaves what is wider.
    width = settings.pore_least_width_px
    closed = ndimage.grey_closing(smooth, size=(width, width))
    thresholds, is_overlapping = porosity.thresholds_of(closed, smooth, least_width=width)
    chosen = _chosen(thresholds, settings)
    if chosen is None:
        listed = ", ".join(f"{one.method} {one.level:.0f}" for one in thresholds)
        _refuse(found, "porosity-not-found", f"{found['name']}: no dark class stands apart from the grains (every threshold cuts through them: {listed}): no porosity. "
                "It may be dense; state porosity_threshold to have the number all the same.")  # fmt: skip
        return None
    used = [one.porosity_fraction for one in thresholds if one.is_used] or [chosen.porosity_fraction]
    edge = porosity.edge_fraction(porosity.opened(smooth <= chosen.level, width))
    counts, levels = histogram(smooth)
    found["porosity"] = PorosityResult(
        method=chosen.method,
        value_fraction=chosen.porosity_fraction,
        low_fraction=max(0.0, min(*used, chosen.porosity_fraction) - edge),
        high_fraction=min(1.0, max(*used, chosen.porosity_fraction) + edge),
        is_overlapping=is_overlapping,
        thresholds=thresholds,
        levels=levels,
        counts=counts,
    )
    dark: Mask = smooth <= chosen.level
    return dark


def _chosen(thresholds: Sequence[porosity.Threshold], settings: MicroscopySettings) -> porosity.Threshold | None:
    if settings.porosity_threshold != "auto":
        return next(one for one in thresholds if one.method == settings.porosity_threshold)
    return next((one for one in thresholds if one.is_used), None)


def _lines(grey: Array, settings: MicroscopySettings, found: dict[str, Any]) -> boundaries.LineMap | None:
    polarity: str = settings.boundaries
    reason = "stated"
    if polarity == "auto":
        polarity, reason = boundaries.proposed_polarity(grey)
    elif settings.pores == "bright" and polarity != "contrast":
        polarity = {"dark": "bright", "bright": "dark"}[polarity]  # the picture was turned over
    if not polarity:
        _refuse(found, "no-boundaries-found", f"{found['name']}: no grain boundaries are seen: {reason}. State boundaries = 'dark', 'bright' or 'contrast' if they are there.")  # fmt: skip
        return None
    found["polarity"] = polarity if settings.boundaries == "auto" else settings.boundaries
    found["polarity_reason"] = reason
    lines = boundaries.boundary_lines(
        grey,
        polarity=polarity,
        method=settings.boundary_filter,
        width=settings.boundary_width_px,
        threshold_factor=settings.threshold_factor,
    )
    found["line_width_px"], found["line_standout"] = lines.width, lines.standout
    if lines.standout < boundaries.LEAST_LINES:
        _refuse(found, "no-boundaries-found", f"{found['name']}: lines stand out of the noise by {lines.standout:.1f}, noise itself does by about 2, and {boundaries.LEAST_LINES} is needed: no grain "
                "sizes. Take the picture with less noise or more contrast, or etch the section.")  # fmt: skip
        return None
    return lines


def _refuse_segmentation(typical: float, found: dict[str, Any]) -> None:
    if not typical >= LEAST_GRAIN_PX:
        size = f"{typical:.1f} px" if typical > 0 else "no length"
        _refuse(found, "grains-too-small", f"{found['name']}: the mean intercept is {size}, and grains of fewer than {LEAST_GRAIN_PX:.0f} px cannot be parted: no single grains. "
                "Take the picture at a higher magnification.")  # fmt: skip
    else:
        _refuse(found, "watershed-not-installed", f"{found['name']}: single grains need scikit-image: install pelletry[microscopy]. Intercepts are given from the lines alone.")  # fmt: skip


def _refuse(found: dict[str, Any], code: str, sentence: str) -> None:
    found["refusals"] = (*found.get("refusals", ()), (code, sentence))


# -- what grains and lines give ----------------------------------------------------------------------------------------


def _measure_grains(
    labels: npt.NDArray[np.int32], cracked: Mask, found: dict[str, Any], classes: npt.NDArray[np.uint8]
) -> None:
    chords = [intercepts.chords_of_labels(labels, direction) for direction in intercepts.DIRECTIONS]
    _set_intercepts(chords, found, "label image")
    whole = grains.whole_grains(labels)
    found["sizes_px"] = grains.equivalent_diameters(whole.squares)
    found["weights"] = whole.weights
    found["cut_count"] = whole.cut_count
    edges = np.zeros(labels.shape, dtype=bool)
    edges[:-1] |= labels[:-1] != labels[1:]
    edges[:, :-1] |= labels[:, :-1] != labels[:, 1:]
    classes[edges & (classes == 0)] = 1
    classes[cracked] = 3


def _measure_between_lines(lines: Mask, pores: Mask, found: dict[str, Any]) -> None:
    chords = [intercepts.chords_between_lines(lines, pores, direction) for direction in intercepts.DIRECTIONS]
    _set_intercepts(chords, found, "lines")


def _set_intercepts(chords: list[intercepts.Chords], found: dict[str, Any], convention: str) -> None:
    means = [intercepts.mean_intercept(one) for one in chords]
    if min(one.count for one in means) < _LEAST_CHORDS:
        _refuse(found, "too-few-intercepts", f"{found['name']}: fewer than {_LEAST_CHORDS} complete intercepts in a direction: no grain size. Take a larger field.")  # fmt: skip
        return
    found["convention"] = convention
    found["intercepts"] = tuple(
        DirectionResult(
            direction_deg=one.direction, mean_px=one.mean, std_px=one.std, plain_px=one.plain, count=one.count
        )
        for one in means
    )
    side = 3.0 * float(np.mean([one.mean for one in means]))
    tiles = intercepts.tile_sums(chords, shape=(found["rows"], found["columns"]), side=side)
    found["intercept_px"], found["intercept_std_px"] = intercepts.pooled_intercept(tiles)
    found["tiles"] = tiles


def _with_pictures(
    found: dict[str, Any], pixels: npt.NDArray[Any], classes: npt.NDArray[np.uint8], settings: MicroscopySettings
) -> MicrographResult:
    """The result with a reduced picture: greys averaged, classes by the highest, so that no line is lost."""
    step = max(1, math.ceil(pixels.shape[1] / settings.picture_width_px))
    rows, columns = (n // step * step for n in pixels.shape)
    grey = picture.levels_of(pixels)[:rows, :columns].reshape(rows // step, step, columns // step, step)
    shown = classes[:rows, :columns].reshape(rows // step, step, columns // step, step)
    return MicrographResult(
        **found,
        shown_step=step,
        shown_grey=grey.mean(axis=(1, 3)).astype(np.uint8),
        shown_class=shown.max(axis=(1, 3)),
    )
