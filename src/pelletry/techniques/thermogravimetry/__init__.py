"""Loss of mass on heating: steps, dry mass, and above which temperature nothing more is lost."""

from __future__ import annotations

from pelletry.core.facts import MassLoss
from pelletry.core.technique import ComparedQuantity, Technique
from pelletry.techniques.thermogravimetry.analyse import analyse
from pelletry.techniques.thermogravimetry.present import present
from pelletry.techniques.thermogravimetry.read import read
from pelletry.techniques.thermogravimetry.result import ThermogravimetryResult
from pelletry.techniques.thermogravimetry.settings import ThermogravimetrySettings

__all__ = ["CARD"]

CARD = Technique(
    name="thermogravimetry",
    title="Thermogravimetry",
    record_techniques=("thermogravimetry", "thermal"),
    needs=frozenset(),
    gives=frozenset({MassLoss}),
    settings=ThermogravimetrySettings,
    result=ThermogravimetryResult,
    read=read,
    analyse=analyse,
    present=present,
    compared=(
        ComparedQuantity(
            name="mass_loss_of_initial",
            title="loss of mass",
            unit="1",
            kind="percent",
            note="of the initial mass",
            is_inherited=True,
        ),
        ComparedQuantity(
            name="mass_loss",
            title="loss after drying",
            unit="1",
            kind="percent",
            note="of the dry mass",
            is_inherited=True,
        ),
        ComparedQuantity(name="no_loss_above", title="nothing lost above", unit="K", is_inherited=True),
    ),
)
