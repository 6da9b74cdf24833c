r"""A virtual dilatometer: a green body that sinters by one law in any furnace program, written as two makers export it.

Densification follows one energy, with grains that grow as pores vanish:

.. math:: \frac{d\rho}{dt} = \frac{3 \rho A}{T} e^{-Q/RT} \left(\frac{\rho_d - \rho}{\rho_d - \rho_g}\right)^{4/3}

with :math:`\rho_d` the densest state (1: no pores left), so :math:`\rho` is a function of
:math:`\Theta = \int T^{-1} e^{-Q/RT} dt` alone, found here by one integration over :math:`\rho`, which shares nothing with the analysis. The length is :math:`(\rho_g (1-w)/\rho)^{1/3}` times the thermal expansion. The
thermocouple may run ahead of the body by a lag times the rate, the instrument drifts with temperature, the body may swell above a
temperature. The combined-stage form of the law: Hansen et al. 1992 (key Hansen1992).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field

__all__ = ["DilatometerTruth", "GreenBody", "Trace", "measured_trace", "netzsch_text", "program", "setaram_text"]

_R = 8.314462618
_ROOM_K = 298.15
_SIMULATED = "SIMULATED by a virtual dilatometer, not measured"


@attrs.frozen(kw_only=True)
class GreenBody:
    """What is fired. ``sintering_K`` is where the density rises fastest, at 2.5 K/min and without a lag, to within some kelvin.

    ``densest_fraction`` is the relative density that it ends at, however long it is fired.
    """

    name: str
    length_m: float = 10e-3
    green_fraction: float = 0.64
    densest_fraction: float = 1.0
    energy_J_per_mol: float = 420e3
    sintering_K: float = 1073.15
    expansion_per_K: float = 9e-6
    swelling_K: float | None = None
    swelling_per_K: float = 0.0


@attrs.frozen(kw_only=True)
class DilatometerTruth:
    """What the instrument does: noise and drift of its length, and by how much the body's temperature lags behind."""

    noise_m: float = 0.3e-6
    drift_m_per_K: float = 0.0
    lag_s: float = 0.0


@attrs.frozen(kw_only=True)
class Trace:
    """What the instrument stores, shape (n,): the thermocouple's temperature and the change of length."""

    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    displacement_m: Array = array_field(unit="m")
    density_relative: Array = array_field()


def program(
    *, rate_K_per_s: float, top_K: float, dwell_s: float = 0.0, cooling_K_per_s: float | None = None, points: int = 1500
) -> tuple[Array, Array]:
    """Time and temperature of a ramp from 25 °C, a dwell, and (when a rate is given) cooling to 50 °C."""
    corners = [(0.0, _ROOM_K)]
    corners.append(((top_K - _ROOM_K) / rate_K_per_s, top_K))
    if dwell_s > 0:
        corners.append((corners[-1][0] + dwell_s, top_K))
    if cooling_K_per_s is not None:
        low_K = 323.15
        corners.append((corners[-1][0] + (top_K - low_K) / cooling_K_per_s, low_K))
    time = np.linspace(0.0, corners[-1][0], points)
    return time, np.interp(time, [t for t, _ in corners], [T for _, T in corners])


def _density(body: GreenBody, time_s: Array, temperature_K: Array) -> Array:
    """Relative density at each time: Theta by fine trapezoids, then the law read backwards from Theta(rho)."""
    fine = np.linspace(time_s[0], time_s[-1], 40 * len(time_s))
    T = np.interp(fine, time_s, temperature_K)
    reference = body.sintering_K
    f = np.exp(-body.energy_J_per_mol / _R * (1 / T - 1 / reference)) / T
    theta = np.concatenate([[0.0], np.cumsum(0.5 * (f[1:] + f[:-1]) * np.diff(fine))])
    rate_K_per_s = 2.5 / 60.0
    # A such that the body is half way when heated at 2.5 K/min to the reference: a ramp's integral is R T/(Q rate).
    ramp = _R * reference / (body.energy_J_per_mol * rate_K_per_s)
    densest = body.densest_fraction
    rho = body.green_fraction + (densest - body.green_fraction) * (1 - np.geomspace(1.0, 1e-7, 40_000))
    slowness = ((densest - body.green_fraction) / (densest - rho)) ** (4 / 3) / (3 * rho)
    work = np.concatenate([[0.0], np.cumsum(0.5 * (slowness[1:] + slowness[:-1]) * np.diff(rho))])
    half = float(np.interp(0.5 * (densest + body.green_fraction), rho, work))
    return np.asarray(np.interp(np.interp(time_s, fine, theta) * half / ramp, work, rho))


