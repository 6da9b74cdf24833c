"""EDX as tables, figures and words."""

from __future__ import annotations

import numpy as np

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Picture, Series
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.techniques.edx.analyse import REFERENCES
from pelletry.techniques.edx.layers import edge_widths_m, thickness_of_profile
from pelletry.techniques.edx.model.layer import LayerFit, layer_profile
from pelletry.techniques.edx.result import EdxResult, MapLayer, ProfileLayer, SpectrumResult

__all__ = ["present"]


def present(result: EdxResult, /) -> Presentation:
    """The thickness profile of the chosen element, maps with their edges, spectra with their lines; tables and the method."""
    figures = [_scan_figure(result, name) for name in dict.fromkeys(one.name for one in result.profiles)]
    figures += [_map_figure(result, one) for one in result.maps]
    figures += [_spectrum_figure(result, one, i) for i, one in enumerate(result.spectra)]
    tables = []
    if result.profiles:
        tables.append(_layer_table(result))
    if result.spectra:
        tables.append(_line_table(result))
    return Presentation(
        figures=tuple(figures), tables=tuple(tables), method_paragraph=_method(result), references=REFERENCES
    )


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text).strip("_").lower()[:60]


def _scan_figure(result: EdxResult, name: str) -> FigureSpec:
    """All elements of one line scaled to their largest value, the fit of those with a layer, and the edges."""
    mine = [one for one in result.profiles if one.name == name]
    series: list[Series] = []
    marks: list[Mark] = []
    for one in mine:
        x_um = one.position_m * 1e6
        scale = 100.0 / max(float(np.max(np.abs(one.values))), 1e-30)
        style = "points" if one.element == result.element else "open_points"
        series.append(Series(label=one.element, x=x_um, y=scale * one.values, style=style, group=one.element))
        if not one.fit.refusal and one.element == result.element:
            fine = np.linspace(one.position_m[0], one.position_m[-1], 400)
            series.append(
                Series(
                    label=f"fit of {one.element}",
                    x=fine * 1e6,
                    y=scale * _curve(fine, one.fit),
                    style="line",
                    group=f"fit {one.element}",
                )
            )
            marks += [Mark(x=edge * 1e6, y=0.0, style="vertical") for edge in (one.fit.start_m, one.fit.end_m)]
    chosen = next((one for one in mine if one.element == result.element and not one.fit.refusal), None)
    caption = f"{name}: profiles across the layer, each scaled to its largest value."
    if chosen is not None:
        thickness = thickness_of_profile(chosen)
        std = f"({thickness.std * 1e6:.2f})" if thickness.std else ""
        caption += f" Edges of {chosen.element} are {thickness.value * 1e6:.2f}{std} µm apart."
    return FigureSpec(
        key=f"edx_profile_{_slug(name)}",
        title=f"Layer of {result.sample}",
        caption=caption,
        panels=(
            Panel(
                x=Axis(label="Distance", unit="µm"),
                y=Axis(label="Signal", unit="% of its largest", limits=(0.0, 115.0)),
                series=tuple(series),
                marks=tuple(marks),
            ),
        ),
        sample=result.sample,
        technique="edx",
        is_simulated=result.is_simulated,
    )


