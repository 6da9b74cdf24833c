"""Cells under direct voltage with stated truth: a Hebb-Wagner staircase and the polarisation of Bruce, Vincent and Evans.

The staircase is Li|electrolyte|blocking metal: at each voltage E the ions charge the blocking electrode and die away, the rest is
carried by electrons and holes, I = (A R T / l F) [sigma_n (1 - exp(-EF/RT)) + sigma_p (exp(EF/RT) - 1)]. The other cell has two
reversible electrodes: its current falls from V/(R_e + R_0) to V/(R_e/t+ + R_ss), and a spectrum before and after shows R_0 and R_ss.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray
from pelletry.virtual.cycler import CellRun

__all__ = ["StaircaseTruth", "TransferenceTruth", "staircase_run", "steady_current_A", "transference_run"]

_R_J_PER_MOL_K, _F_C_PER_MOL = 8.314462618, 96485.33212


@attrs.frozen(kw_only=True)
class StaircaseTruth:
    """Voltages one after the other, each held for ``hold_s``. Ions charge the blocking electrode with ``charging_time_s``."""

    voltages_V: Sequence[float]
    electrons_S_per_m: float
    holes_S_per_m: float
    temperature_K: float
    thickness_m: float
    area_m2: float
    ionic_current_A: float = 1e-7
    charging_time_s: float = 600.0
    hold_s: float = 6 * 3600.0
    interval_s: float = 60.0
    noise_A: float = 1e-12
    noise_V: float = 1e-5


def steady_current_A(truth: StaircaseTruth, voltage_V: Array) -> Array:
    """Electrons and holes at each voltage. [A]"""
    thermal_V = _R_J_PER_MOL_K * truth.temperature_K / _F_C_PER_MOL
    x = voltage_V / thermal_V
    scale = truth.area_m2 * thermal_V / truth.thickness_m
    return np.asarray(scale * (truth.electrons_S_per_m * (1 - np.exp(-x)) + truth.holes_S_per_m * np.expm1(x)))


def staircase_run(truth: StaircaseTruth, random: np.random.Generator) -> CellRun:
    """The current at all voltages, in one file."""
    along = np.arange(0.0, truth.hold_s, truth.interval_s)
    charging = truth.ionic_current_A * np.exp(-along / truth.charging_time_s)
    voltages = np.asarray(truth.voltages_V, dtype=np.float64)
    current = np.concatenate([charging + steady for steady in steady_current_A(truth, voltages)])
    voltage = np.repeat(voltages, along.size)
    return CellRun(
        time_s=np.concatenate([n * truth.hold_s + along for n in range(voltages.size)]),
        voltage_V=voltage + random.normal(0, truth.noise_V, voltage.size),
        current_A=current + random.normal(0, truth.noise_A, current.size),
    )


@attrs.frozen(kw_only=True)
class TransferenceTruth:
    """A symmetric cell of reversible electrodes. ``resistance_ohm`` is the electrolyte's, those of the interfaces are both together."""

    voltage_V: float
    transference: float
    resistance_ohm: float
    interface_start_ohm: float
    interface_end_ohm: float
    relaxation_s: float = 900.0
    duration_s: float = 6 * 3600.0
    interval_s: float = 10.0
    noise_A: float = 1e-10
    noise_V: float = 1e-6
    frequency_Hz: tuple[float, float] = (1e6, 0.05)
    capacitance_F: float = 1e-6


def transference_run(truth: TransferenceTruth, random: np.random.Generator) -> CellRun:
    """The polarisation between a spectrum before and one after it, all on one clock."""
    first = truth.voltage_V / (truth.resistance_ohm + truth.interface_start_ohm)
    last = truth.voltage_V / (truth.resistance_ohm / truth.transference + truth.interface_end_ohm)
    begins = 600.0
    along = np.arange(0.0, truth.duration_s, truth.interval_s)
    current = last + (first - last) * np.exp(-along / truth.relaxation_s)
    high, low = np.log10(truth.frequency_Hz)
    frequency = np.logspace(high, low, 40)
    spectra = (
        (0.0, frequency, _spectrum(truth, frequency, truth.interface_start_ohm)),
        (begins + truth.duration_s + 60.0, frequency, _spectrum(truth, frequency, truth.interface_end_ohm)),
    )
    return CellRun(
        time_s=begins + along,
        voltage_V=truth.voltage_V + random.normal(0, truth.noise_V, along.size),
        current_A=current + random.normal(0, truth.noise_A, along.size),
        spectra=spectra,
    )


def _spectrum(truth: TransferenceTruth, frequency_Hz: Array, interface_ohm: float) -> ComplexArray:
    arc = interface_ohm / (1 + 2j * np.pi * frequency_Hz * interface_ohm * truth.capacitance_F)
    return np.asarray(truth.resistance_ohm + arc)
