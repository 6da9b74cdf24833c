"""What is known of a green body besides its runs, and how a finding about it is written."""

from __future__ import annotations

import attrs

from pelletry.core.facts import ThermalExpansion
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity

__all__ = ["SIZES", "Body", "finding"]

#: The numbers that everything about length and blank concerns.
SIZES = ("shrinkage", "shrinkage_cold", "density_by_shrinkage", "density_by_shrinkage_hot")


@attrs.frozen(kw_only=True)
class Body:
    """What is known of the green body besides the run. ``length_m`` None: only the file's own."""

    sample: str
    length_m: Estimate | None
    green_fraction: Quantity
    mass_loss: Estimate | None
    radial_per_axial: float
    expansion: ThermalExpansion | None


def finding(code: str, severity: str, body: Body, sentence: str, *quantities: str) -> Finding:
    """A finding of this body; ``quantities`` are the numbers it concerns, none: all."""
    return Finding(code=code, severity=severity, sentence=sentence, samples=(body.sample,), quantities=quantities)
