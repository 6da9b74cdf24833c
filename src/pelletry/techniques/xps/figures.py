"""Figures of photoelectron spectra as data: each region with its states, background and residuals; roles over one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.xps.model.average import BACKGROUND_WORDS, BACKGROUNDS
from pelletry.techniques.xps.result import SMALLEST_SPREAD, RegionResult, State, XpsResult

__all__ = ["xps_figures"]

_ENERGY = "Binding energy"


def xps_figures(result: XpsResult) -> tuple[FigureSpec, ...]:
    """One figure a region, one overlay a level that was measured in several roles, one of the fractions by background."""
    keys = _keys(result.regions)
    regions = tuple(_region_figure(result, region, key) for region, key in zip(result.regions, keys, strict=True))
    beside = tuple(
        _file_figure(result, region, key)
        for region, key in zip(result.regions, keys, strict=True)
        if region.file_components
    )
    return (*_overlays(result), *regions, *beside, *_spreads(result, keys))


def _keys(regions: Sequence[RegionResult]) -> tuple[str, ...]:
    keys: list[str] = []
    for region in regions:
        words = [word for word in (region.level, region.role) if word]
        key = "_".join(words).replace(" ", "").replace("/", "_")
        keys.append(key if key not in keys else f"{key}_{sum(k.startswith(key) for k in keys) + 1}")
    return tuple(keys)


def _shift(result: XpsResult, region: RegionResult) -> float | None:
    found = dict(result.shifts).get(region.role)
    return found.value if isinstance(found, Estimate) else None


def _energy_axis(result: XpsResult, regions: Sequence[RegionResult]) -> Axis:
    is_moved = all(_shift(result, region) is not None for region in regions)
    said = f"{_ENERGY} ({result.reference})" if is_moved and result.reference else f"{_ENERGY}, as measured"
    low = min(region.energy_eV[0] + (_shift(result, region) or 0.0) for region in regions)
    high = max(region.energy_eV[-1] + (_shift(result, region) or 0.0) for region in regions)
    return Axis(label=said, unit="eV", is_reversed=True, limits=(float(low), float(high)))


def _region_figure(result: XpsResult, region: RegionResult, key: str) -> FigureSpec:
    x = region.energy_eV + (_shift(result, region) or 0.0)
    series = [
        Series(
            label="measured", x=x, y=region.intensity, style="open_points", group="measured", trace=region.origin.path
        ),
        Series(
            label=f"{BACKGROUND_WORDS.get(region.background_name, region.background_name)} background",
            x=x,
            y=region.background,
            style="dashed",
            group="background",
        ),
    ]
    series += [_component(x, region, state) for state in region.states]
    series.append(Series(label="sum", x=x, y=region.envelope, style="line", group="sum"))
    axis = _energy_axis(result, [region])
    bottom = float(min(region.intensity.min(), region.background.min()))
    top = float(max(region.intensity.max(), region.envelope.max()))
    span = top - bottom
    panels = (
        Panel(
            x=axis,
            y=Axis(
                label="Intensity",
                unit=region.unit or "as in the file",
                limits=(bottom - 0.04 * span, top + 0.08 * span),
            ),
            series=tuple(series),
            height_share=1.0,
        ),
        Panel(
            x=axis,
            y=Axis(label="Residual", unit="σ"),
            series=(
                Series(label="residual", x=x, y=region.residual, style="line", group="measured", is_in_legend=False),
            ),
            marks=(Mark(x=float(x[0]), y=0.0, style="horizontal"),),
            height_share=0.3,
        ),
    )
    return FigureSpec(
        key=f"xps_{key}",
        title=f"{region.level} of {_named(result, region)}",
        caption=_caption(result, region),
        panels=panels,
        sample=result.sample,
        technique="xps",
        shares_x=True,
        is_simulated=result.is_simulated,
    )


def _component(x: Array, region: RegionResult, state: State) -> Series:
    share = (
        f" ({100 * state.fraction.value:.0f} %)"
        if isinstance(state.fraction, Estimate) and state.fraction.std is not None
        else ""
    )
    return Series(
        label=f"{state.name}{share}",
        x=x,
        y=region.background,
        y_upper=region.background + state.curve,
        style="band",
        group=state.name,
    )


def _file_figure(result: XpsResult, region: RegionResult, key: str) -> FigureSpec:
    """Our states and what another program left in the file, both above their own backgrounds, on the file's scale."""
    x = region.energy_eV
    nothing = np.zeros_like(x)
    program = region.file_components[0].program
    shift = (region.file_calibration.shift_eV or 0.0) if region.file_calibration is not None else 0.0
    series = [
        Series(label="measured - our background", x=x, y=region.intensity - region.background, style="open_points")
    ]
    series += [
        Series(label=state.name, x=x, y=nothing, y_upper=state.curve, style="band", group=state.name)
        for state in region.states
    ]
    series += [
        Series(label=f"{program}: {one.name}", x=x, y=one.curve, style="dashed", group=f"{program} {number}")
        for number, one in enumerate(region.file_components)
        if one.curve is not None
    ]
    marks = tuple(
        Mark(x=one.binding_energy_eV - shift, y=0.0, text=one.line_shape.partition("(")[0], style="vertical")
        for one in region.file_components
        if one.curve is None and one.binding_energy_eV is not None and x[0] <= one.binding_energy_eV - shift <= x[-1]
    )
    drawn = "dashed curves" if any(one.curve is not None for one in region.file_components) else "vertical lines"
    return FigureSpec(
        key=f"xps_{key}_file",
        title=f"{region.level} of {_named(result, region)}: {program} beside ours",
        caption=f"{region.level} of {_named(result, region)}, as measured. Filled: our states under the {BACKGROUND_WORDS.get(region.background_name, region.background_name)} "
        f"background; {drawn}: the components that {program} stored in the file, above its own background"
        f"{f', moved back by its calibration of {shift:+.2f} eV' if shift else ''}. They are shown, not used.",
        panels=(
            Panel(
                x=Axis(
                    label=f"{_ENERGY}, as measured", unit="eV", is_reversed=True, limits=(float(x[0]), float(x[-1]))
                ),
                y=Axis(label="Above background", unit=region.unit or "as in the file"),
                series=tuple(series),
                marks=marks,
            ),
        ),
        sample=result.sample,
        technique="xps",
        is_detail=True,
        is_simulated=result.is_simulated,
    )


