"""Cycled cells: symmetric cells, full and half cells, and pellets between blocking electrodes under direct voltage."""

from __future__ import annotations

from pelletry.core.facts import ActivationEnergy, AreaSpecificResistance, IonicConductivity
from pelletry.core.sample import SampleColumn
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.cycling.analyse import KINDS, analyse
from pelletry.techniques.cycling.present import present
from pelletry.techniques.cycling.read import read
from pelletry.techniques.cycling.result import CyclingResult
from pelletry.techniques.cycling.settings import CyclingSettings

__all__ = ["CARD"]

CARD = Technique(
    name="cycling",
    title="Cycling",
    record_techniques=("cycling",),
    also_reads=("impedance",),
    needs=frozenset(),
    wants=frozenset({IonicConductivity, ActivationEnergy}),
    gives=frozenset({AreaSpecificResistance}),
    settings=CyclingSettings,
    result=CyclingResult,
    read=read,
    analyse=analyse,
    present=present,
    sample_columns=(
        SampleColumn(key="cell", meaning=f"kind of cell: {', '.join(KINDS)}", example="symmetric"),
        SampleColumn(key="active_mass", meaning="mass of the material that stores charge", unit="kg", lowest=1e-12, highest=1.0, example="1.20(2) mg"),
        SampleColumn(key="active_thickness", meaning="thickness of its layer, instead of a mass", unit="m", lowest=1e-9, highest=1e-2, example="10(1) um"),
        SampleColumn(key="active_density", meaning="density of that layer without pores", unit="kg/m3", lowest=300, highest=25000, example="2.95 g/cm3"),
        SampleColumn(key="active_porosity", meaning="share of pores in that layer", unit="1", lowest=0.0, highest=0.95, example="20 %"),
        SampleColumn(key="active_material", meaning="formula of the material that stores charge", example="LiTi2(PO4)3"),
        SampleColumn(key="electrons_per_formula", meaning="electrons that one formula takes up", unit="1", lowest=0.01, highest=20, example="2"),
        SampleColumn(key="pressure", meaning="pressure on the cell", unit="Pa", lowest=1.0, highest=1e10, example="10 MPa"),
    ),
    compared=(
        ComparedQuantity(name="asr_interface_dc", title="interface, dc", unit="ohm m2", note="(cell - pellet)/2 from the voltage, per area of one electrode"),
        ComparedQuantity(name="asr_interface_ac", title="interface, ac", unit="ohm m2", note="(cell - pellet)/2 from the impedance"),
        ComparedQuantity(name="resistance_dc_over_ac", title="dc/ac", unit="1", note="resistance from the voltage over that from the impedance"),
        ComparedQuantity(name="specific_capacity_best", title="best discharge", unit="C/kg", note="largest discharge per active mass"),
        ComparedQuantity(name="fade_per_cycle", title="fade a cycle", unit="1", kind="percent", note="loss of discharge a cycle, of the reference cycle"),
        ComparedQuantity(name="electronic_conductivity", title="σ electronic", unit="S/m", note="steady current between blocking electrodes"),
        ComparedQuantity(name="transference_number_bve", title="t+", unit="1", note="Bruce-Vincent-Evans, between reversible electrodes"),
    ),
)  # fmt: skip
