"""Raj et al. 2023: powders (table 1), fourteen pellets (tables 2 and 3) and shrinkages, published facts in house units."""

from __future__ import annotations

import csv
from importlib import resources

import attrs

from pelletry.reference.el_shinawi2018 import PublishedNumber

__all__ = [
    "BOUNDARY_CAPACITANCE_F", "SOURCE_KEY", "PublishedPellet", "PublishedPowder", "PublishedShrinkage", "published_numbers",
    "published_pellets",
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


def published_numbers() -> tuple[PublishedNumber, ...]:
    """Everything above as (sample, quantity) of a run of the demo ``latp``, in the order of the paper."""
    return (*_of_powders(), *_of_pellets(), *_of_bodies())


def _number(
    sample: str, technique: str, name: str, value: float, unit: str, meaning: str, shown: str,
    conditions: tuple[tuple[str, float | str], ...] = (),
) -> PublishedNumber:  # fmt: skip
    return PublishedNumber(
        key=f"{sample} {name}", sample=sample, technique=technique, name=name, value=value, unit=unit, meaning=f"{sample}: {meaning}",
        shown=shown, conditions=conditions, source=SOURCE_KEY,
    )  # fmt: skip


def _of_powders() -> list[PublishedNumber]:
    phase = (("phase", "latp"),)
    found = []
    for powder in published_powders():
        name, (a, c), volume = powder.sample, powder.cell_angstrom, powder.volume_angstrom3
        if powder.cell_is_published:
            found.append(_number(name, "diffraction", "lattice_a", a, "angstrom", "a", f"{a:.4f} Å", phase))
            found.append(_number(name, "diffraction", "lattice_c", c, "angstrom", "c", f"{c:.4f} Å", phase))
        shown = f"{volume:.3f} Å3"
        found.append(
            _number(name, "diffraction", "lattice_volume", volume, "angstrom3", "volume of the cell", shown, phase)
        )
        shown = f"{powder.d50_m * 1e6:.2f} µm"
        found.append(_number(name, "granulometry", "d50", powder.d50_m, "m", "d50 by volume", shown))
    return found


def _of_pellets() -> list[PublishedNumber]:
    found = []
    for p in published_pellets():
        density, sigma, energy = p.relative_density_fraction, p.conductivity_25C_S_per_m, p.activation_energy_eV
        found += [
            _number(p.sample, "density", "relative_density", density, "1", "relative density", f"{100 * density:.1f} %"),
            _number(
                p.sample, "impedance", "conductivity_total_25C", sigma, "S/m", "σ at 25 °C", f"{sigma / 100:.2e} S/cm".replace("e-0", "e-")
            ),
            _number(
                p.sample, "impedance", "activation_energy_total", energy, "eV", "energy, convention not stated",
                f"{energy:.2f} eV",
            ),
        ]  # fmt: skip
    best = "LATPBM_Ar_800"
    found.append(
        _number(
            best, "impedance", "capacitance_arc1", BOUNDARY_CAPACITANCE_F, "F", "grain boundaries at -20 °C",
            "2.0e-9 F", (("temperature_K", 253.15),),
        )
    )  # fmt: skip
    return found


def _of_bodies() -> list[PublishedNumber]:
    return [
        _number(
            f"{s.powder} body {s.atmosphere}", "dilatometry", "shrinkage_cold", s.strain_fraction, "1", "shrinkage",
            f"{100 * s.strain_fraction:.1f} %",
        )
        for s in published_shrinkages()
    ]  # fmt: skip
