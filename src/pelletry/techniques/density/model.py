r"""Density of a cylinder from its mass, diameter and thickness, and its budget of uncertainty.

.. math::
   \rho = \frac{4 m}{\pi d^2 h}, \qquad
   \left(\frac{u_\rho}{\rho}\right)^2 = \left(\frac{u_m}{m}\right)^2 + \left(\frac{2 u_d}{d}\right)^2 + \left(\frac{u_h}{h}\right)^2

(JCGM 100:2008, eq. 12, for a product of powers.) Sizes that are means of a few readings have few degrees of freedom, which are
combined to those of the density (:mod:`pelletry.core.freedom`); its 95 % interval takes Student's t for them. The relative density divides by the density without pores; its uncertainty
is added in the same way when it is known. Chamfers, a bulge and warping are not in the formula: take several thicknesses,
their spread then is. Closed and open pores count alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from pelletry.core.freedom import combined_degrees_of_freedom
from pelletry.core.quantity import Estimate

__all__ = [
    "BudgetTerm",
    "budget_of_density",
    "density_from_size",
    "density_of_mixture",
    "relative_density",
    "volume_of_cylinder",
]


@attrs.frozen(kw_only=True)
class BudgetTerm:
    """One source of uncertainty. ``exponent`` is the power with which it enters; ``contribution`` = exponent u(x)/x.

    None: its uncertainty is not stated. ``is_common`` marks what all pellets of one study share.
    """

    name: str
    estimate: Estimate
    exponent: int
    is_common: bool = False

    @property
    def contribution(self) -> float | None:
        if self.estimate.std is None:
            return None
        return abs(self.exponent * self.estimate.std / self.estimate.value)


def volume_of_cylinder(*, diameter_m: Estimate, thickness_m: Estimate) -> Estimate:
    r"""Volume :math:`\pi d^2 h/4` [m^3]; the std is None when that of a size is not known.

    >>> mm = lambda v: Estimate(value=v * 1e-3, unit="m", method="")
    >>> round(volume_of_cylinder(diameter_m=mm(10.0), thickness_m=mm(1.0)).value * 1e9, 4)
    78.5398
    """
    volume_m3 = math.pi / 4 * diameter_m.value**2 * thickness_m.value
    return _product(volume_m3, "m3", "cylinder", [_term(diameter_m, 2), _term(thickness_m, 1)])


def density_from_size(*, mass_kg: Estimate, diameter_m: Estimate, thickness_m: Estimate) -> Estimate:
    """Geometric density [kg/m^3] of a full cylinder; the std is None when that of mass or size is not known."""
    volume_m3 = math.pi / 4 * diameter_m.value**2 * thickness_m.value
    terms = [_term(mass_kg, 1), _term(diameter_m, -2), _term(thickness_m, -1)]
    return _product(mass_kg.value / volume_m3, "kg/m3", "geometric, 4 m/(pi d2 h)", terms)


def relative_density(
    *, density_kg_per_m3: Estimate, theoretical_kg_per_m3: Estimate, of: str = "geometric"
) -> Estimate:
    """Density over theoretical density [1], not clipped at 1.

    A theoretical density without a stated uncertainty counts as exact and ``method`` says so: its error is common to all
    pellets of one material, it moves them together.
    """
    value = density_kg_per_m3.value / theoretical_kg_per_m3.value
    terms = [_term(density_kg_per_m3, 1)]
    method = f"{of} over theoretical density"
    if theoretical_kg_per_m3.std is None:
        method += ", the latter taken as exact"
    else:
        terms.append(_term(theoretical_kg_per_m3, -1))
    return _product(value, "1", method, terms)


def budget_of_density(
    *, mass_kg: Estimate, diameter_m: Estimate, thickness_m: Estimate, theoretical_kg_per_m3: Estimate | None = None
) -> tuple[BudgetTerm, ...]:
    """What each input adds to the relative uncertainty of the (relative) density."""
    terms = [
        BudgetTerm(name="mass", estimate=mass_kg, exponent=1),
        BudgetTerm(name="diameter", estimate=diameter_m, exponent=-2),
        BudgetTerm(name="thickness", estimate=thickness_m, exponent=-1),
    ]
    if theoretical_kg_per_m3 is not None:
        terms.append(
            BudgetTerm(name="theoretical density", estimate=theoretical_kg_per_m3, exponent=-1, is_common=True)
        )
    return tuple(terms)


def density_of_mixture(*, mass_fractions: Sequence[float], densities_kg_per_m3: Sequence[float]) -> float:
    r"""Theoretical density of a mixture of phases, :math:`1/\sum (w_i/\rho_i)` [kg/m^3].

    Raises
    ------
    ValueError
        If the fractions do not sum to 1 within 1e-6, or a number is not positive.

    >>> round(density_of_mixture(mass_fractions=[0.5, 0.5], densities_kg_per_m3=[2000.0, 3000.0]), 6)
    2400.0
    """
    if len(mass_fractions) != len(densities_kg_per_m3) or abs(math.fsum(mass_fractions) - 1) > 1e-6:
        raise ValueError(f"mass fractions {list(mass_fractions)} must sum to 1, one for each density")
    if any(w < 0 for w in mass_fractions) or any(rho <= 0 for rho in densities_kg_per_m3):
        raise ValueError("mass fractions are not negative and densities are positive")
    return 1.0 / math.fsum(w / rho for w, rho in zip(mass_fractions, densities_kg_per_m3, strict=True))


_Term = tuple[float, float | None]


def _term(estimate: Estimate, exponent: int) -> _Term | None:
    """Relative standard deviation of a factor and its degrees of freedom; None when its uncertainty is not known."""
    if estimate.std is None:
        return None
    return exponent * estimate.std / estimate.value, estimate.degrees_of_freedom


def _product(value: float, unit: str, method: str, terms: Sequence[_Term | None]) -> Estimate:
    known = [term for term in terms if term is not None]
    if len(known) < len(terms):
        return Estimate(value=value, unit=unit, method=method)
    std = abs(value) * math.hypot(*(relative for relative, _ in known))
    return Estimate(
        value=value, std=std, unit=unit, method=method, degrees_of_freedom=combined_degrees_of_freedom(known)
    )
