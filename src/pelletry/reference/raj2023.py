"""The fourteen pellets of Raj et al. 2023 (tables 2 and 3): published facts, with their source, in house units."""

from __future__ import annotations

import csv
from importlib import resources

import attrs

__all__ = ["SOURCE_KEY", "PublishedPellet", "published_pellets"]

SOURCE_KEY = "Raj2023"


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
