"""From lines to grains: distance transform, peaks, watershed, and the joining of what no line parts.

The watershed is scikit-image's (the optional extra ``microscopy``); it is run without lines of its own, so that every pixel of a grain counts
and areas need no correction. Lengths are in pixels.
"""

from __future__ import annotations

import importlib.util

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.microscopy.model.regions import Labels, borders_of_labels, joined_labels
from pelletry.techniques.microscopy.model.squares import dilated

__all__ = ["can_segment", "grains_between_lines", "grains_of_boundary_mask"]

Mask = npt.NDArray[np.bool_]


def can_segment() -> bool:
    """Is the watershed here?"""
    return importlib.util.find_spec("skimage") is not None


def grains_between_lines(
    lines: Mask, pores: Mask, *, least_depth: float, least_support: float, least_area: float
) -> Labels:
    """Labels of the grains from 1; 0 are pores.

    ``least_depth`` [px] is the h of the h-maxima of the distance from the lines; ``least_support`` the share of a watershed line that must lie
    on lines of the picture; regions below ``least_area`` [px2] go to the neighbour with which they share the longest border.
    """
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(~(lines | pores)).astype(np.float32)
    smooth = ndimage.gaussian_filter(distance, 1.0)
    is_peak = (smooth == ndimage.maximum_filter(smooth, size=5)) & (distance > 0.5)
    markers, _ = ndimage.label(is_peak, structure=np.ones((3, 3)))
    basins = _watershed(-smooth, markers.astype(np.int32), ~pores)
    count = int(basins.max())
    if count == 0:
        return np.zeros(lines.shape, dtype=np.int32)
    borders = borders_of_labels(basins, decorated=dilated(lines, 3), depth=smooth)
    # The highest point of a basin is its marker.
    peaks = np.zeros(max(count, int(markers.max())) + 1)
    np.maximum.at(peaks, markers[is_peak], smooth[is_peak])
    grains = joined_labels(basins, borders, peaks=peaks, least_depth=least_depth, least_support=least_support)
    return _without_small(grains, least_area=least_area)


def grains_of_boundary_mask(boundaries: Mask) -> Labels:
    """Grains of a mask in which somebody drew the boundaries: what they enclose, grown to the middle of the lines."""
    from scipy import ndimage

    distance = ndimage.distance_transform_edt(~boundaries).astype(np.float32)
    enclosed, _ = ndimage.label(~boundaries)
    return _watershed(-distance, enclosed.astype(np.int32), None)


def _watershed(surface: Array, markers: Labels, mask: Mask | None) -> Labels:
    from skimage.segmentation import watershed

    found = watershed(surface, markers, mask=mask)  # type: ignore[no-untyped-call]
    return np.asarray(found, dtype=np.int32)


def _without_small(labels: Labels, *, least_area: float) -> Labels:
    areas = np.bincount(labels.ravel())
    small = np.flatnonzero(areas < least_area)
    small = small[small > 0]
    if not len(small):
        return labels
    is_small = np.zeros(len(areas), dtype=bool)
    is_small[small] = True
    borders = borders_of_labels(labels, decorated=np.ones(labels.shape, dtype=bool), of=is_small)
    parent = np.arange(len(areas))
    for label in small:
        at = (borders.first == label) | (borders.second == label)
        if at.any():
            line = int(np.argmax(np.where(at, borders.length, -1.0)))
            other = int(borders.first[line] + borders.second[line] - label)
            if not is_small[other] or other < label:
                parent[label] = other
    for _ in range(20):
        parent = parent[parent]
    kept = np.unique(parent[1:])
    number = np.zeros(len(areas), dtype=np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    joined: Labels = number[parent][labels]
    return joined
