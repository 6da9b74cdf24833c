r"""How far the beam spreads: no profile is sharper than that.

.. math:: R / \mu\mathrm{m} = \frac{0.0276\, (A / \mathrm{g\,mol^{-1}})\, (E_0 / \mathrm{keV})^{1.67}}{Z^{0.89}\, (\rho / \mathrm{g\,cm^{-3}})}

(KanayaOkayama1972.) For a compound A and Z are means weighted by mass. X-rays come from somewhat less than this range, so it is an upper bound of the blur and a
safe floor for a thickness.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["electron_range_m", "mean_atomic"]

_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe
Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi
"""
_NUMBERS = {symbol: number for number, symbol in enumerate(_SYMBOLS.split(), start=1)}


def mean_atomic(moles: Mapping[str, float], weights: Mapping[str, float]) -> tuple[float, float]:
    """Mean atomic weight [g/mol] and number of a compound, weighted by mass.

    >>> a, z = mean_atomic({"Si": 1.0, "O": 2.0}, {"Si": 28.085, "O": 15.999})
    >>> round(a, 2), round(z, 2)
    (21.65, 10.8)
    """
    masses = {element: count * weights[element] for element, count in moles.items()}
    total = sum(masses.values())
    weight = sum(mass * weights[element] for element, mass in masses.items()) / total
    number = sum(mass * _NUMBERS[element] for element, mass in masses.items()) / total
    return weight, number


def electron_range_m(
    *, atomic_weight_g_per_mol: float, atomic_number: float, density_kg_per_m3: float, beam_keV: float
) -> float:
    """Range of the beam's electrons [m].

    >>> round(electron_range_m(atomic_weight_g_per_mol=63.55, atomic_number=29, density_kg_per_m3=8960, beam_keV=20.0) * 1e6, 2)
    1.46
    """
    density_g_per_cm3 = density_kg_per_m3 * 1e-3
    range_um = 0.0276 * atomic_weight_g_per_mol * beam_keV**1.67 / (atomic_number**0.89 * density_g_per_cm3)
    return float(range_um * 1e-6)
