"""What is known of the pellet in a cell: its conductivity at the cell's temperature, and its resistance per area."""

from __future__ import annotations

import math

import attrs

from pelletry.core.facts import ActivationEnergy, IonicConductivity
from pelletry.core.quantity import Estimate
from pelletry.core.technique import Inputs
from pelletry.techniques.cycling.result import WithheldNumber

__all__ = ["conductivity_at", "pellet_resistance"]

_SAME_TEMPERATURE_K = 1.5
_BOLTZMANN_EV_PER_K = 8.617333262e-5


def pellet_resistance(inputs: Inputs, temperature_K: float | None, withheld: list[WithheldNumber]) -> Estimate | None:
    """The pellet's resistance per area, l/sigma, at the cell's temperature."""
    thickness = inputs.sample.pellet.thickness_m
    missing = []
    if thickness is None:
        missing.append("the thickness of the pellet")
    if temperature_K is None:
        missing.append("the temperature of the cell")
    sigma = None
    if temperature_K is not None:
        sigma = conductivity_at(inputs, temperature_K)
        if sigma is None:
            missing.append(f"the conductivity of the pellet at {temperature_K - 273.15:.4g} °C")
    if thickness is None or sigma is None:
        withheld.append(
            WithheldNumber(
                what=f"resistance of the interfaces of {inputs.sample.name}",
                missing=" and ".join(missing),
                do="write the thickness and, under made_of, the pellet whose impedance was measured at this temperature",
            )
        )
        return None
    value = thickness.value / sigma.value
    parts = [None if e.std is None else e.std / e.value for e in (thickness, sigma)]
    std = None if None in parts else value * math.hypot(*(p for p in parts if p is not None))
    return Estimate(value=value, std=std, unit="ohm m2", method=f"thickness over conductivity ({sigma.method})")


def conductivity_at(inputs: Inputs, temperature_K: float) -> Estimate | None:
    """The total conductivity at a temperature: measured there, else between two that were measured, by their Arrhenius line."""
    known = sorted(
        (f for f in inputs.all_facts(IonicConductivity) if f.part == "total"),
        key=lambda f: abs(f.temperature_K - temperature_K),
    )
    if known and abs(known[0].temperature_K - temperature_K) <= _SAME_TEMPERATURE_K:
        found: Estimate = known[0].conductivity_S_per_m
        return attrs.evolve(found, method=f"{known[0].given_by}, {known[0].temperature_K - 273.15:.4g} °C")
    below = [f for f in known if f.temperature_K < temperature_K]
    above = [f for f in known if f.temperature_K > temperature_K]
    energies = [f for f in inputs.all_facts(ActivationEnergy) if f.part == "total" and f.convention == "ln(sigma T)"]
    if below and above:
        low, high = below[0], above[0]
        share = (1 / low.temperature_K - 1 / temperature_K) / (1 / low.temperature_K - 1 / high.temperature_K)
        ln = [math.log(f.conductivity_S_per_m.value * f.temperature_K) for f in (low, high)]
        value = math.exp(ln[0] + share * (ln[1] - ln[0])) / temperature_K
        relative = [
            f.conductivity_S_per_m.std / f.conductivity_S_per_m.value for f in (low, high) if f.conductivity_S_per_m.std
        ]
        std = value * max(relative) if relative else None
        return Estimate(value=value, std=std, unit="S/m", method="between two measured temperatures")
    if known and energies and abs(known[0].temperature_K - temperature_K) < 15:
        energy = energies[0].energy_eV.value
        near = known[0]
        factor = (
            math.exp(-energy / _BOLTZMANN_EV_PER_K * (1 / temperature_K - 1 / near.temperature_K))
            * near.temperature_K
            / temperature_K
        )
        moved: Estimate = near.conductivity_S_per_m.scaled(factor, unit="S/m")
        return attrs.evolve(moved, method=f"moved from {near.temperature_K - 273.15:.4g} °C by the activation energy")
    return None