def measured_trace(
    body: GreenBody,
    instrument: DilatometerTruth,
    *,
    time_s: Array,
    temperature_K: Array,
    random: np.random.Generator,
    is_blank: bool = False,
) -> Trace:
    """One run of a furnace program as the thermocouple sees it; ``is_blank``: without a body, the drift alone."""
    true_K = temperature_K - instrument.lag_s * np.gradient(temperature_K, time_s)
    length = instrument.drift_m_per_K * (temperature_K - _ROOM_K)
    density = np.full(len(time_s), body.green_fraction)
    if not is_blank:
        density = _density(body, time_s, true_K)
        scale = (body.green_fraction / density) ** (1 / 3)
        if body.swelling_K is not None:
            highest = np.maximum.accumulate(true_K)
            scale = scale + body.swelling_per_K * np.maximum(highest - body.swelling_K, 0.0)
        length = length + body.length_m * (scale * (1 + body.expansion_per_K * (true_K - _ROOM_K)) - 1)
    noise = instrument.noise_m * random.standard_normal(len(time_s))
    return Trace(time_s=time_s, temperature_K=temperature_K, displacement_m=length + noise, density_relative=density)


def _rows(columns: Sequence[Array], formats: Sequence[str], separator: str) -> str:
    return "\r\n".join(
        separator.join(f % v for f, v in zip(formats, row, strict=True)) for row in zip(*columns, strict=True)
    )


def netzsch_text(trace: Trace, *, name: str, length_m: float, correction: str = "", as_fraction: bool = False) -> bytes:
    """A NETZSCH5 export: micrometres, or the fraction dL/Lo; points and semicolons."""
    head = "dL/Lo" if as_fraction else "dL/µm"
    signal = trace.displacement_m / length_m if as_fraction else trace.displacement_m * 1e6
    low, high = trace.temperature_K[0] - 273.15, trace.temperature_K.max() - 273.15
    lines = [
        "#EXPORTTYPE:DATA ALL", f"#FILE:{name}.dl4", "#FORMAT:NETZSCH5", "#FTYPE:ANSI", f"#IDENTITY:{name}",
        "#DECIMAL:POINT", "#SEPARATOR:SEMICOLON", "#MTYPE:DIL", "#INSTRUMENT:virtual dilatometer", f"#SAMPLE:{name}",
        f"#SAMPLE LENGTH /mm:{length_m * 1e3:.4f}", f"#REMARK:{_SIMULATED}", f"#CORR. FILE:{correction}",
        f"#RANGE:{low:.0f}°C/{high:.0f}°C", "", f"##Temp./°C;Time/min;{head}",
    ]  # fmt: skip
    rows = _rows(
        (trace.temperature_K - 273.15, trace.time_s / 60.0, signal),
        ("%.4f", "%.5f", "%.8f" if as_fraction else "%.4f"),
        ";",
    )
    return ("\r\n".join(lines) + "\r\n" + rows + "\r\n").encode("cp1252")


def setaram_text(trace: Trace, *, name: str, length_m: float) -> bytes:
    """A Setaram text, UTF-16 with semicolons: furnace and sample temperature and the displacement in micrometres."""
    lines = [
        f"{name} - {_SIMULATED}", "Creation Date : 15/01/2026", "User : virtual", "", "TMA :",
        f" Initial Length : {length_m * 1e3:.4f} mm", "",
        "Index;Time (s);Furnace Temperature (°C);Sample Temperature (°C);Displacement (µm)",
    ]  # fmt: skip
    count = np.arange(1.0, len(trace.time_s) + 1.0)
    celsius = trace.temperature_K - 273.15
    rows = _rows(
        (count, trace.time_s, celsius, celsius, trace.displacement_m * 1e6), ("%d", "%.3f", "%.4f", "%.4f", "%.4f"), ";"
    )
    return ("\r\n".join(lines) + "\r\n" + rows + "\r\n").encode("utf-16")
