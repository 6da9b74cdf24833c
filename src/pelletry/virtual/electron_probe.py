"""A virtual electron probe: line scans, maps and spectra of a layer of known thickness, as text.

Profiles are two error functions on a flat ground with Poisson noise; the files say in their first line that they are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["LayerTruth", "layer_counts", "line_scan_csv", "map_csv", "spectrum_text"]

_WIDTH_KEV = 0.13


@attrs.frozen(kw_only=True)
class LayerTruth:
    """Where the layer begins on the line, how thick it is, and the spread of both edges (standard deviation)."""

    start_m: float = 6e-6
    thickness_m: float = 10e-6
    spread_m: float = 0.6e-6


def layer_counts(
    position_m: Array,
    layer: LayerTruth,
    *,
    inside: float,
    before: float,
    behind: float,
    random: np.random.Generator | None = None,
) -> Array:
    """Counts of an element that has ``inside`` in the layer and other levels before and behind it; expected ones without ``random``."""
    from scipy.special import ndtr

    first = ndtr((position_m - layer.start_m) / layer.spread_m)
    second = ndtr((position_m - layer.start_m - layer.thickness_m) / layer.spread_m)
    expected = before + (inside - before) * first + (behind - inside) * second
    if random is None:
        return np.asarray(expected)
    return np.asarray(random.poisson(expected), dtype=np.float64)


def line_scan_csv(position_m: Array, profiles: Mapping[str, Array], *, comment: str, beam_keV: float) -> bytes:
    """A table of counts over distance: a comment line, then ``Distance (µm),Ti K,Zr L,...``."""
    lines = [f"# {comment}; primary energy {beam_keV:g} keV"]
    lines.append(",".join(["Distance (µm)", *profiles]))
    for i, x in enumerate(position_m):
        lines.append(",".join([f"{x * 1e6:.4f}", *(f"{values[i]:.0f}" for values in profiles.values())]))
    return ("\n".join(lines) + "\n").encode("utf-8")


def map_csv(maps: Mapping[str, Array], *, pixel_m: float, comment: str) -> bytes:
    """A table of all pixels: ``X (µm),Y (µm),Ti K,...``; the maps have the shape (rows, columns)."""
    rows, columns = next(iter(maps.values())).shape
    lines = [f"# {comment}", ",".join(["X (µm)", "Y (µm)", *maps])]
    for i in range(rows):
        for j in range(columns):
            place = [f"{(j + 0.5) * pixel_m * 1e6:.4f}", f"{(i + 0.5) * pixel_m * 1e6:.4f}"]
            lines.append(",".join([*place, *(f"{values[i, j]:.0f}" for values in maps.values())]))
    return ("\n".join(lines) + "\n").encode("utf-8")


def spectrum_text(
    lines: Sequence[tuple[float, float]],
    *,
    comment: str,
    beam_keV: float,
    random: np.random.Generator,
    channels: int = 1500,
) -> bytes:
    """An Esprit text of a spectrum with lines of (energy in keV, counts) on a background that falls off to the beam energy."""
    step = 0.01
    energy = step * np.arange(channels)
    expected = 30.0 * np.clip(1 - energy / beam_keV, 0, None) / np.maximum(energy, 0.2)
    for at, counts in lines:
        sigma = _WIDTH_KEV / 2.355 * math.sqrt((at + 2.0) / 8.0)
        expected += counts * step / (sigma * math.sqrt(2 * math.pi)) * np.exp(-0.5 * ((energy - at) / sigma) ** 2)
    counts_seen = random.poisson(expected)
    head = [
        "Bruker Nano GmbH Berlin, Germany",
        "Esprit 2.1",
        "",
        f"Comment: {comment}",
        f"Primary energy: {beam_keV:.1f}",
        "Life time: 30000",
        "Real time: 31000",
        f"Channels: {channels}",
        "Calibration, lin.: 10.0",
        "Calibration, abs.: 0.0",
        "",
        "Energy Counts",
    ]
    body = [f"{e:.4f} {c}" for e, c in zip(energy, counts_seen, strict=True)]
    return ("\r\n".join([*head, *body]) + "\r\n").encode("latin-1")
