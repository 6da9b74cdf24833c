"""Cycling runs in the Battery Data Format of the Battery Data Alliance: one csv a run, all its points, positive currents charge.

The format's current is that at the point. Where the instrument wrote the mean since the point before (EC-Lab's ``<I>``), a jump of the
current gets a row of its own at the begin of that interval, so that the charge between the points stays what it was.

Written are the required columns with their preferred labels, and the running charge where the instrument counted one. A run whose
current is not known cannot be written so and is left out; one whose current was taken from a charge counter or stated says so in
its description beside it.
"""

from __future__ import annotations

import io
import json

import numpy as np

from pelletry.core.arrays import Array
from pelletry.export.folder import file_name
from pelletry.techniques.cycling.measurement import CyclingRun

__all__ = ["bdf_files"]


def bdf_files(sample: str, number: int, run: CyclingRun, *, is_simulated: bool) -> dict[str, bytes]:
    """``{name: bytes}``: the table and its description; nothing for a run without a current."""
    if not run.current_source:
        return {}
    heads = ["Test Time / s", "Voltage / V", "Current / A"]
    columns = [run.time_s - run.time_s[0], run.voltage_V, run.current_A]
    if run.counter_C is not None:
        heads.append("Net Capacity / Ah")
        columns.append((run.counter_C - run.counter_C[0]) / 3600.0)
    if run.cycle_number is not None:
        heads.append("Cycle Count / 1")
        columns.append(run.cycle_number.astype(np.float64))
    table = np.column_stack(columns)
    if run.current_holds == "before":
        table = _with_begins(table, current=2)
    out = io.StringIO()
    np.savetxt(out, table, delimiter=",", fmt="%.9g", header=",".join(heads), comments="")
    stem = file_name(sample, f"run_{number}")
    about = {
        "sample": sample,
        "source": run.origin.path,
        "sha256": run.origin.sha256,
        "record": run.origin.record,
        "current": run.current_source,
        "simulated": is_simulated,
    }
    described = json.dumps(about, indent=1, ensure_ascii=True, sort_keys=True) + "\n"
    return {
        f"cycling/{stem}.bdf.csv": out.getvalue().encode("ascii"),
        f"cycling/{stem}.bdf.meta.json": described.encode("ascii"),
    }


#: A change of a mean current by more than this share of the largest one is a jump.
_JUMP = 1e-3


def _with_begins(table: Array, *, current: int) -> Array:
    """Before each row whose current jumps, the row before it once more with the new current."""
    mean = np.nan_to_num(table[:, current])
    jumps = np.flatnonzero(np.abs(np.diff(mean)) > _JUMP * np.abs(mean).max(initial=0.0)) + 1
    begins = table[jumps - 1].copy()
    begins[:, current] = table[jumps, current]
    whole: Array = np.insert(table, jumps, begins, axis=0)
    return whole