def _curve(
    position_m: np.ndarray[tuple[int], np.dtype[np.float64]], fit: LayerFit
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return layer_profile(
        position_m,
        start_m=fit.start_m,
        end_m=fit.end_m,
        spread_start_m=fit.spread_start_m,
        spread_end_m=fit.spread_end_m,
        base=fit.base,
        height=fit.height,
    )


def _map_figure(result: EdxResult, one: MapLayer) -> FigureSpec:
    """The map with the edges found in its strips, and the thickness along the layer."""
    width, height = one.width_m * 1e6, one.height_m * 1e6
    along, edges = one.along_m * 1e6, (one.start_m * 1e6, one.end_m * 1e6)
    if one.is_across_rows:
        drawn = [
            Series(label="edges", x=along, y=height - edge, style="points", group="edges", is_in_legend=k == 0)
            for k, edge in enumerate(edges)
        ]
    else:
        drawn = [
            Series(label="edges", x=edge, y=height - along, style="points", group="edges", is_in_legend=k == 0)
            for k, edge in enumerate(edges)
        ]
    picture = Picture(
        pixels=np.asarray(one.shown),
        x_limits=(0.0, width),
        y_limits=(0.0, height),
        colours="grey",
        value_label=one.element,
    )
    thickness = one.thickness_m * 1e6
    top = 1.3 * float(np.nanmax(thickness)) if one.fitted_count else 1.0
    return FigureSpec(
        key=f"edx_map_{_slug(one.name)}",
        title=f"{one.element} map of {result.sample}",
        caption=f"{one.name}: map of {one.element} with the edges of the layer in {one.fitted_count} strips, and the thickness in each.",
        panels=(
            Panel(
                x=Axis(label="x", unit="µm", limits=(0.0, width)),
                y=Axis(label="y", unit="µm", limits=(0.0, height)),
                series=tuple(drawn),
                picture=picture,
                has_equal_axes=True,
            ),
            Panel(
                x=Axis(label="Along the layer", unit="µm"),
                y=Axis(label="Thickness", unit="µm", limits=(0.0, top)),
                series=(Series(label="strips", x=along, y=thickness, style="points", is_in_legend=False),),
            ),
        ),
        sample=result.sample,
        technique="edx",
        width="double",
        arrangement="row",
        is_simulated=result.is_simulated,
    )


def _spectrum_figure(result: EdxResult, one: SpectrumResult, index: int) -> FigureSpec:
    seen = [line for line in one.lines if line.is_seen]
    top_keV = min(float(one.energy_keV[-1]), 1.15 * max((line.energy_keV for line in seen), default=10.0) + 0.5)
    use = (one.energy_keV >= 0.1) & (one.energy_keV <= top_keV)
    marks = tuple(
        Mark(
            x=line.energy_keV,
            y=float(np.interp(line.energy_keV, one.energy_keV, one.counts)),
            text=f"{line.element} {line.line}",
            style="label",
        )
        for line in seen
    )
    return FigureSpec(
        key=f"edx_spectrum_{index + 1}",
        title=f"Spectrum of {result.sample}",
        caption=f"{one.name}, with the lines that stand out of their background.",
        panels=(
            Panel(
                x=Axis(label="Energy", unit="keV", limits=(0.0, top_keV)),
                y=Axis(label="Counts", limits=(0.0, 1.1 * float(one.counts[use].max()) if use.any() else 1.0)),
                series=(
                    Series(label="counts", x=one.energy_keV[use], y=one.counts[use], style="line", is_in_legend=False),
                ),
                marks=marks,
            ),
        ),
        sample=result.sample,
        technique="edx",
        is_detail=True,
        is_simulated=result.is_simulated,
    )


def _layer_table(result: EdxResult) -> Table:
    columns = (
        TableColumn(key="line", title="Line or map"),
        TableColumn(key="element", title="Element"),
        TableColumn(key="thickness", title="Thickness", unit="m", kind="layer", note="length times cosine"),
        TableColumn(key="edge_start", title="Edge 1, 10 to 90 %", unit="m", kind="layer"),
        TableColumn(key="edge_end", title="Edge 2, 10 to 90 %", unit="m", kind="layer"),
        TableColumn(key="chi2", title="Reduced chi-square"),
        TableColumn(key="use", title="Used"),
    )
    notes = []
    thickness, roughness = result.estimate("layer_thickness"), result.estimate("layer_roughness")
    if thickness is not None:
        notes.append(f"Thickness of {result.sample}: {thickness.method}.")
    if roughness is not None:
        notes.append(f"Between strips of a map it varies by {roughness.value * 1e6:.2f} µm (standard deviation).")
    source = result.floor_source or "nothing is known of the beam's spread"
    notes.append(f"Refused below {result.floor_m * 1e6:.2g} µm ({source}).")
    return Table(
        key="edx_layers",
        title=f"Layer of {result.sample}",
        columns=columns,
        rows=tuple(_layer_row(result, one) for one in result.profiles),
        notes=tuple(notes),
        is_simulated=result.is_simulated,
    )


def _layer_row(result: EdxResult, one: ProfileLayer) -> tuple[Cell, ...]:
    if one.fit.refusal:
        none = Unresolved(reason=one.fit.refusal, unit="m")
        return (one.name, one.element, none, None, None, "", one.fit.refusal)
    widths = [
        Estimate(value=width * one.cosine_ratio, unit="m", method="10 to 90 %") for width in edge_widths_m(one.fit)
    ]
    chi2 = f"{one.fit.chi2_reduced:.2f}" if one.fit.is_poisson else "not counts"
    use = "yes" if one.element == result.element else "no: another element was taken"
    return (one.name, one.element, thickness_of_profile(one), widths[0], widths[1], chi2, use)


def _line_table(result: EdxResult) -> Table:
    columns = (
        TableColumn(key="spectrum", title="Spectrum"),
        TableColumn(key="line", title="Line"),
        TableColumn(key="energy", title="Energy", unit="keV"),
        TableColumn(key="counts", title="Counts above background"),
        TableColumn(key="significance", title="Standard deviations"),
        TableColumn(key="expected", title="In the composition"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            f"{line.element} {line.line}",
            f"{line.energy_keV:.3f}",
            f"{line.counts:.0f}",
            f"{line.counts / line.std_counts:.1f}" if line.std_counts > 0 else "",
            "yes" if line.is_expected else "no",
        )
        for one in result.spectra
        for line in one.lines
        if line.is_seen or line.is_expected
    ]
    return Table(
        key="edx_lines",
        title=f"Lines in the spectra of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        notes=("Counts are no concentrations: those need standards.",),
        is_simulated=result.is_simulated,
    )


def _method(result: EdxResult) -> str:
    parts = []
    if result.profiles:
        weights = (
            "weighted with the Poisson variance of the curve"
            if any(p.fit.is_poisson for p in result.profiles)
            else "all points alike"
        )
        parts.append(
            f"The thickness of the layer is the distance of two blurred edges (error functions on a flat ground) fitted to the profile of {result.element or 'an element'}, "
            f"{weights}; layers thinner than {result.floor_m * 1e6:.2g} µm are refused."
        )
    if result.maps:
        parts.append(
            "Maps were cut into strips, each fitted by itself; the slope of the layer gives the cosine, the spread between strips the roughness."
        )
    if result.spectra:
        parts.append(
            "Elements were looked for by their lines (Bearden 1967); no concentrations are given, since no standards were measured."
        )
    return " ".join(parts)
