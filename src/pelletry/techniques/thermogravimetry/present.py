"""Thermogravimetry as figures, tables and words."""

from __future__ import annotations

from pelletry.core.quantity import Estimate
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.techniques.thermogravimetry.analyse import REFERENCES
from pelletry.techniques.thermogravimetry.figures import figures_of
from pelletry.techniques.thermogravimetry.result import LossRun, ThermogravimetryResult

__all__ = ["present"]


def present(result: ThermogravimetryResult, /) -> Presentation:
    """Mass curves as figures; losses, steps and tests as tables; the method in words."""
    tables = [_losses(result)]
    if any(run.steps for run in result.runs):
        tables.append(_steps(result))
    if any(run.tests for run in result.runs):
        tables.append(_tests(result))
    return Presentation(
        figures=figures_of(result), tables=tuple(tables), method_paragraph=_method(result), references=REFERENCES
    )


def _losses(result: ThermogravimetryResult) -> Table:
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="loss", title="Loss of the dry mass", unit="1", kind="percent"),
        TableColumn(key="loss_of_initial", title="Loss of the initial mass", unit="1", kind="percent"),
        TableColumn(key="drying", title="Lost on drying", unit="1", kind="percent"),
        TableColumn(key="dry", title="Dry is"),
        TableColumn(key="quiet", title="Nothing lost above", unit="K"),
        TableColumn(key="noise", title="Noise", unit="%"),
        TableColumn(key="blank", title="Blank"),
    )
    rows = tuple(
        (
            run.name, run.loss_of_dry, run.loss_of_initial, run.drying_loss, run.dry_source, run.quiet_above_K,
            f"{100 * run.noise_fraction:.2g}", run.blank or "none",
        )
        for run in result.runs
    )  # fmt: skip
    words = ("mass_loss", "mass_loss_of_initial", "drying_loss", "", "no_loss_above", "", "")
    traces = tuple(("", *(f"{result.sample} {word}" if word else "" for word in words)) for _ in result.runs)
    return Table(
        key="mass_loss",
        title=f"Loss of mass of {result.sample}",
        columns=columns,
        rows=rows,
        traces=traces,
        is_simulated=result.is_simulated,
    )


def _steps(result: ThermogravimetryResult) -> Table:
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="step", title="Step"),
        TableColumn(key="change", title="Change of the dry mass", unit="1", kind="percent"),
        TableColumn(key="onset", title="Onset", unit="K"),
        TableColumn(key="peak", title="Fastest at", unit="K"),
        TableColumn(key="end", title="End", unit="K"),
        TableColumn(key="rate", title="Highest rate", unit="%/min"),
        TableColumn(key="note", title="Note"),
    )
    rows = tuple(_step_row(run, number) for run in result.runs for number in range(len(run.steps)))
    return Table(
        key="mass_steps",
        title=f"Steps of the mass of {result.sample}",
        columns=columns,
        rows=rows,
        notes=(
            "Heights between lines through the plateaus, taken at the fastest point; onset and end by its tangent.",
        ),
        is_simulated=result.is_simulated,
    )


def _step_row(run: LossRun, number: int) -> tuple[Cell, ...]:
    step = run.steps[number]
    note = "drying" if step.is_drying else ("" if step.has_plateaus else "no plateau on one side")
    rate = f"{6000 * step.peak_rate_per_s:.3g}"
    return (run.name, number + 1, step.change, step.onset_K, step.peak_K, step.end_K, rate, note)


def _tests(result: ThermogravimetryResult) -> Table:
    columns = (
        TableColumn(key="run", title="Run"),
        TableColumn(key="above", title="Above", unit="K"),
        TableColumn(key="change", title="Largest change", unit="1", kind="percent"),
        TableColumn(key="limit", title="Noise allows", unit="%"),
        TableColumn(key="verdict", title="Verdict"),
    )
    verdicts = {True: "no loss", False: "a change", None: "not tested"}
    rows = tuple(
        (
            run.name,
            Estimate(value=test.above_K, unit="K", method=""),
            test.change,
            f"{100 * test.limit_fraction:.2g}",
            verdicts[test.is_quiet],
        )
        for run in result.runs
        for test in run.tests
    )
    return Table(
        key="no_loss_tests",
        title=f"Does {result.sample} lose anything?",
        columns=columns,
        rows=rows,
        is_simulated=result.is_simulated,
    )


def _method(result: ThermogravimetryResult) -> str:
    has_blank = all(run.blank for run in result.runs)
    return (
        "Losses of mass were measured in a thermobalance"
        + (
            ", the change of an empty run with the same program taken off. "
            if has_blank
            else ", without an empty run. "
        )
        + f"They refer to the dry mass ({result.runs[0].dry_source}). Steps lie between lines through the plateaus before and after, onset and end are "
        "intersections of these with the tangent at the fastest point. No loss is stated where the change stays below three standard deviations of the noise."
    )
