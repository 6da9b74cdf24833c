"""Photoelectron spectra: states with the uncertainty of their background, charge reference, audit of assignments."""

from __future__ import annotations

from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.xps.analyse import analyse
from pelletry.techniques.xps.present import present
from pelletry.techniques.xps.read import read
from pelletry.techniques.xps.result import XpsResult
from pelletry.techniques.xps.settings import XpsSettings

__all__ = ["CARD"]

CARD = Technique(
    name="xps",
    title="XPS",
    record_techniques=("xps",),
    needs=frozenset(),
    wants=frozenset(),
    gives=frozenset(),
    settings=XpsSettings,
    result=XpsResult,
    read=read,
    analyse=analyse,
    present=present,
    compared=(
        ComparedQuantity(name="charge_shift", title="Charge shift", unit="eV"),
        ComparedQuantity(name="li_to_zr", title="Li/Zr (surface)", unit="1"),
        ComparedQuantity(name="surface_layer_thickness", title="Layer (XPS)", unit="m", kind="film"),
    ),
)
