"""A cycler and a spectrometer on one channel: symmetric and full cells with stated truth, written as EC-Lab texts.

The symmetric cell is a pellet and two alike interfaces, each a resistance beside a capacitance that the direct current charges; shorts
of five kinds can be planted at a step. The full cell is a plateau with a solid-solution part, a resistance, and a loss each cycle.
Everything is deterministic by the random generator that is handed in; each file says in its comment that it is simulated.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray

__all__ = [
    "SHORTS",
    "CellRun",
    "FullCellTruth",
    "PolarisationTruth",
    "Short",
    "SymmetricCellTruth",
    "chronoamperometry_mpt",
    "full_cell_run",
    "gcpl_mpt",
    "polarisation_run",
    "spectra_mpt",
    "symmetric_cell_run",
]

#: Kinds of soft shorts that can be planted, and what each does.
SHORTS = {
    "drop": "the voltage falls within a step and stays down",
    "dips": "the voltage dips many times in a step and comes back",
    "fade": "the overpotential fades within a step",
    "leak": "electrons carry part of the direct current in a step; the spectrum after it is as before",
    "shunt": "the resistance is lower from a moment on, in the voltage and in the spectra",
}


@attrs.frozen(kw_only=True)
class Short:
    """One planted short: its kind, the step it begins in (from 1), and by which share it lowers what it lowers."""

    kind: str = attrs.field(validator=attrs.validators.in_(tuple(SHORTS)))
    step: int
    size_fraction: float = 0.4


@attrs.frozen(kw_only=True)
class SymmetricCellTruth:
    """A symmetric cell under square waves, with a spectrum after every step. Resistances are those of the whole cell.

    What only the direct current meets is ``slow_fraction`` times the interfaces; it comes within ``slow_time_fraction`` of a step.
    ``interface_exponent`` makes the interfaces one depressed arc R/(1 + (jw tau)^n); None is a skewed one. Frequencies run
    from ``frequency_high_Hz`` down with ``frequency_points``.
    """

    pellet_resistance_ohm: float
    interface_resistance_ohm: float
    interface_time_s: float = 2.0
    slow_fraction: float = 0.15
    slow_time_fraction: float = 0.1
    interface_exponent: float | None = None
    current_A: float
    step_s: float
    steps: int
    rest_s: float = 60.0
    interval_s: float = 10.0
    noise_V: float = 2e-4
    growth_ohm_per_sqrt_s: float = 0.0
    one_way: bool = False
    open_circuit_V: float = 0.0
    frequency_low_Hz: float = 0.1
    frequency_high_Hz: float = 1e5
    frequency_points: int = 31
    shorts: tuple[Short, ...] = ()


@attrs.frozen(kw_only=True, eq=False)
class CellRun:
    """What the channel recorded: the run, shape (n,), and (time of the start, frequency, impedance) of each spectrum."""

    time_s: Array
    voltage_V: Array
    current_A: Array
    spectra: tuple[tuple[float, Array, ComplexArray], ...] = ()


def symmetric_cell_run(truth: SymmetricCellTruth, random: np.random.Generator) -> CellRun:
    """Square waves with rests and a spectrum after every step."""
    t: list[Array] = []
    v: list[Array] = []
    i: list[Array] = []
    spectra: list[tuple[float, Array, ComplexArray]] = []
    now = 0.0
    ends = np.log10([truth.frequency_high_Hz, truth.frequency_low_Hz])
    frequency = np.logspace(ends[0], ends[1], truth.frequency_points)
    shunted = 1.0
    for number in range(1, truth.steps + 1):
        here = [short for short in truth.shorts if short.step == number]
        rest = now + np.arange(0.0, truth.rest_s, truth.interval_s)
        t.append(rest)
        v.append(np.full(rest.size, truth.open_circuit_V) + random.normal(0, truth.noise_V, rest.size))
        i.append(np.zeros(rest.size))
        now += truth.rest_s
        along = np.arange(0.0, truth.step_s, truth.interval_s)
        sign = 1.0 if truth.one_way or number % 2 else -1.0
        interface = truth.interface_resistance_ohm + truth.growth_ohm_per_sqrt_s * np.sqrt(now + along)
        slow = (
            truth.slow_fraction
            * (truth.interface_resistance_ohm)
            * (1 - np.exp(-along / (truth.slow_time_fraction * truth.step_s)))
        )
        r = truth.pellet_resistance_ohm + interface * (1 - np.exp(-(along + 0.5) / truth.interface_time_s)) + slow
        factor = np.full(along.size, shunted)
        for short in here:
            factor, shunted = _shorted(short, along, factor, shunted, truth, random)
        t.append(now + along)
        i.append(np.full(along.size, sign * truth.current_A))
        v.append(
            truth.open_circuit_V + sign * truth.current_A * r * factor + random.normal(0, truth.noise_V, along.size)
        )
        now += truth.step_s
        width = truth.interface_resistance_ohm + truth.growth_ohm_per_sqrt_s * np.sqrt(now)
        z = shunted * (truth.pellet_resistance_ohm + width * _arc(truth, frequency))
        z = z * (1 + 0.003 * (random.normal(size=z.size) + 1j * random.normal(size=z.size)))
        spectra.append((now + 1.0, frequency, np.asarray(z)))
        now += 60.0
    return CellRun(
        time_s=np.concatenate(t), voltage_V=np.concatenate(v), current_A=np.concatenate(i), spectra=tuple(spectra)
    )


def _arc(truth: SymmetricCellTruth, frequency_Hz: Array) -> ComplexArray:
    """The interfaces' arc, 1 at low frequencies."""
    x = 2j * np.pi * frequency_Hz * truth.interface_time_s / 6.3
    if truth.interface_exponent is None:
        return np.asarray(1 / (1 + x) ** 0.95)
    return np.asarray(1 / (1 + x**truth.interface_exponent))


