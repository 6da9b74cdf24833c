"""Particle sizes as figures, tables and words."""

from __future__ import annotations

from pelletry.core.quantity import Estimate
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.techniques.granulometry.analyse import REFERENCES
from pelletry.techniques.granulometry.figures import figures_of
from pelletry.techniques.granulometry.result import GranulometryResult, StateSizes

__all__ = ["present"]


def present(result: GranulometryResult, /) -> Presentation:
    """Distribution and runs as figures; sizes, modes and single runs as tables; the method in words."""
    return Presentation(
        figures=figures_of(result),
        tables=(_sizes(result), _modes(result), _runs(result)),
        method_paragraph=_method(result),
        references=REFERENCES,
    )


def _size_column(key: str, title: str) -> TableColumn:
    return TableColumn(key=key, title=title, unit="m", kind="particle")


def _length(value_m: float) -> Estimate:
    return Estimate(value=value_m, unit="m", method="")


def _named(state: StateSizes) -> str:
    return state.state or "powder"


def _sizes(result: GranulometryResult) -> Table:
    columns = (
        TableColumn(key="state", title="State"),
        TableColumn(key="runs", title="Runs"),
        _size_column("d10", "d10"),
        _size_column("d50", "d50"),
        _size_column("d90", "d90"),
        _size_column("volume_mean", "D[4,3]"),
        _size_column("surface_mean", "D[3,2]"),
        TableColumn(key="span", title="Span", unit="1"),
        TableColumn(key="coarse", title="Coarser than the main mode", unit="1", kind="percent"),
        TableColumn(key="surface", title="Specific surface", unit="m2/kg"),
        TableColumn(key="median", title="Log-normal median", unit="m", kind="particle"),
        TableColumn(key="spread", title="Log-normal σg"),
        TableColumn(key="distance", title="Largest difference from it", unit="%"),
        TableColumn(key="optical", title="Optical model"),
    )
    rows, traces = [], []
    for state in result.states:
        law = state.lognormal
        fitted: tuple[Cell, ...] = (None, None, None)
        if law is not None:
            fitted = (_length(law.median_m), f"{law.spread_factor:.2f}", f"{100 * law.distance:.1f}")
        rows.append(
            (
                _named(state), len(state.used), state.d10_m, state.d50_m, state.d90_m, state.volume_mean_m,
                state.surface_mean_m, state.span, state.coarse_share, state.specific_surface_m2_per_kg, *fitted,
                state.optical.in_words or "not stated",
            )
        )  # fmt: skip
        words = ("d10", "d50", "d90", "volume_mean_diameter", "surface_mean_diameter", "span", "coarse_share",
                 "specific_surface")  # fmt: skip
        traces.append(("", "", *(f"{result.sample} {word}" for word in words), "", "", "", ""))
    return Table(
        key="sizes",
        title=f"Particle sizes of {result.sample}, by {result.basis}",
        columns=columns,
        rows=tuple(rows),
        notes=("Span: (d90 - d10)/d50. Specific surface: smooth spheres, with the density of the samples table.",),
        traces=tuple(traces),
        is_simulated=result.is_simulated,
    )


def _modes(result: GranulometryResult) -> Table:
    columns = (
        TableColumn(key="state", title="State"),
        _size_column("mode", "Mode at"),
        _size_column("from", "From"),
        _size_column("to", "To"),
        TableColumn(key="share", title="Share", unit="%"),
    )
    rows = tuple(
        (
            _named(state),
            _length(mode.size_m),
            _length(mode.low_m),
            _length(mode.high_m),
            f"{100 * mode.share_fraction:.1f}",
        )
        for state in result.states
        for mode in state.modes
    )
    return Table(
        key="size_modes",
        title=f"Modes of {result.sample}, by {result.basis}",
        columns=columns,
        rows=rows,
        is_simulated=result.is_simulated,
    )


def _runs(result: GranulometryResult) -> Table:
    columns = (
        TableColumn(key="state", title="State"),
        TableColumn(key="run", title="Run"),
        _size_column("d10", "d10"),
        _size_column("d50", "d50"),
        _size_column("d90", "d90"),
        _size_column("instrument_d50", "d50 of the instrument"),
        TableColumn(key="difference", title="Largest difference from the instrument", unit="%"),
        TableColumn(key="used", title="In the mean"),
        TableColumn(key="file", title="File"),
    )
    rows = []
    for state in result.states:
        for number, run in enumerate(state.runs, start=1):
            off = run.largest_difference_relative
            rows.append(
                (
                    _named(state), f"{number} {run.name}", *(_length(d) for d in (run.sizes.d10_m, run.sizes.d50_m, run.sizes.d90_m)),
                    None if run.instrument_d50_m is None else _length(run.instrument_d50_m), None if off is None else f"{100 * off:.2g}",
                    "yes" if run.is_used else "no", run.origin.path,
                )
            )  # fmt: skip
    return Table(
        key="size_runs",
        title=f"Single runs of {result.sample}",
        columns=columns,
        rows=tuple(rows),
        is_simulated=result.is_simulated,
    )


def _method(result: GranulometryResult) -> str:
    last = result.states[-1]
    runs = "one run" if len(last.used) == 1 else f"the mean of {len(last.used)} runs"
    text = (
        f"Particle sizes by {result.basis} were computed from the size classes of the instrument ({runs}): percentiles from the "
        "cumulative distribution by monotone cubic interpolation over the logarithm of the size, mean diameters after ISO 9276-2."
    )
    optical = last.optical.in_words
    return f"{text} Optical model: {optical}." if optical else f"{text} The optical model is not stated in the file."
