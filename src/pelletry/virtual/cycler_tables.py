"""The runs of the virtual cycler as tables of other makers: Neware (BTSDA csv) and Landt (csv), with their digits and their counters.

Both count charge and discharge anew in every step. Neither layout has a field for remarks in its table; Landt's head has a line ``test``,
which says that the file is simulated, for Neware it is the name of the file that must say so.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.virtual.cycler import CellRun

__all__ = ["landt_csv", "neware_csv"]

_START = datetime(2023, 2, 1, 10, 0, 0)
_NEWARE = "DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current(A),Voltage(V),Capacity(Ah),Chg. Cap.(Ah),DChg. Cap.(Ah),Date"
_LANDT = (
    "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,step_time_s,current_A,voltage_V,discharge_capacity_Ah,"
    "charge_capacity_Ah,discharge_energy_Wh,charge_energy_Wh,Pressure_Psi,temperature_1_C,temperature_2_C,temperature_3_C,step_name"
)


def neware_csv(run: CellRun) -> bytes:
    """The run as a csv of Neware's program: currents with eight decimals in A, whole seconds."""
    step, cycle, along, charge = _steps(run)
    lines = [_NEWARE]
    for n in range(run.time_s.size):
        current = float(run.current_A[n])
        kind = "Rest" if current == 0 else "CC Chg" if current > 0 else "CC DChg"
        size = abs(charge[n]) / 3600.0
        up, down = (size, 0.0) if current > 0 else (0.0, size)
        when = _START + timedelta(seconds=float(run.time_s[n]))
        lines.append(
            f"{n + 1},{cycle[n]},{step[n]},{kind},{_clock(along[n])},{_clock(run.time_s[n])},{current:.8f},{run.voltage_V[n]:.4f},{size:.8f},"
            f"{up:.8f},{down:.8f},{when:%Y-%m-%d %H:%M:%S}"
        )
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def landt_csv(run: CellRun, *, comment: str, decimals: int = 4) -> bytes:
    """The run as a csv of Landt's program: current and charge with ``decimals`` in A and Ah, milliseconds."""
    step, cycle, along, charge = _steps(run)
    ends = "," * 16
    lines = [f"cell model:{ends}", f"cell id: {ends}", f"test: {comment}{ends}", f"checkpoint: {ends}"]
    lines += [
        f"Nominal capacity used to define the C rate:Ah{ends}",
        f"Nominal energy used to define the E rate: Wh{ends}",
        _LANDT,
    ]
    for n in range(run.time_s.size):
        current = float(run.current_A[n])
        name = "rest" if current == 0 else "charge CC" if current > 0 else "discharge CC"
        size = abs(charge[n]) / 3600.0
        down, up = (size, 0.0) if current < 0 else (0.0, size)
        when = _START + timedelta(seconds=float(run.time_s[n]))
        lines.append(
            f"{n + 1},{cycle[n]},{step[n]},{when:%m/%d/%Y %H:%M:%S},{run.time_s[n]:.3f},{along[n]:.3f},{current:.{decimals}f},{run.voltage_V[n]:.4f},"
            f"{down:.{decimals}f},{up:.{decimals}f},0,0,0,0,0,0,{name},"
        )
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def _steps(run: CellRun) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array, Array]:
    """Step and cycle of each point (from 1), time in the step, and its charge. A cycle begins with each step of the first sign."""
    sign = np.sign(run.current_A)
    begins = np.concatenate([[0], np.flatnonzero(np.diff(sign)) + 1])
    step = np.searchsorted(begins, np.arange(sign.size), side="right")
    first_sign = sign[np.flatnonzero(sign)[0]]
    opens = np.zeros(sign.size, dtype=np.int64)
    opens[begins[sign[begins] == first_sign]] = 1
    along = run.time_s - run.time_s[begins[step - 1]]
    return step.astype(np.int64), np.maximum(np.cumsum(opens), 1), along, along * run.current_A


def _clock(seconds: float) -> str:
    whole = round(float(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