def _shorted(
    short: Short, along: Array, factor: Array, shunted: float, truth: SymmetricCellTruth, random: np.random.Generator
) -> tuple[Array, float]:
    """The factor on the voltage along a step, and the one that stays for all later steps."""
    begins = 0.3 + 0.3 * random.random()
    late = along > begins * truth.step_s
    left = 1.0 - short.size_fraction
    if short.kind == "drop":
        return factor * np.where(late, left, 1.0), shunted
    if short.kind == "dips":
        return factor * np.where(
            random.random(along.size) < 0.25, 1.0 - short.size_fraction * random.random(along.size), 1.0
        ), shunted
    if short.kind == "fade":
        return factor * (1.0 - short.size_fraction * along / truth.step_s), shunted
    if short.kind == "leak":
        return factor * left, shunted
    return factor * np.where(late, left, 1.0), shunted * left


@attrs.frozen(kw_only=True)
class FullCellTruth:
    """A cell of one plateau: capacities of the first cycles, fade of each, efficiency, current. Begins with a discharge."""

    capacity_C: float
    current_A: float
    plateau_V: float = 2.48
    resistance_ohm: float = 500.0
    efficiency: float = 0.98
    fade_fraction: float = 0.0
    cycles: int = 3
    low_V: float = 2.0
    high_V: float = 3.0
    interval_s: float = 60.0
    noise_V: float = 3e-4


def full_cell_run(truth: FullCellTruth, random: np.random.Generator) -> CellRun:
    """Discharges and charges at constant current between the limits, a minute of rest between them."""
    t: list[Array] = []
    v: list[Array] = []
    i: list[Array] = []
    now = 0.0
    for cycle in range(truth.cycles):
        capacity = truth.capacity_C * (1 - truth.fade_fraction) ** cycle
        for sign, charge_C in ((-1.0, capacity), (1.0, capacity * truth.efficiency)):
            duration = charge_C / truth.current_A
            along = np.append(np.arange(0.0, duration, truth.interval_s), duration)
            share = along / duration
            state = share if sign < 0 else 1.0 - share  # 0: nothing stored
            equilibrium = truth.plateau_V + 0.02 * np.log((1.002 - state) / (state + 0.002))
            voltage = equilibrium + sign * truth.current_A * truth.resistance_ohm
            t.append(now + along)
            i.append(np.full(along.size, sign * truth.current_A))
            v.append(np.clip(voltage, truth.low_V, truth.high_V) + random.normal(0, truth.noise_V, along.size))
            now += duration + 1.0
            rest = now + np.arange(0.0, 60.0, 10.0)
            t.append(rest)
            i.append(np.zeros(rest.size))
            v.append(np.full(rest.size, truth.plateau_V) + random.normal(0, truth.noise_V, rest.size))
            now += 61.0
    return CellRun(time_s=np.concatenate(t), voltage_V=np.concatenate(v), current_A=np.concatenate(i))


@attrs.frozen(kw_only=True)
class PolarisationTruth:
    """A pellet between blocking electrodes: ions charge them with ``charging_time_s``, electrons go on."""

    voltage_V: float
    ionic_current_A: float
    electronic_current_A: float
    charging_time_s: float = 600.0
    duration_s: float = 8 * 3600.0
    interval_s: float = 30.0
    noise_A: float = 2e-11
    noise_V: float = 1e-5


