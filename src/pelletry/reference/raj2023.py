"""Raj et al. 2023: powders (table 1), fourteen pellets (tables 2 and 3) and shrinkages, published facts in house units."""

from __future__ import annotations

import csv
from importlib import resources

import attrs

__all__ = [
    "BOUNDARY_CAPACITANCE_F", "SOURCE_KEY", "PublishedPellet", "PublishedPowder", "PublishedShrinkage", "published_pellets",
    "published_powders", "published_shrinkages",
]  # fmt: skip

SOURCE_KEY = "Raj2023"
#: Capacitance of the grain boundaries at -20 degC.
BOUNDARY_CAPACITANCE_F = 2.0e-9


@attrs.frozen(kw_only=True)
class PublishedPellet:
    """One row of the tables. The convention of the energy is not stated in the paper."""

    sample: str
    particle_d50_m: float
    is_milled: bool
    atmosphere: str
    heating_rate_K_per_s: float
    dwell_s: float
    sintering_temperature_K: float
    relative_density_fraction: float
    conductivity_25C_S_per_m: float
    activation_energy_eV: float
    source: str = SOURCE_KEY


@attrs.frozen(kw_only=True)
class PublishedPowder:
    """A powder of table 1. ``cell_angstrom`` is (a, c); ``cell_is_published`` False: only the volume is at hand, and a is assumed."""

    sample: str
    treatment: str
    d50_m: float
    cell_angstrom: tuple[float, float]
    cell_is_published: bool
    volume_angstrom3: float
    source: str = SOURCE_KEY


@attrs.frozen(kw_only=True)
class PublishedShrinkage:
    """Change of length of a green body of 64 % relative density; negative: it shrinks. ``turn_K``: where it re-expands."""

    powder: str
    atmosphere: str
    strain_fraction: float
    turn_K: float | None = None
    source: str = SOURCE_KEY


def published_powders() -> tuple[PublishedPowder, ...]:
    """As made, and ball-milled. The volume of the first is printed as 1298.405(3), which its a and c do not give: 1298.39(7)."""
    return (
        PublishedPowder(
            sample="LATP", treatment="as made", d50_m=3.10e-6, cell_angstrom=(8.4944, 20.7783), cell_is_published=True,
            volume_angstrom3=1298.405,
        ),
        PublishedPowder(
            sample="LATPBM", treatment="ball-milled", d50_m=0.31e-6, cell_angstrom=(8.4942, 20.77804), cell_is_published=False,
            volume_angstrom3=1298.315,
        ),
    )  # fmt: skip


def published_shrinkages() -> tuple[PublishedShrinkage, ...]:
    """Of the four bodies. The coarse powder in argon ends at 8.5 % and expands again above 930 degC."""
    return (
        PublishedShrinkage(powder="LATP", atmosphere="air", strain_fraction=-0.130),
        PublishedShrinkage(powder="LATP", atmosphere="Ar", strain_fraction=-0.085, turn_K=930 + 273.15),
        PublishedShrinkage(powder="LATPBM", atmosphere="air", strain_fraction=-0.132),
        PublishedShrinkage(powder="LATPBM", atmosphere="Ar", strain_fraction=-0.135),
    )


def published_pellets() -> tuple[PublishedPellet, ...]:
    """All rows, in the order of the paper's tables."""
    text = (resources.files(__package__) / "raj2023_sintering.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(_pellet(row) for row in rows)


def _pellet(row: dict[str, str]) -> PublishedPellet:
    return PublishedPellet(
        sample=row["sample"],
        particle_d50_m=float(row["powder_d50_um"]) * 1e-6,
        is_milled=row["milled"] == "yes",
        atmosphere=row["atmosphere"],
        heating_rate_K_per_s=float(row["rate_K_per_min"]) / 60,
        dwell_s=float(row["dwell_h"]) * 3600,
        sintering_temperature_K=float(row["sintering_degC"]) + 273.15,
        relative_density_fraction=float(row["relative_density_percent"]) / 100,
        conductivity_25C_S_per_m=float(row["conductivity_25C_S_per_cm"]) * 100,
        activation_energy_eV=float(row["activation_energy_eV"]),
    )
