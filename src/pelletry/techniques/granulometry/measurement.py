"""A size distribution as the instrument gives it: classes, their shares, the basis, and with which optical model."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.provenance import Origin

__all__ = ["BASES", "InstrumentRow", "OpticalModel", "SizeDistribution"]

BASES = ("volume", "number")


@attrs.frozen(kw_only=True)
class OpticalModel:
    """What turned scattered light into sizes, in the file's own words; empty where it does not say."""

    particle_index: str = ""
    absorption: str = ""
    dispersant: str = ""
    dispersant_index: str = ""
    analysis: str = ""

    @property
    def is_known(self) -> bool:
        """Mie theory needs the refractive index and the absorption of the particle and the index of the liquid."""
        return bool(self.particle_index and self.absorption and self.dispersant_index) or self.is_fraunhofer

    @property
    def is_fraunhofer(self) -> bool:
        return "fraunhofer" in self.analysis.lower()

    @property
    def in_words(self) -> str:
        """``n 1.52 + 0.1i in Water (n 1.33), General purpose``; empty when nothing is known."""
        particle = f"n {self.particle_index}" if self.particle_index else ""
        if particle and self.absorption:
            particle += f" + {self.absorption}i"
        liquid = self.dispersant
        if self.dispersant_index:
            liquid = f"{liquid or 'a liquid'} (n {self.dispersant_index})"
        first = " in ".join(part for part in (particle, liquid) if part)
        return ", ".join(part for part in (first, self.analysis) if part)


@attrs.frozen(kw_only=True)
class InstrumentRow:
    """The sizes that the instrument's own program printed beside the distribution; None where it did not.

    ``specific_surface_m2_per_kg`` is that of the program, which holds the density its operator typed.
    """

    d10_m: float | None = None
    d50_m: float | None = None
    d90_m: float | None = None
    volume_mean_m: float | None = None
    surface_mean_m: float | None = None
    specific_surface_m2_per_kg: float | None = None


@attrs.frozen(kw_only=True)
class SizeDistribution:
    """One measurement. ``share_fraction`` (n,) lies between ``edges_m`` (n + 1,), rising, and adds up to one.

    ``basis`` is volume or number, as the file says. ``state`` tells measurements of one powder apart that are not repeats
    (before, after milling); ``is_average`` marks the mean that the instrument's program made of others.
    """

    edges_m: Array = array_field(unit="m")
    share_fraction: Array = array_field(unit="1")
    basis: str = attrs.field(default="volume", validator=attrs.validators.in_(BASES))
    name: str
    state: str = ""
    run: str = ""
    is_average: bool = False
    optical: OpticalModel = OpticalModel()
    instrument: InstrumentRow = InstrumentRow()
    obscuration_percent: float | None = None
    origin: Origin
    warnings: tuple[str, ...] = ()
