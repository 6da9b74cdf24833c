"""The numbers of a sample from all of its pictures, in metres, each under a name that says its convention."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.techniques.microscopy.model.conventions import (
    MENDELSON_FACTOR,
    astm_number_from_density,
    astm_number_from_intercept,
)
from pelletry.techniques.microscopy.model.distribution import SizeLaw, size_law
from pelletry.techniques.microscopy.model.grains import weighted_mean, weighted_quantile
from pelletry.techniques.microscopy.model.intercepts import DIRECTIONS, pooled_intercept
from pelletry.techniques.microscopy.result import MicrographResult

__all__ = ["CONVENTIONS", "Pooled", "pooled"]

_LEAST_GRAINS = 10

#: Name of a quantity -> what exactly it is.
CONVENTIONS: dict[str, str] = {
    "intercept_mean": "mean linear intercept, mean of four directions, end pieces left out and corrected for, pores left out",
    "intercept_0": "mean linear intercept along the rows",
    "intercept_45": "mean linear intercept at 45° to the rows",
    "intercept_90": "mean linear intercept across the rows",
    "intercept_135": "mean linear intercept at 135° to the rows",
    "intercept_uncorrected": "mean linear intercept, end pieces left out, not corrected for",
    "intercept_anisotropy": "largest over smallest intercept of the four directions",
    "mendelson_diameter": "1.558 times the mean linear intercept (Mendelson 1969)",
    "ecd_mean_number": "mean equivalent-circle diameter by number, whole grains, border-corrected",
    "ecd_mean_area": "mean equivalent-circle diameter weighted by area, whole grains, border-corrected",
    "ecd_d10_number": "10 % of the grains by number have a smaller equivalent-circle diameter",
    "ecd_d50_number": "half of the grains by number have a smaller equivalent-circle diameter",
    "ecd_d90_number": "90 % of the grains by number have a smaller equivalent-circle diameter",
    "ecd_sigma_ln": "standard deviation of ln(equivalent-circle diameter), log-normal law through the quartiles",
    "astm_g_intercept": "ASTM E112 number of the mean linear intercept",
    "astm_g_planimetric": "ASTM E112 number of the grains per area",
    "porosity": "areal share of pores",
    "crack_length_density": "length of cracks per area, (pi/2) times crossings per length",
    "open_boundary_fraction": "share of the grain boundary length that is as dark as the pores",
}
_UNITS = {"crack_length_density": "1/m"}
_NUMBERS = (
    "intercept_anisotropy",
    "ecd_sigma_ln",
    "astm_g_intercept",
    "astm_g_planimetric",
    "porosity",
    "open_boundary_fraction",
)


@attrs.frozen(kw_only=True)
class Pooled:
    """``values`` has every name of :data:`CONVENTIONS`."""

    values: tuple[tuple[str, Quantity], ...]
    sizes_m: Array
    weights: Array
    law: SizeLaw | None
    porosity_band: tuple[float, float] | None


def unit_of(name: str) -> str:
    return _UNITS.get(name, "1" if name in _NUMBERS else "m")


def pooled(micrographs: Sequence[MicrographResult]) -> Pooled:
    """All quantities; Unresolved with its reason where there is nothing to compute one from."""
    found: dict[str, Quantity] = {}
    scaled = [(one, one.pixel_m) for one in micrographs if one.pixel_m is not None]
    _intercepts(found, scaled)
    sizes, weights, law = _sizes(found, scaled)
    band = _porosity(found, micrographs)
    _cracks(found, micrographs, scaled)
    for name in CONVENTIONS:
        if name not in found:
            found[name] = Unresolved(reason=_reason(name, micrographs), unit=unit_of(name))
    return Pooled(
        values=tuple((name, found[name]) for name in CONVENTIONS),
        sizes_m=sizes,
        weights=weights,
        law=law,
        porosity_band=band,
    )


def _reason(name: str, micrographs: Sequence[MicrographResult]) -> str:
    """Why a quantity is missing: the pictures' own reasons, else the scale."""
    codes = {
        "porosity": ("porosity-not-found",),
        "crack_length_density": ("boundaries-as-dark-as-pores", "porosity-not-found"),
        "open_boundary_fraction": ("boundaries-as-dark-as-pores", "porosity-not-found"),
    }.get(name, ("no-boundaries-found", "too-few-intercepts", "grains-too-small", "watershed-not-installed"))
    reasons = [
        sentence
        for one in micrographs
        for code, sentence in one.refusals
        if code in codes or code.startswith("micrograph-")
    ]
    is_measured = any(one.intercepts for one in micrographs)
    if reasons and (name in ("crack_length_density", "open_boundary_fraction") or not is_measured):
        return reasons[0].rstrip(".")
    if (
        name not in ("porosity", "open_boundary_fraction")
        and is_measured
        and all(one.pixel_m is None for one in micrographs)
    ):
        return (
            "no picture says how large a pixel is; state pixel_size_m, or scale_bar_px with scale_bar_m, in the settings, or pixel_size in the "
            "samples table"
        )
    if reasons:
        return reasons[0].rstrip(".")
    return "the pictures do not show it"