def _named(result: XpsResult, region: RegionResult) -> str:
    return f"{result.sample}, {region.role}" if region.role else result.sample


def _caption(result: XpsResult, region: RegionResult) -> str:
    shift = _shift(result, region)
    moved = (
        f"moved by {shift:+.2f} eV ({result.reference})"
        if shift is not None
        else "not corrected for charging: no charge reference"
    )
    fractions = "; ".join(
        f"{state.name} {100 * state.fraction.value:.1f} ± {100 * state.fraction_fit_std:.1f} (fit) ± "
        f"{100 * state.fraction_background_std:.1f} (background) %"
        for state in region.states
        if isinstance(state.fraction, Estimate) and state.fraction.std is not None
    )
    told = f" Averages over {len(region.variants)} backgrounds and windows: {fractions}." if fractions else ""
    chi2 = f", reduced chi2 {region.chi2_reduced:.2f}" if region.chi2_reduced is not None else ""
    return (
        f"{region.level} of {_named(result, region)}, {moved}. Drawn: {BACKGROUND_WORDS.get(region.background_name, region.background_name)} background{chi2}; "
        f"weights from {region.noise}.{told}"
    )


def _overlays(result: XpsResult) -> tuple[FigureSpec, ...]:
    """Levels that were measured in several roles: above their backgrounds, scaled to the highest point of each."""
    roles = list(dict.fromkeys(region.role for region in result.regions))
    if len(roles) < 2:
        return ()
    panels = []
    levels: list[str] = []
    for level in dict.fromkeys(region.level for region in result.regions):
        own = [next((r for r in result.regions if (r.level, r.role) == (level, role)), None) for role in roles]
        found = [region for region in own if region is not None]
        if len(found) < 2:
            continue
        series = []
        for region in found:
            above = region.intensity - region.background
            height = float(np.max(region.envelope - region.background)) or 1.0
            x = region.energy_eV + (_shift(result, region) or 0.0)
            series.append(
                Series(label=region.role or "no role", x=x, y=above / height, style="line", group=region.role)
            )
        axis = _energy_axis(result, found)
        panels.append(
            Panel(x=axis, y=Axis(label="Above background", unit="of highest"), series=tuple(series), title=level)
        )
        levels.append(level)
    if not panels:
        return ()
    return tuple(
        FigureSpec(
            key=f"xps_overlay_{level.replace(' ', '')}",
            title=f"{level} of {result.sample}: {' and '.join(role or 'no role' for role in roles)}",
            caption=f"{level} of {result.sample} in each role, background taken off and scaled to the highest point of the fit. Areas "
            "cannot be compared in this figure, positions and shapes can.",
            panels=(panel,),
            sample=result.sample,
            technique="xps",
            is_simulated=result.is_simulated,
        )
        for level, panel in zip(levels, panels, strict=True)
    )


