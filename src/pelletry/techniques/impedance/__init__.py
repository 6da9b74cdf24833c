"""Impedance spectra of pellets and cells: circuits, conductivities, activation energies, resistances times area."""

from __future__ import annotations

from pelletry.core.facts import ActivationEnergy, CellResistance, IonicConductivity, PelletGeometry
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.present import present
from pelletry.techniques.impedance.read import read
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["CARD"]

#: Resistances and capacitances need no geometry, so the pellet's size is wanted, not needed: without it what it would give
#: is withheld with its reason.
CARD = Technique(
    name="impedance",
    title="Impedance",
    record_techniques=("impedance",),
    needs=frozenset(),
    wants=frozenset({PelletGeometry}),
    gives=frozenset({IonicConductivity, ActivationEnergy, CellResistance}),
    settings=ImpedanceSettings,
    result=ImpedanceResult,
    read=read,
    analyse=analyse,
    present=present,
    compared=(
        ComparedQuantity(
            name="conductivity_total_25C",
            title="σ total (25 °C)",
            unit="S/m",
            note="from the Arrhenius law; extrapolated values are flagged",
        ),
        ComparedQuantity(
            name="activation_energy_total", title="Eₐ of ln(σT)", unit="eV", note="slope of ln(σT) against 1/T"
        ),
        ComparedQuantity(
            name="activation_energy_total_ln_sigma",
            title="Eₐ of ln σ",
            unit="eV",
            note="slope of ln σ against 1/T, about kT smaller",
        ),
    ),
)