def polarisation_run(truth: PolarisationTruth, random: np.random.Generator) -> CellRun:
    """The current at one voltage in time."""
    t = np.arange(0.0, truth.duration_s + 0.5 * truth.interval_s, truth.interval_s)
    current = truth.electronic_current_A + truth.ionic_current_A * np.exp(-t / truth.charging_time_s)
    return CellRun(
        time_s=t,
        voltage_V=truth.voltage_V + random.normal(0, truth.noise_V, t.size),
        current_A=current + random.normal(0, truth.noise_A, t.size),
    )


# -- files -------------------------------------------------------------------------------------------------------------


def _head(technique: str, comment: str, columns: Sequence[str]) -> list[str]:
    head = [
        technique,
        "",
        "Run on channel : 5 (SN 00001)",
        "User : ",
        "Ewe ctrl range : min = -10.00 V, max = 10.00 V",
        "Acquisition started on : 01/02/2023 10:00:00",
        "Saved on :",
        "\tFile : simulated.mpr",
        "Device : virtual cycler",
        f"Comments : {comment}",
        "Electrode surface area : 0.001 cm\u00b2",
        "Characteristic mass : 0.001 g",
        "",
    ]
    return [
        "EC-Lab ASCII FILE",
        f"Nb header lines : {len(head) + 4}                          ",
        "",
        *head,
        "\t".join(columns) + "\t",
    ]


def gcpl_mpt(run: CellRun, *, comment: str) -> bytes:
    """The run as an EC-Lab text of galvanostatic cycling."""
    columns = ("mode", "ox/red", "error", "time/s", "control/V/mA", "Ewe/V", "<I>/mA", "(Q-Qo)/mA.h")
    lines = _head("Galvanostatic Cycling with Potential Limitation", comment, columns)
    # <I> is the mean since the point before: between a rest and a step none has flowed yet.
    flowed = run.current_A.copy()
    flowed[1:][run.current_A[:-1] == 0] = 0.0
    charge = np.concatenate([[0.0], np.cumsum(np.diff(run.time_s) * flowed[1:])]) / 3.6
    mode = np.where(run.current_A == 0, 3, 1)
    columns_of_run = (mode, run.current_A > 0, run.time_s, run.current_A * 1e3, run.voltage_V, flowed * 1e3, charge)
    for row in zip(*columns_of_run, strict=True):
        lines.append(
            f"{row[0]:d}\t{int(row[1]):d}\t0\t{row[2]:.9E}\t{row[3]:.7E}\t{row[4]:.7E}\t{row[5]:.7E}\t{row[6]:.9E}"
        )
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def chronoamperometry_mpt(run: CellRun, *, comment: str) -> bytes:
    """The run as an EC-Lab text of chronoamperometry."""
    columns = ("mode", "ox/red", "error", "control changes", "time/s", "control/V", "Ewe/V", "<I>/mA")
    lines = _head("Chronoamperometry / Chronocoulometry", comment, columns)
    set_V = float(np.round(np.median(run.voltage_V), 3))
    for time_s, voltage_V, current_A in zip(run.time_s, run.voltage_V, run.current_A, strict=True):
        lines.append(f"2\t1\t0\t0\t{time_s:.9E}\t{set_V:.7E}\t{voltage_V:.7E}\t{current_A * 1e3:.9E}")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def spectra_mpt(run: CellRun, *, comment: str) -> bytes:
    """The spectra between the steps as one EC-Lab text of galvano-impedance, one loop each."""
    columns = (
        "freq/Hz",
        "Re(Z)/Ohm",
        "-Im(Z)/Ohm",
        "|Z|/Ohm",
        "Phase(Z)/deg",
        "time/s",
        "<Ewe>/V",
        "<I>/mA",
        "cycle number",
    )
    lines = _head("Galvano Electrochemical Impedance Spectroscopy", comment, columns)
    for number, (start_s, frequency, z) in enumerate(run.spectra, start=1):
        elapsed = start_s + np.cumsum(0.2 + 1 / frequency)
        for f, one, at in zip(frequency, z, elapsed, strict=True):
            lines.append(
                f"{f:.7E}\t{one.real:.7E}\t{-one.imag:.7E}\t{abs(one):.7E}\t{np.degrees(np.angle(one)):.7E}\t{at:.9E}\t0.0000000E+00\t"
                f"0.0000000E+00\t{number:.7E}"
            )
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")
