"""A pellet on the balance and in the calliper: what the geometric density is computed from."""

from __future__ import annotations

import attrs

from pelletry.core.errors import MissingFactError, Mistake
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample

__all__ = ["SizedPellet", "pellet_of_sample"]

_SIZES = (
    ("mass", "mass_kg", "0.0812(1) g"),
    ("diameter", "diameter_m", "8.70 mm"),
    ("thickness", "thickness_m", "0.463 mm"),
)


@attrs.frozen(kw_only=True)
class SizedPellet:
    """Mass and size of a full cylinder. ``diameter_m`` is the pellet's own face, never the electrode."""

    mass_kg: Estimate
    diameter_m: Estimate
    thickness_m: Estimate
    origin: Origin


def pellet_of_sample(sample: Sample) -> SizedPellet:
    """The sized pellet of a sample.

    Raises
    ------
    MissingFactError
        When mass, diameter or thickness is not given; names every missing one and the column to write it in.
    """
    pellet = sample.pellet
    missing = [(word, example) for word, field, example in _SIZES if getattr(pellet, field) is None]
    if pellet.mass_kg is None or pellet.diameter_m is None or pellet.thickness_m is None:
        raise MissingFactError(
            mistakes=[
                Mistake(
                    what=f"no density of {sample.name}: {word} missing",
                    where=sample.name,
                    do=f"write it in the samples table, column {word}, as '{example}'",
                )
                for word, example in missing
            ]
        )
    return SizedPellet(
        mass_kg=pellet.mass_kg,
        diameter_m=pellet.diameter_m,
        thickness_m=pellet.thickness_m,
        origin=Origin(path=sample.name, sha256="", format="samples table"),
    )
