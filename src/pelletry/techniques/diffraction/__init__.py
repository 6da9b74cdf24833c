"""Powder diffraction: phases, cells, weight fractions and expansion."""

from __future__ import annotations

from pelletry.core.facts import LatticeParameters, PhaseContent, TheoreticalDensity, ThermalExpansion
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.diffraction.analyse import analyse
from pelletry.techniques.diffraction.present import present
from pelletry.techniques.diffraction.read import read
from pelletry.techniques.diffraction.result import DiffractionResult
from pelletry.techniques.diffraction.settings import DiffractionSettings

__all__ = ["CARD"]

CARD = Technique(
    name="diffraction",
    title="Diffraction",
    record_techniques=("diffraction",),
    needs=frozenset(),
    gives=frozenset({LatticeParameters, PhaseContent, TheoreticalDensity, ThermalExpansion}),
    settings=DiffractionSettings,
    result=DiffractionResult,
    read=read,
    analyse=analyse,
    present=present,
    compared=(
        ComparedQuantity(name="lattice_a", title="a (main phase)", unit="angstrom"),
        ComparedQuantity(name="lattice_c", title="c (main phase)", unit="angstrom"),
        ComparedQuantity(name="lattice_volume", title="V (main phase)", unit="angstrom3"),
        ComparedQuantity(
            name="mass_fraction", title="main phase", unit="1", kind="weight", note="of the crystalline, modelled part"
        ),
    ),
)
