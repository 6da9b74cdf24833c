"""Distributions of one powder to its sizes, with their spread over the runs, and what is to be said about them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import pelletry
from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError
from pelletry.core.provenance import FactUse, Lineage
from pelletry.core.quantity import Estimate, Quantity, Unresolved, bracketed
from pelletry.core.technique import Inputs
from pelletry.core.units import displayed
from pelletry.techniques.granulometry.findings import findings_of
from pelletry.techniques.granulometry.measurement import OpticalModel, SizeDistribution
from pelletry.techniques.granulometry.model.lognormal import lognormal_fit
from pelletry.techniques.granulometry.model.modes import coarse_share, modes_of
from pelletry.techniques.granulometry.model.sizes import (
    Sizes,
    converted,
    share_below,
    sizes_of,
    specific_surface_m2_per_kg,
)
from pelletry.techniques.granulometry.result import GranulometryResult, RunSizes, StateSizes
from pelletry.techniques.granulometry.settings import GranulometrySettings

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("ISO9276", "ISO13320", "FritschCarlson1980")


def analyse(measurements: Sequence[SizeDistribution], inputs: Inputs, /) -> GranulometryResult:
    """All distributions of one powder; those of one state are repeats and are averaged.

    Raises
    ------
    MeasurementError
        When there is no distribution at all.
    """
    if not measurements:
        raise MeasurementError(
            f"there is no size distribution of {inputs.sample.name}", do="name its files in samples.csv"
        )
    settings: GranulometrySettings = inputs.settings
    density = inputs.sample.quantity("powder_density")
    order = list(dict.fromkeys(one.state for one in measurements))
    order.sort(key=lambda state: state == "")  # what has no state of its own is the powder as it was used
    if "before" in order:
        order.sort(key=lambda state: state != "before")
    states = tuple(
        _state(state, [one for one in measurements if one.state == state], density, settings) for state in order
    )
    return GranulometryResult(
        sample=inputs.sample.name,
        basis=settings.basis,
        states=states,
        findings=findings_of(measurements, states, inputs),
        lineage=_lineage(measurements, states[-1].optical, density, settings),
        is_simulated=inputs.sample.is_simulated,
    )


def _run(one: SizeDistribution, basis: str, *, is_used: bool) -> RunSizes:
    shares = {
        to: converted(edges_m=one.edges_m, share_fraction=one.share_fraction, basis=one.basis, to=to)
        for to in ("volume", basis)
    }
    sizes = sizes_of(edges_m=one.edges_m, volume_fraction=shares["volume"], percentiles_of=shares[basis])
    return RunSizes(
        name=one.run or one.name,
        sizes=sizes,
        instrument_d50_m=one.instrument.d50_m,
        largest_difference_relative=_against_instrument(one, sizes) if one.basis == basis else None,
        edges_m=one.edges_m,
        share_fraction=shares[basis],
        is_used=is_used,
        origin=one.origin,
    )


def _against_instrument(one: SizeDistribution, sizes: Sizes) -> float | None:
    row = one.instrument
    pairs = [(sizes.d10_m, row.d10_m), (sizes.d50_m, row.d50_m), (sizes.d90_m, row.d90_m)]
    if one.basis == "volume":
        pairs += [(sizes.volume_mean_m, row.volume_mean_m), (sizes.surface_mean_m, row.surface_mean_m)]
    off = [abs(ours / theirs - 1) for ours, theirs in pairs if theirs is not None]
    return max(off) if off else None


def _state(
    state: str, found: Sequence[SizeDistribution], density: Estimate | None, settings: GranulometrySettings
) -> StateSizes:
    single = [one for one in found if not one.is_average] or list(found)
    runs = tuple(_run(one, settings.basis, is_used=any(one is s for s in single)) for one in found)
    used = [run for run in runs if run.is_used]
    edges_m, share = _mean_curve(used)
    modes = modes_of(edges_m=edges_m, share_fraction=share, prominence=settings.mode_prominence)
    surface = _mean([run.sizes.surface_mean_m for run in used], "m")
    d10, d50, d90 = (_mean([getattr(run.sizes, key) for run in used], "m") for key in ("d10_m", "d50_m", "d90_m"))
    return StateSizes(
        state=state,
        d10_m=d10,
        d50_m=d50,
        d90_m=d90,
        volume_mean_m=_mean([run.sizes.volume_mean_m for run in used], "m"),
        surface_mean_m=surface,
        span=_mean([run.sizes.span for run in used], "1"),
        specific_surface_m2_per_kg=_specific_surface(surface, density),
        coarse_share=_mean([_coarse(run, settings) for run in used], "1"),
        modes=modes,
        lognormal=lognormal_fit(edges_m=edges_m, share_fraction=share),
        runs=runs,
        scatter_relative=_scatter(used),
        optical=single[0].optical,
        edges_m=edges_m,
        share_fraction=share,
    )


def _coarse(run: RunSizes, settings: GranulometrySettings) -> float:
    modes = modes_of(edges_m=run.edges_m, share_fraction=run.share_fraction, prominence=settings.mode_prominence)
    return coarse_share(modes)


def _mean_curve(runs: Sequence[RunSizes]) -> tuple[Array, Array]:
    """Mean shares on the classes of the first run; runs with other classes are brought onto them by their cumulative curve."""
    edges_m = runs[0].edges_m
    shares = []
    for run in runs:
        if run.edges_m.shape == edges_m.shape and np.allclose(run.edges_m, edges_m, rtol=1e-6, atol=0.0):
            shares.append(run.share_fraction)
        else:
            below = share_below(edges_m=run.edges_m, share_fraction=run.share_fraction, size_m=edges_m)
            shares.append(np.diff(below) / (below[-1] - below[0]))
    mean = np.mean(shares, axis=0)
    return edges_m, np.asarray(mean / mean.sum())


def _mean(values: Sequence[float], unit: str) -> Estimate:
    """Mean over the runs, its standard uncertainty from their scatter and the degrees of freedom of that."""
    count = len(values)
    if count == 1:
        return Estimate(value=values[0], unit=unit, method="one run: its repeatability is not known")
    spread = float(np.std(values, ddof=1))
    return Estimate(
        value=float(np.mean(values)),
        std=spread / math.sqrt(count) if spread > 0 else None,
        unit=unit,
        method=f"mean of {count} runs, standard uncertainty from their scatter",
        degrees_of_freedom=float(count - 1) if spread > 0 else None,
    )


def _scatter(runs: Sequence[RunSizes]) -> tuple[float, float, float] | None:
    if len(runs) < 2:
        return None
    table = np.array([[run.sizes.d10_m, run.sizes.d50_m, run.sizes.d90_m] for run in runs])
    d10, d50, d90 = (table.std(axis=0, ddof=1) / table.mean(axis=0)).tolist()
    return (d10, d50, d90)


def _specific_surface(surface_mean: Estimate, density: Estimate | None) -> Quantity:
    if density is None:
        reason = "the density of the powder is not stated (column powder_density of the samples table)"
        return Unresolved(reason=reason, unit="m2/kg")
    value = specific_surface_m2_per_kg(surface_mean_m=surface_mean.value, density_kg_per_m3=density.value)
    parts = [one.std / one.value for one in (surface_mean, density) if one.std is not None]
    return Estimate(
        value=value,
        std=value * math.hypot(*parts) if surface_mean.std is not None else None,
        unit="m2/kg",
        method="smooth spheres, 6/(rho D[3,2]), with the stated density",
        degrees_of_freedom=surface_mean.degrees_of_freedom,
    )


def _lineage(
    measurements: Sequence[SizeDistribution],
    optical: OpticalModel,
    density: Estimate | None,
    settings: GranulometrySettings,
) -> Lineage:
    facts = [FactUse(name="optical model", value=optical.in_words or "not stated", given_by="header of the file")]
    if density is not None:
        shown = displayed(density)
        value = f"{bracketed(shown.value, shown.std)} {shown.unit}"
        facts.append(FactUse(name="density of the powder", value=value, given_by="samples table"))
    return Lineage(
        origins=tuple(one.origin for one in measurements),
        settings=tuple((key, str(value)) for key, value in settings.model_dump().items()),
        facts=tuple(facts),
        references=REFERENCES,
        technique="granulometry",
        version=pelletry.__version__,
    )