def _intercepts(found: dict[str, Quantity], scaled: Sequence[tuple[MicrographResult, float]]) -> None:
    of_use = [(one, pixel) for one, pixel in scaled if one.tiles is not None and one.intercepts]
    if not of_use:
        return
    sums = np.concatenate([np.asarray(one.tiles) * np.array([1.0, pixel]) for one, pixel in of_use])
    mean, std = pooled_intercept(sums)
    std = _with_spread(std, [(one.intercept_px or 0.0) * pixel for one, pixel in of_use])
    pictures = f"{len(of_use)} picture{'s' if len(of_use) > 1 else ''}"
    count = sum(direction.count for one, _ in of_use for direction in one.intercepts)
    found["intercept_mean"] = Estimate(
        value=mean, std=std, unit="m", method=f"{count} intercepts on {pictures}, tiles resampled"
    )
    means = []
    for k, direction in enumerate(DIRECTIONS):
        total = sums[:, k].sum(axis=0)
        means.append(float(total[1] / total[0]))
        stds = [(one.intercepts[k].std_px, one.intercepts[k].count, pixel) for one, pixel in of_use]
        whole = sum(n for _, n, _ in stds)
        known = [(s * p * n / whole) ** 2 for s, n, p in stds if s is not None]
        found[f"intercept_{direction}"] = Estimate(
            value=means[-1],
            std=float(np.sqrt(sum(known))) if len(known) == len(stds) else None,
            unit="m",
            method="strips of lines resampled",
        )
    plain = sum(d.plain_px * d.count * p for one, p in of_use for d in one.intercepts) / count
    found["intercept_uncorrected"] = Estimate(value=plain, std=std, unit="m", method="mean of complete intercepts")
    found["intercept_anisotropy"] = Estimate(value=max(means) / min(means), unit="1", method="of four directions")
    found["mendelson_diameter"] = Estimate(
        value=MENDELSON_FACTOR * mean,
        std=None if std is None else MENDELSON_FACTOR * std,
        unit="m",
        method="1.558 times the mean linear intercept",
    )
    found["astm_g_intercept"] = Estimate(
        value=astm_number_from_intercept(mean),
        std=None if std is None else 6.643856 / np.log(10) * std / mean,
        unit="1",
        method="E112, mean intercept",
    )


def _with_spread(std: float | None, means: Sequence[float]) -> float | None:
    """The larger of what the tiles say and what the pictures' own means say (three or more)."""
    if len(means) < 3:
        return std
    between = float(np.std(means, ddof=1) / np.sqrt(len(means)))
    return between if std is None else max(std, between)


