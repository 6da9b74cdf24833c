"""Tables of a sample's micrographs: the pooled numbers with their conventions, one row a picture, and the thresholds."""

from __future__ import annotations

from pelletry.core.quantity import Estimate, Reported
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.techniques.microscopy.pooled import CONVENTIONS, unit_of
from pelletry.techniques.microscopy.result import MicrographResult, MicroscopyResult

__all__ = ["tables"]

_COLUMNS = (
    ("intercept_mean", "MLI"),
    ("intercept_uncorrected", "MLI uncorrected"),
    ("mendelson_diameter", "D Mendelson"),
    ("ecd_mean_number", "ECD mean (number)"),
    ("ecd_d50_number", "ECD d50 (number)"),
    ("ecd_mean_area", "ECD mean (area)"),
    ("astm_g_intercept", "G (intercept)"),
    ("porosity", "Porosity"),
)
_KINDS = {"m": "grain"}


def tables(result: MicroscopyResult) -> tuple[Table, ...]:
    """Sizes of the sample, all quantities with their conventions, the pictures, the thresholds."""
    found = [_sizes(result), _all_of_them(result), _pictures(result)]
    if any(one.porosity is not None and one.porosity.thresholds for one in result.micrographs):
        found.append(_thresholds(result))
    return tuple(found)


def _sizes(result: MicroscopyResult) -> Table:
    by_name = {one.name: one.quantity for one in result.values}
    columns = [TableColumn(key="sample", title="Sample")]
    for name, title in _COLUMNS:
        unit = unit_of(name)
        kind = "percent" if name == "porosity" else _KINDS.get(unit, "")
        columns.append(TableColumn(key=name, title=title, unit=unit, kind=kind, note=CONVENTIONS[name]))
    columns.append(TableColumn(key="grains", title="Whole grains"))
    row: tuple[Cell, ...] = (result.sample, *(by_name[name] for name, _ in _COLUMNS), result.grain_count)
    trace = ("", *(f"{result.sample} {name}" for name, _ in _COLUMNS), "")
    return Table(
        key="microscopy",
        title=f"Grains and pores of {result.sample}",
        columns=tuple(columns),
        rows=(row,),
        notes=tuple(f"{title}: {CONVENTIONS[name]}." for name, title in _COLUMNS),
        traces=(trace,),
        is_simulated=result.is_simulated,
    )


def _all_of_them(result: MicroscopyResult) -> Table:
    columns = (
        TableColumn(key="quantity", title="Quantity"),
        TableColumn(key="value", title="Value"),
        TableColumn(key="convention", title="What it is"),
        TableColumn(key="method", title="From"),
    )
    return Table(
        key="microscopy_conventions",
        title=f"Sizes of {result.sample}, each under its convention",
        columns=columns,
        rows=tuple(_convention_row(one) for one in result.values),
        is_simulated=result.is_simulated,
    )


def _convention_row(one: Reported) -> tuple[Cell, ...]:
    quantity = one.quantity
    convention = CONVENTIONS[one.name]
    if not isinstance(quantity, Estimate):
        return (one.name, quantity, convention, "")
    return (one.name, _words(quantity), convention, quantity.method)


def _words(estimate: Estimate) -> str:
    from pelletry.core.quantity import bracketed
    from pelletry.core.units import displayed

    if estimate.unit == "1/m":
        return f"{bracketed(estimate.value * 1e-3, None if estimate.std is None else estimate.std * 1e-3)} mm/mm2"
    shown = displayed(estimate, "grain")
    return f"{bracketed(shown.value, shown.std)}{'' if shown.unit == '1' else ' ' + shown.unit}"


def _pictures(result: MicroscopyResult) -> Table:
    columns = (
        TableColumn(key="picture", title="Picture"),
        TableColumn(key="kind", title="Kind"),
        TableColumn(key="pixel", title="Pixel", unit="nm"),
        TableColumn(key="pixel_source", title="Scale from"),
        TableColumn(key="boundaries", title="Boundaries"),
        TableColumn(key="intercept_px", title="MLI", unit="px"),
        TableColumn(key="intercept", title="MLI", unit="m", kind="grain"),
        TableColumn(key="grains", title="Whole grains"),
        TableColumn(key="cut", title="Cut by the edge"),
        TableColumn(key="porosity", title="Porosity", unit="1", kind="percent"),
    )
    return Table(
        key="microscopy_pictures",
        title=f"Pictures of {result.sample}",
        columns=columns,
        rows=tuple(_picture_row(one) for one in result.micrographs),
        is_simulated=result.is_simulated,
    )


def _picture_row(one: MicrographResult) -> tuple[Cell, ...]:
    in_pixels: Cell = None
    in_metres: Cell = None
    if one.intercept_px is not None:
        in_pixels = Estimate(value=one.intercept_px, std=one.intercept_std_px, unit="px", method=one.convention)
        if one.pixel_m is not None:
            in_metres = in_pixels.scaled(one.pixel_m, unit="m")
    porosity: Cell = None
    if one.porosity is not None:
        porosity = Estimate(value=one.porosity.value_fraction, unit="1", method=one.porosity.method)
    return (
        one.name,
        one.kind.replace("-", " "),
        "not known" if one.pixel_m is None else f"{one.pixel_m * 1e9:.5g}",
        one.pixel_source,
        one.polarity,
        in_pixels,
        in_metres,
        len(one.sizes_px),
        one.cut_count,
        porosity,
    )


def _thresholds(result: MicroscopyResult) -> Table:
    columns = (
        TableColumn(key="picture", title="Picture"),
        TableColumn(key="method", title="Threshold"),
        TableColumn(key="level", title="Grey level"),
        TableColumn(key="porosity", title="Porosity", unit="1", kind="percent"),
        TableColumn(key="use", title="Used"),
    )
    rows: list[tuple[Cell, ...]] = []
    for one in result.micrographs:
        for threshold in one.porosity.thresholds if one.porosity else ():
            share = Estimate(value=threshold.porosity_fraction, unit="1", method=threshold.method)
            is_value = one.porosity is not None and threshold.method == one.porosity.method
            use = "value" if is_value else "band" if threshold.is_used else "no: cuts through the grains"
            rows.append((one.name, threshold.method, f"{threshold.level:.1f}", share, use))
    return Table(
        key="microscopy_thresholds",
        title=f"Porosity of {result.sample} by threshold",
        columns=columns,
        rows=tuple(rows),
        is_simulated=result.is_simulated,
    )