def _spreads(result: XpsResult, keys: Sequence[str]) -> tuple[FigureSpec, ...]:
    """What each background and window gives for the state whose fraction depends most on them."""
    made = []
    for region, key in zip(result.regions, keys, strict=True):
        states = [i for i, state in enumerate(region.states) if state.fraction_background_std > SMALLEST_SPREAD]
        if not states:
            continue
        at = max(states, key=lambda i: region.states[i].fraction_background_std)
        made.append(_spread(result, region, key, at))
    return tuple(made)


def _spread(result: XpsResult, region: RegionResult, key: str, at: int) -> FigureSpec:
    state = region.states[at]
    used = [v for v in region.variants if v.weight > 0.0]
    names = [name for name in BACKGROUNDS if any(v.background == name for v in used)]
    series = []
    number = 0
    for name in names:
        own = [v for v in used if v.background == name]
        x = np.arange(number, number + len(own), dtype=float) + 1.0
        number += len(own)
        series.append(
            Series(
                label=BACKGROUND_WORDS.get(name, name),
                x=x,
                y=np.array([100.0 * v.fraction[at] for v in own]),
                y_error=np.array([196.0 * v.fraction_std[at] for v in own]),
                group=name,
                point_labels=tuple(f"{v.low_eV:.1f} to {v.high_eV:.1f} eV, weight {v.weight:.3f}" for v in own),
            )
        )
    assert isinstance(state.fraction, Estimate)
    interval = state.fraction.interval or (state.fraction.value, state.fraction.value)
    ends = np.array([0.5, number + 0.5])
    band = Series(
        label="average, 95 %",
        x=ends,
        y=np.full(2, 100.0 * interval[0]),
        y_upper=np.full(2, 100.0 * interval[1]),
        style="band",
        group="average",
    )
    return FigureSpec(
        key=f"xps_{key}_spread",
        title=f"{state.name} in {region.level} of {_named(result, region)} by background and window",
        caption=f"Share of {state.name} under each background and window with the 95 % interval of that fit alone; the band is the 95 % "
        "interval of the average, which holds the spread between them.",
        panels=(
            Panel(
                x=Axis(label="Background and window", limits=(0.5, number + 0.5)),
                y=Axis(label=f"Share of {state.name}", unit="%"),
                series=(band, *series),
            ),
        ),
        sample=result.sample,
        technique="xps",
        is_detail=True,
        is_simulated=result.is_simulated,
    )