def _sizes(
    found: dict[str, Quantity], scaled: Sequence[tuple[MicrographResult, float]]
) -> tuple[Array, Array, SizeLaw | None]:
    of_use = [(one, pixel) for one, pixel in scaled if len(one.sizes_px)]
    sizes = np.concatenate([np.asarray(one.sizes_px) * pixel for one, pixel in of_use]) if of_use else np.empty(0)
    weights = np.concatenate([np.asarray(one.weights) for one, _ in of_use]) if of_use else np.empty(0)
    if len(sizes) < _LEAST_GRAINS:
        for name in CONVENTIONS:
            if of_use and (name.startswith("ecd_") or name == "astm_g_planimetric"):
                reason = f"{len(sizes)} whole grains, fewer than {_LEAST_GRAINS}; take a larger field"
                found[name] = Unresolved(reason=reason, unit=unit_of(name))
        return sizes, weights, None
    method = f"{len(sizes)} whole grains, border-corrected"
    number, number_std = weighted_mean(sizes, weights)
    area, area_std = weighted_mean(sizes, weights * sizes**2)
    found["ecd_mean_number"] = Estimate(value=number, std=number_std, unit="m", method=method)
    found["ecd_mean_area"] = Estimate(value=area, std=area_std, unit="m", method=method)
    for share in (10, 50, 90):
        value = weighted_quantile(sizes, weights, share / 100)
        found[f"ecd_d{share}_number"] = Estimate(
            value=value, std=_quantile_std(sizes, weights, share / 100), unit="m", method=method
        )
    law = size_law(sizes, weights)
    found["ecd_sigma_ln"] = Estimate(value=law.sigma_ratio, unit="1", method="log-normal through the quartiles")
    square_m = sum(one.rows * one.columns * pixel**2 for one, pixel in of_use)
    grains = float(weights.sum())
    effective = grains**2 / float(np.sum(weights**2))
    found["astm_g_planimetric"] = Estimate(
        value=astm_number_from_density(grains / square_m),
        std=3.321928 / np.log(10) / effective**0.5,
        unit="1",
        method="E112, whole grains per area, border-corrected",
    )
    return sizes, weights, law


def _quantile_std(sizes: Array, weights: Array, share: float) -> float:
    """From the quantiles one binomial standard deviation of the share below and above."""
    effective = float(weights.sum() ** 2 / np.sum(weights**2))
    step = (share * (1 - share) / effective) ** 0.5
    low, high = (weighted_quantile(sizes, weights, min(1.0, max(0.0, share + s * step))) for s in (-1, 1))
    return 0.5 * (high - low)


def _porosity(found: dict[str, Quantity], micrographs: Sequence[MicrographResult]) -> tuple[float, float] | None:
    of_use = [(one.porosity, one.rows * one.columns) for one in micrographs if one.porosity is not None]
    if not of_use:
        return None
    squares = np.array([size for _, size in of_use], dtype=np.float64)
    values, lows, highs = (
        np.array([getattr(one, name) for one, _ in of_use])
        for name in ("value_fraction", "low_fraction", "high_fraction")
    )
    value, low, high = (float(np.average(one, weights=squares)) for one in (values, lows, highs))
    # The band as a rectangular distribution (JCGM 100, 4.3.7), and the spread between pictures.
    between = float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) >= 3 else 0.0
    std = float(np.hypot(between, (high - low) / 12**0.5)) or None
    if any(one.is_overlapping for one, _ in of_use):
        std = None  # thresholds that all lie in the same overlap agree by chance, not by knowledge
    methods = ", ".join(dict.fromkeys(one.method for one, _ in of_use))
    words = [methods]
    if high > low:
        words.append(f"thresholds span {100 * low:.1f} to {100 * high:.1f} %")
    if between:
        words.append("with the spread between pictures")
    found["porosity"] = Estimate(value=value, std=std, unit="1", method="; ".join(words))
    return low, high


def _cracks(
    found: dict[str, Quantity],
    micrographs: Sequence[MicrographResult],
    scaled: Sequence[tuple[MicrographResult, float]],
) -> None:
    of_use = [
        (one.crack_length_per_px / pixel, one.rows * one.columns * pixel**2)
        for one, pixel in scaled
        if one.crack_length_per_px is not None
    ]
    if of_use:
        values, squares = (np.array(column) for column in zip(*of_use, strict=True))
        std = float(np.std(values, ddof=1) / len(values) ** 0.5) if len(values) >= 3 else None
        found["crack_length_density"] = Estimate(
            value=float(np.average(values, weights=squares)), std=std, unit="1/m", method="crossings of test lines"
        )
    shares = [one.open_boundary_fraction for one in micrographs if one.open_boundary_fraction is not None]
    if shares:
        std = float(np.std(shares, ddof=1) / len(shares) ** 0.5) if len(shares) >= 3 else None
        found["open_boundary_fraction"] = Estimate(
            value=float(np.mean(shares)), std=std, unit="1", method="share of boundary length"
        )
