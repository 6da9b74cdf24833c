"""A pellet on the balance and in the calliper: what the geometric density is computed from."""

from __future__ import annotations

import attrs

from pelletry.core.errors import MissingFactError, Mistake
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate
from pelletry.core.sample import Sample
from pelletry.techniques.density.archimedes import Weighings

__all__ = ["SizedPellet", "missing_weighings", "pellet_of_sample", "weighings_of_sample"]

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


def weighings_of_sample(sample: Sample) -> Weighings | None:
    """The weighings after Archimedes; None when one of the three that are needed is missing.

    Without a dry mass of its own the mass of the pellet is taken.
    """
    dry = sample.quantity("dry_mass") or sample.pellet.mass_kg
    suspended, liquid = sample.quantity("suspended_mass"), sample.quantity("liquid_density")
    if dry is None or suspended is None or liquid is None:
        return None
    return Weighings(
        dry_kg=dry,
        suspended_kg=suspended,
        saturated_kg=sample.quantity("saturated_mass"),
        liquid_kg_per_m3=liquid,
        liquid=sample.text("immersion_liquid"),
    )


def missing_weighings(sample: Sample) -> tuple[str, ...]:
    """Columns that weighings after Archimedes lack, when some of them are given; none when none or all are."""
    given = {key: sample.quantity(key) for key in ("suspended_mass", "saturated_mass", "liquid_density")}
    if not any(given.values()):
        return ()
    missing = [key for key in ("suspended_mass", "liquid_density") if given[key] is None]
    if sample.quantity("dry_mass") is None and sample.pellet.mass_kg is None:
        missing.insert(0, "dry_mass")
    return tuple(missing)
