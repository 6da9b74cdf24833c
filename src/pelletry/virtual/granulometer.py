r"""A virtual laser-diffraction granulometer: a powder of log-normal populations, written as a Mastersizer 2000 exports it.

Each population has a median, a geometric standard deviation and a share of the volume. Its share of a class is the difference
of the log-normal law at the edges, so percentiles of a single population are known in closed form:
:math:`d_p = d_g \sigma_g^{z_p}` with the normal quantile :math:`z_p`; and :math:`D[4,3] = d_g e^{s^2/2}`,
:math:`D[3,2] = d_g e^{-s^2/2}` with :math:`s = \ln\sigma_g`. The repeatability of the instrument is a normal factor on all
sizes of a run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["GranulometerTruth", "Population", "class_edges_m", "mastersizer_csv", "measured_shares"]

_SIMULATED = "SIMULATED by a virtual granulometer, not measured"


@attrs.frozen(kw_only=True)
class Population:
    """Log-normal part of a powder: median [m], geometric standard deviation, share of the volume."""

    median_m: float
    spread_factor: float
    volume_share: float = 1.0


@attrs.frozen(kw_only=True)
class GranulometerTruth:
    """A powder and how it is measured. Empty texts leave the optical model out of the file, as a careless export does."""

    name: str
    populations: tuple[Population, ...]
    repeatability_relative: float = 0.0
    particle_index: str = "1.69"
    absorption_index: str = "0.01"
    dispersant: str = "Water"
    dispersant_index: str = "1.33"
    typed_density_kg_per_m3: float = 1000.0  # what the program offers until somebody types the powder's own


def class_edges_m() -> Array:
    """The 101 edges of a Mastersizer 2000: 0.01 to 10,000 µm, each 14.8 % above the one before. [m]"""
    return np.asarray(np.geomspace(1e-8, 1e-2, 101))


def measured_shares(truth: GranulometerTruth, *, edges_m: Array, random: np.random.Generator | None = None) -> Array:
    """Volume in each class of one run, adding up to 100, shape (n,). [%]"""
    factor = 1.0
    if random is not None and truth.repeatability_relative:
        factor = math.exp(truth.repeatability_relative * random.standard_normal())
    below = np.zeros(len(edges_m))
    total = sum(one.volume_share for one in truth.populations)
    for one in truth.populations:
        z = np.log(edges_m / (one.median_m * factor)) / math.log(one.spread_factor)
        below += one.volume_share / total * _normal_share_below(z)
    shares = np.diff(below)
    shares[shares < 1e-6] = 0.0  # the instrument prints six decimals of a per cent and shows nothing below
    return np.asarray(100.0 * shares / shares.sum())


def _normal_share_below(z: Array) -> Array:
    return np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in z])


def mastersizer_csv(
    truth: GranulometerTruth, *, runs: int = 3, random: np.random.Generator, first_minute: int = 0
) -> bytes:
    """A csv in the wide layout: names, sizes below the last of them, and a row a run; the file says that it is simulated."""
    edges_m = class_edges_m()
    rows = [measured_shares(truth, edges_m=edges_m, random=random) for _ in range(runs)]
    facts = _facts(truth)
    names = [*facts, "Result Between User Sizes (Sizes in um)", *[""] * (len(edges_m) - 1)]
    sizes = [*[""] * len(facts), *(f"{edge * 1e6:.6f}" for edge in edges_m)]
    lines = [names, sizes]
    for number, shares in enumerate(rows):
        minute = first_minute + number
        sized = {**facts, **_sizes(edges_m, shares, truth)}
        sized["Measurement date and time"] = f"2026-01-15 10:{minute % 60:02d}:00"
        lines.append([*sized.values(), "", *(f"{share:.6f}" for share in shares)])
    return "\r\n".join(",".join(_quoted(cell) for cell in line) for line in lines).encode("utf-8") + b"\r\n"


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell


def _facts(truth: GranulometerTruth) -> dict[str, str]:
    model = {
        "Particle refractive index": truth.particle_index,
        "Particle absorption index": truth.absorption_index,
        "Dispersant name": truth.dispersant,
        "Dispersant refractive index": truth.dispersant_index,
    }
    return {
        "Sample Name": truth.name,
        "Comments": _SIMULATED,
        "Measurement date and time": "",
        **{name: text for name, text in model.items() if text},
        "Analysis model": "General purpose",
        "Result transform type": "Volume",
        "d (0.1)": "",
        "d (0.5)": "",
        "d (0.9)": "",
        "D [4, 3] - Volume weighted mean": "",
        "D [3, 2] - Surface weighted mean": "",
        "Span": "",
        "Specific surface area": "",
    }


def _sizes(edges_m: Array, shares: Array, truth: GranulometerTruth) -> dict[str, str]:
    """The row that the instrument's program prints, computed here in its own plain way: straight lines over ln d."""
    below = np.concatenate([[0.0], np.cumsum(shares)])
    held = np.concatenate([[True], np.diff(below) > 0])
    d10, d50, d90 = (1e6 * math.exp(float(np.interp(p, below[held], np.log(edges_m)[held]))) for p in (10, 50, 90))
    middles = 1e6 * np.sqrt(edges_m[:-1] * edges_m[1:])
    v = shares / shares.sum()
    surface_mean = float(1.0 / np.sum(v / middles))
    numbers: Sequence[tuple[str, float]] = (
        ("d (0.1)", d10),
        ("d (0.5)", d50),
        ("d (0.9)", d90),
        ("D [4, 3] - Volume weighted mean", float(np.sum(v * middles))),
        ("D [3, 2] - Surface weighted mean", surface_mean),
        ("Span", (d90 - d10) / d50),
        ("Specific surface area", 6e3 / (truth.typed_density_kg_per_m3 * surface_mean)),
    )
    return {name: f"{value:.3f}" for name, value in numbers}
