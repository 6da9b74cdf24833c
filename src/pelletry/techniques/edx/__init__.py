"""Layer thickness and elements from energy-dispersive X-ray spectroscopy."""

from __future__ import annotations

from pelletry.core.facts import LayerThickness
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.edx.analyse import analyse
from pelletry.techniques.edx.present import present
from pelletry.techniques.edx.read import read
from pelletry.techniques.edx.result import EdxResult
from pelletry.techniques.edx.settings import EdxSettings

__all__ = ["CARD"]

CARD = Technique(
    name="edx",
    title="EDX",
    record_techniques=("edx",),
    needs=frozenset(),
    gives=frozenset({LayerThickness}),
    settings=EdxSettings,
    result=EdxResult,
    read=read,
    analyse=analyse,
    present=present,
    compared=(ComparedQuantity(name="layer_thickness", title="Layer thickness", unit="m", kind="layer"),),
)
