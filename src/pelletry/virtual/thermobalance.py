r"""A virtual thermobalance: losses of known height and temperature, buoyancy and noise, written as a NETZSCH text.

Each loss is a logistic of the temperature, :math:`\Delta/(1 + e^{-(T - T_c)/w})`, whose tangent at the middle meets the levels
before and after at :math:`T_c \mp 2 w`: onset and end in closed form.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["Loss", "ThermobalanceTruth", "measured_mass_kg", "netzsch_text", "ramp"]

_ROOM_K = 298.15
_SIMULATED = "SIMULATED by a virtual thermobalance, not measured"


@attrs.frozen(kw_only=True)
class Loss:
    """A loss of a share of the initial mass around ``middle_K``, over about four times ``width_K``."""

    share: float
    middle_K: float
    width_K: float = 8.0


@attrs.frozen(kw_only=True)
class ThermobalanceTruth:
    """What is weighed and how well. ``buoyancy_kg_per_K`` makes everything seem heavier on heating."""

    name: str = "green body"
    mass_kg: float = 50e-6
    losses: tuple[Loss, ...] = ()
    noise_kg: float = 0.5e-9
    buoyancy_kg_per_K: float = 0.0


def ramp(*, rate_K_per_s: float = 5.0 / 60, top_K: float = 1173.15, points: int = 2000) -> tuple[Array, Array]:
    """Time and temperature of a heating from 25 °C."""
    temperature = np.linspace(_ROOM_K, top_K, points)
    return (temperature - _ROOM_K) / rate_K_per_s, temperature


def measured_mass_kg(
    truth: ThermobalanceTruth, temperature_K: Array, *, random: np.random.Generator, is_blank: bool = False
) -> Array:
    """What the balance shows at each temperature of a heating, shape (n,); of a blank run the change alone. [kg]"""
    shown = truth.buoyancy_kg_per_K * (temperature_K - temperature_K[0])
    if not is_blank:
        share = np.ones(len(temperature_K))
        for loss in truth.losses:
            share = share - loss.share / (1.0 + np.exp(-(temperature_K - loss.middle_K) / loss.width_K))
        shown = shown + truth.mass_kg * share
    return np.asarray(shown + truth.noise_kg * random.standard_normal(len(temperature_K)))


def netzsch_text(
    time_s: Array, temperature_K: Array, mass_kg: Array, *, name: str, sample_mass_kg: float, in_percent: bool = True
) -> bytes:
    """A NETZSCH5 export with the mass in per cent of the sample's, or in mg."""
    signal = 100.0 * mass_kg / sample_mass_kg if in_percent else mass_kg * 1e6
    low, high = temperature_K[0] - 273.15, temperature_K.max() - 273.15
    rate = 60.0 * (temperature_K[-1] - temperature_K[0]) / (time_s[-1] - time_s[0])
    lines = [
        "#EXPORTTYPE:DATA ALL", f"#FILE:{name}.ngb", "#FORMAT:NETZSCH5", "#FTYPE:ANSI", f"#IDENTITY:{name}", "#DECIMAL:POINT",
        "#SEPARATOR:SEMICOLON", "#MTYPE:TG", "#INSTRUMENT:virtual thermobalance", f"#SAMPLE:{name}",
        f"#SAMPLE MASS /mg:{sample_mass_kg * 1e6:.4f}", f"#REMARK:{_SIMULATED}", "#CORR. FILE:",
        f"#RANGE:{low:.0f}°C/{rate:.1f}(K/min)/{high:.0f}°C", "", f"##Temp./°C;Time/min;{'Mass/%' if in_percent else 'Mass/mg'}",
    ]  # fmt: skip
    rows = (f"{T - 273.15:.4f};{t / 60:.5f};{m:.6f}" for T, t, m in zip(temperature_K, time_s, signal, strict=True))
    return "\r\n".join([*lines, *rows, ""]).encode("cp1252")
