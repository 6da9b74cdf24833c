r"""Printed cells: does the volume follow from the axes, and the theoretical density from the volume?

With independent errors of the axes the standard deviation of the volume is the root of the sum of squares of
:math:`\partial V/\partial p\; s_p`; whatever their correlation, it is never below the largest term less the others, nor above
their sum. The density is :math:`\rho = Z M/(N_A V)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

import attrs

from pelletry.advice.printed_values import Checked, OfSample, half_width_95
from pelletry.advice.words import finding as _finding
from pelletry.core.errors import PelletryError
from pelletry.core.quantity import Estimate, bracketed
from pelletry.reference.constants import AVOGADRO_PER_MOL
from pelletry.reference.elements import molar_mass_g_per_mol
from pelletry.study.result import Claim

__all__ = ["density_checks", "volume_checks"]

_AXES = ("lattice_a", "lattice_b", "lattice_c")
_ANGLES = ("lattice_alpha", "lattice_beta", "lattice_gamma")
#: A whole number of formula units is recognised when the printed density is this close to it.
_NEAR_WHOLE = 0.15


@attrs.frozen(kw_only=True)
class _Volume:
    """A volume from printed axes: ``std`` with independent errors, ``low`` and ``high`` its bounds for any correlation."""

    value: float
    std: float | None
    low: float
    high: float
    words: str


def _general(cell: Mapping[str, float]) -> float:
    a = cell["lattice_a"]
    b, c = cell.get("lattice_b", a), cell.get("lattice_c", a)
    cosines = [math.cos(math.radians(cell.get(name, 90.0))) for name in _ANGLES]
    inside = 1.0 - sum(cos * cos for cos in cosines) + 2.0 * math.prod(cosines)
    return a * b * c * math.sqrt(max(inside, 0.0))


def _hexagonal(cell: Mapping[str, float]) -> float:
    return math.sqrt(0.75) * cell["lattice_a"] ** 2 * cell["lattice_c"]


def _rhombohedral(cell: Mapping[str, float]) -> float:
    return _general({name: cell["lattice_alpha"] for name in _ANGLES} | {"lattice_a": cell["lattice_a"]})


def _laws(names: set[str]) -> list[Callable[[Mapping[str, float]], float]]:
    """What the axes may mean: a paper prints those that its crystal system leaves free."""
    if names == {"lattice_a", "lattice_c"}:
        return [_hexagonal, _general]
    if names == {"lattice_a", "lattice_c", "lattice_gamma"}:
        return [_general]
    if names == {"lattice_a", "lattice_alpha"}:
        return [_rhombohedral]
    return [_general] if "lattice_a" in names and ("lattice_b" in names or names == {"lattice_a"}) else []


def _volumes(axes: Mapping[str, Claim]) -> list[_Volume]:
    values = {name: claim.value.value for name, claim in axes.items()}
    known = all(claim.value.std is not None for claim in axes.values())
    found = []
    for law in _laws(set(axes)):
        volume = law(values)
        if volume <= 0:  # no cell has these angles
            continue
        terms = []
        for name, claim in axes.items():
            step = 1e-6 * values[name]
            slope = (law({**values, name: values[name] + step}) - law({**values, name: values[name] - step})) / (
                2 * step
            )
            terms.append(
                abs(slope) * (claim.value.std if claim.value.std is not None else claim.rounding / math.sqrt(3.0))
            )
        std = math.hypot(*terms)
        found.append(
            _Volume(
                value=volume,
                std=std if known else None,
                low=max(0.0, 2 * max(terms) - sum(terms)),
                high=sum(terms),
                words=_axes_in_words(axes),
            )
        )
    return found


def _axes_in_words(axes: Mapping[str, Claim]) -> str:
    return ", ".join(f"{name.removeprefix('lattice_')} = {claim.text}" for name, claim in axes.items())


def _axes_of(own: OfSample, volume: Claim) -> dict[str, Claim]:
    found = {name: own.beside(volume, name) for name in (*_AXES, *_ANGLES)}
    return {name: claim for name, claim in found.items() if claim is not None}


def volume_checks(own: OfSample) -> Iterator[Checked]:
    """Each printed volume against the axes printed with it: its value, and its standard deviation."""
    for volume in own.all("lattice_volume"):
        axes = _axes_of(own, volume)
        candidates = _volumes(axes) if "lattice_a" in axes else []
        if not candidates:
            continue
        nearest = min(candidates, key=lambda one: abs(one.value - volume.value.value))
        yield _value_checked(own, volume, nearest)
        if volume.value.std is not None and nearest.std is not None:
            yield _error_checked(own, volume, nearest, volume.value.std, nearest.std)


def _of(own: OfSample, claim: Claim) -> str:
    phase = claim.condition("phase")
    return f"{own.sample.name}{f' ({phase})' if phase else ''}"


def _value_checked(own: OfSample, volume: Claim, cell: _Volume) -> Checked:
    what = f"cell volume of {_of(own, volume)} against its axes"
    allowed = half_width_95(volume) + 1.96 * cell.high
    if abs(volume.value.value - cell.value) <= allowed:
        return Checked(what=what)
    sentence = (
        f"{_of(own, volume)}: the printed volume {volume.text} does not follow from {cell.words}, which give "
        f"{bracketed(cell.value, cell.std)} Å3 ({volume.source})."
    )
    return Checked(
        what=what,
        finding=_finding("printed-volume-differs", "warning", sentence, [own.sample.name], ["lattice_volume"]),
    )


def _error_checked(own: OfSample, volume: Claim, cell: _Volume, printed: float, std: float) -> Checked:
    what = f"e.s.d. of the cell volume of {_of(own, volume)}"
    corrected = ((volume.where, std),)
    small = printed + volume.rounding < 0.7 * max(cell.low, 0.25 * std)
    large = printed - volume.rounding > 1.5 * cell.high
    if not small and not large:
        return Checked(what=what)
    # Words for both directions; the bound that no correlation of the axes can pass is stated with them.
    ratio = std / printed if small else printed / std
    bound = (
        f"even if their errors were fully correlated it would be {cell.low:.2g} Å3 or more"
        if small and cell.low > printed
        else f"the largest it can be is {cell.high:.2g} Å3"
        if large
        else "only a strong correlation of the axes could make it smaller"
    )
    sentence = (
        f"{_of(own, volume)}: the volume is printed as {volume.text}, but {cell.words} give {bracketed(cell.value, std)} Å3: "
        f"the printed uncertainty is {ratio:.0f} times too {'small' if small else 'large'}; {bound} ({volume.source})."
    )
    return Checked(
        what=what,
        finding=_finding("printed-volume-esd", "warning", sentence, [own.sample.name], ["lattice_volume"]),
        corrected=corrected,
    )


def density_checks(own: OfSample) -> Iterator[Checked]:
    """Each printed theoretical density against Z M/(N_A V) of the printed cell."""
    for density in own.all("density_theoretical"):
        volume = _cell_volume(own, density)
        molar = _molar_mass(own.formula(density))
        if volume is None or molar is None:
            continue
        # One formula unit a cell would have this density [kg/m3].
        single = molar * 1e-3 / (AVOGADRO_PER_MOL * volume.value * 1e-30)
        units = own.beside(density, "formula_units")
        per_cell = density.value.value / single
        z = units.value.value if units is not None else float(round(per_cell))
        if z < 1 or (units is None and abs(per_cell - z) > _NEAR_WHOLE):
            continue
        std = z * single * (volume.std or 0.0) / volume.value
        yield _density_checked(own, density, Estimate(value=z * single, std=std or None, unit="kg/m3", method=""), z)


def _density_checked(own: OfSample, density: Claim, computed: Estimate, z: float) -> Checked:
    what = f"theoretical density of {own.sample.name} against its cell"
    off = density.value.value - computed.value
    if abs(off) <= half_width_95(density) + 1.96 * (computed.std or 0.0):
        return Checked(what=what)
    relative = abs(density.value.value / computed.value - 1.0)
    cell = bracketed(computed.value * 1e-3, None if computed.std is None else computed.std * 1e-3)
    sentence = (
        f"{own.sample.name}: the theoretical density is printed as {density.text}, but the printed cell with Z = {z:g} of "
        f"{own.formula(density)} has {cell} g/cm3: relative densities made with it are {100 * relative:.1f} % of their value too "
        f"{'low' if off > 0 else 'high'} ({density.source})."
    )
    return Checked(
        what=what,
        finding=_finding(
            "printed-theoretical-density",
            "warning",
            sentence,
            [own.sample.name],
            ["density_theoretical", "relative_density"],
        ),
    )


def _cell_volume(own: OfSample, density: Claim) -> Estimate | None:
    """From the axes where they mean one thing, else as printed."""
    axes = _axes_of(own, density)
    candidates = _volumes(axes) if "lattice_a" in axes else []
    printed = own.beside(density, "lattice_volume")
    if candidates and (printed is not None or len(candidates) == 1):
        wanted = candidates[0].value if printed is None else printed.value.value
        best = min(candidates, key=lambda one: abs(one.value - wanted))
        return Estimate(value=best.value, std=best.std, unit="angstrom3", method="from the axes")
    return None if printed is None else printed.value


def _molar_mass(formula: str) -> float | None:
    try:
        return molar_mass_g_per_mol(formula) if formula else None
    except PelletryError:
        return None
