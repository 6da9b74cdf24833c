r"""Density and porosity by Archimedes: a body weighed dry, hanging in a liquid, and soaked with it.

With the dry mass D, the mass S of the soaked body hanging in the liquid, the mass W of the soaked body in air, and the density of the
liquid

.. math:: \rho_b = \frac{D\,\rho_l}{W - S}, \qquad \rho_a = \frac{D\,\rho_l}{D - S}, \qquad P_{open} = \frac{W - D}{W - S}

are the bulk density, the apparent density (without open pores) and the open porosity (ASTM C20; EN 623-2). The closed pores are what is
left of the total porosity :math:`1 - \rho_b/\rho_{th}`. Buoyancy in air adds :math:`\rho_{air}(1 - \rho_b/\rho_l)` when the density of the
air is given, about -0.08 % for a ceramic in water. Without W only the apparent density is known.
"""

from __future__ import annotations

import math

import attrs

from pelletry.core.freedom import combined_degrees_of_freedom
from pelletry.core.quantity import Estimate, Quantity, Unresolved

__all__ = ["Archimedes", "Weighings", "archimedes_of", "closed_porosity", "total_porosity"]

_NO_SOAKED = "the mass of the soaked body in air is not given (column saturated_mass)"


@attrs.frozen(kw_only=True)
class Weighings:
    """Masses dry, hanging in the liquid, soaked in air (None: not weighed), and the liquid's density with its name."""

    dry_kg: Estimate
    suspended_kg: Estimate
    saturated_kg: Estimate | None
    liquid_kg_per_m3: Estimate
    liquid: str = ""

    @property
    def is_possible(self) -> bool:
        """Does the body sink, and is it not lighter soaked than dry?"""
        dry, soaked = self.dry_kg.value, self.saturated_kg
        return 0 < self.suspended_kg.value < dry and (soaked is None or soaked.value >= dry * (1 - 1e-4))


@attrs.frozen(kw_only=True)
class Archimedes:
    """``bulk_kg_per_m3`` counts all pores, ``apparent_kg_per_m3`` only the closed ones."""

    weighings: Weighings
    bulk_kg_per_m3: Quantity
    apparent_kg_per_m3: Estimate
    open_porosity: Quantity


def _difference(a: Estimate, b: Estimate) -> Estimate:
    """a - b of independent weighings."""
    std = math.hypot(a.std, b.std) if a.std is not None and b.std is not None else None
    freedom = None
    if std:
        freedom = combined_degrees_of_freedom([(e.std or 0.0, e.degrees_of_freedom) for e in (a, b)])
    return Estimate(value=a.value - b.value, std=std, unit=a.unit, method="difference", degrees_of_freedom=freedom)


def archimedes_of(weighings: Weighings, *, air_kg_per_m3: float | None = None) -> Archimedes:
    """Densities and open porosity.

    A body of 3 g, 1.8 g in water and 3.1 g soaked:

    >>> kg = lambda v: Estimate(value=v * 1e-3, unit="kg", method="")
    >>> water = Estimate(value=1000.0, unit="kg/m3", method="")
    >>> found = archimedes_of(
    ...     Weighings(dry_kg=kg(3.0), suspended_kg=kg(1.8), saturated_kg=kg(3.1), liquid_kg_per_m3=water)
    ... )
    >>> [round(q.value, 4) for q in (found.bulk_kg_per_m3, found.apparent_kg_per_m3, found.open_porosity)]
    [2307.6923, 2500.0, 0.0769]
    """
    w = weighings
    apparent = _density(w, _difference(w.dry_kg, w.suspended_kg), "apparent, without open pores", air_kg_per_m3)
    if w.saturated_kg is None:
        none = Unresolved(reason=_NO_SOAKED, unit="kg/m3")
        return Archimedes(
            weighings=w,
            bulk_kg_per_m3=none,
            apparent_kg_per_m3=apparent,
            open_porosity=Unresolved(reason=_NO_SOAKED, unit="1"),
        )
    displaced = _difference(w.saturated_kg, w.suspended_kg)
    return Archimedes(
        weighings=w,
        bulk_kg_per_m3=_density(w, displaced, "Archimedes, D rho_l/(W - S)", air_kg_per_m3),
        apparent_kg_per_m3=apparent,
        open_porosity=_open_porosity(w, w.saturated_kg, displaced.value),
    )


def _density(w: Weighings, displaced: Estimate, method: str, air_kg_per_m3: float | None) -> Estimate:
    air = air_kg_per_m3 or 0.0
    value = w.dry_kg.value * (w.liquid_kg_per_m3.value - air) / displaced.value + air
    terms = [w.dry_kg, displaced, w.liquid_kg_per_m3]
    if any(term.std is None for term in terms[:2]):
        return Estimate(value=value, unit="kg/m3", method=method)
    if w.liquid_kg_per_m3.std is None:
        terms, method = terms[:2], f"{method}; the liquid's density taken as exact"
    parts = [((term.std or 0.0) / term.value, term.degrees_of_freedom) for term in terms]
    return Estimate(
        value=value,
        std=value * math.hypot(*(part for part, _ in parts)),
        unit="kg/m3",
        method=method,
        degrees_of_freedom=combined_degrees_of_freedom(parts),
    )


def _open_porosity(w: Weighings, saturated: Estimate, displaced_kg: float) -> Estimate:
    """(W - D)/(W - S) with its uncertainty: dW (D - S)/(W - S)^2, dD/(W - S), dS (W - D)/(W - S)^2."""
    value = (saturated.value - w.dry_kg.value) / displaced_kg
    slopes = (
        (saturated, (1.0 - value) / displaced_kg),
        (w.dry_kg, -1.0 / displaced_kg),
        (w.suspended_kg, value / displaced_kg),
    )
    parts = [(slope * one.std, one.degrees_of_freedom) for one, slope in slopes if one.std is not None]
    whole = len(parts) == len(slopes)
    return Estimate(
        value=value,
        std=math.hypot(*(part for part, _ in parts)) if whole else None,
        unit="1",
        method="(W - D)/(W - S)",
        degrees_of_freedom=combined_degrees_of_freedom(parts) if whole else None,
    )


def total_porosity(relative: Quantity) -> Quantity:
    """1 - relative density."""
    if not isinstance(relative, Estimate):
        return Unresolved(reason=relative.reason, unit="1")
    return attrs.evolve(relative, value=1.0 - relative.value, method="1 - relative density", interval_95=None)


def closed_porosity(total: Quantity, open_: Quantity) -> Quantity:
    """Total minus open porosity; their errors are taken as independent, which overstates that of the difference."""
    if not isinstance(total, Estimate):
        return Unresolved(reason=total.reason, unit="1")
    if not isinstance(open_, Estimate):
        return Unresolved(reason=open_.reason, unit="1")
    return attrs.evolve(_difference(total, open_), unit="1", method="total minus open porosity")
