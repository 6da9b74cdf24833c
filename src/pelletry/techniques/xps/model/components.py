"""Components of a region and how their lines are tied: every line parameter is a fixed multiple of a free one plus an offset."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, array_field

__all__ = ["Component", "Layout", "layout_of"]

#: Bounds of the widths in eV: no monochromator and no lifetime gives less, no single state in a region more.
_GAUSS_EV = (0.2, 6.0)
_LORENTZ_EV = (0.0, 4.0)
_COSTER_KRONIG_EV = (0.0, 5.0)
#: Shapes whose second parameter is a percentage and not the Lorentzian width.
_PERCENT = ("sgl", "gl", "doniach_sunjic")


@attrs.frozen(kw_only=True)
class Component:
    """One chemical state of one level: a line, or a doublet whose lines share everything but position, area and maybe width.

    ``position_eV`` is that of the stronger line, free within ``position_range_eV`` on either side. ``splitting_eV`` None: a single line;
    ``ratio`` is area of the weaker over area of the stronger line, ``is_ratio_free`` frees it. ``has_wide_partner``: the weaker line
    has a Lorentzian width of its own (Coster-Kronig decay of 2p1/2). Components of one ``width_group`` share their widths.
    ``second`` is the Lorentzian FWHM [eV] of a Voigt line and of asymmetric ones, else the percentage of the shape, which is not fitted.
    """

    name: str
    level: str
    phase: str = ""
    position_eV: float
    position_range_eV: float = 1.5
    shape: str = "voigt"
    fwhm_eV: float = 1.2
    second: float = 0.4
    splitting_eV: float | None = None
    ratio: float = 1.0
    is_ratio_free: bool = False
    has_wide_partner: bool = False
    width_group: str = ""


@attrs.frozen(kw_only=True)
class Layout:
    """Lines (area, position, first, second) x n = ``mixing`` @ theta + ``offset``; what stands under the lines is not in here.

    ``main_line[i]`` and ``partner_line[i]`` (-1: none) are the lines of component i.
    """

    shapes: tuple[str, ...]
    component: tuple[int, ...]
    main_line: tuple[int, ...]
    partner_line: tuple[int, ...]
    names: tuple[str, ...]
    mixing: Array = array_field(doc="shape (4 n, p)")
    offset: Array = array_field(doc="shape (4 n,)")
    start: Array = array_field(doc="shape (p,)")
    lower: Array = array_field(doc="shape (p,)")
    upper: Array = array_field(doc="shape (p,)")
    is_area: npt.NDArray[np.bool_] = array_field(dtype=bool)
    is_held: npt.NDArray[np.bool_] = array_field(dtype=bool)

    @property
    def lines(self) -> int:
        return len(self.shapes)


@attrs.define
class _Free:
    """The free parameters as they are found."""

    names: list[str] = attrs.field(factory=list)
    start: list[float] = attrs.field(factory=list)
    lower: list[float] = attrs.field(factory=list)
    upper: list[float] = attrs.field(factory=list)
    is_area: list[bool] = attrs.field(factory=list)
    is_held: list[bool] = attrs.field(factory=list)

    def index(
        self, name: str, start: float, bounds: tuple[float, float], *, is_area: bool = False, is_held: bool = False
    ) -> int:
        if name not in self.names:
            self.names.append(name)
            self.start.append(min(max(start, bounds[0]), bounds[1]))
            self.lower.append(bounds[0])
            self.upper.append(bounds[1])
            self.is_area.append(is_area)
            self.is_held.append(is_held)
        return self.names.index(name)


def layout_of(components: tuple[Component, ...]) -> Layout:
    """Lines and free parameters of the components, in their order."""
    free = _Free()
    shapes: list[str] = []
    owner: list[int] = []
    main: list[int] = []
    partner: list[int] = []
    entries: list[tuple[int, int, float]] = []  # row of the line parameters, free parameter, factor
    offset: list[float] = []
    for number, one in enumerate(components):
        group = one.width_group or f"component {number}"
        has_partner = one.splitting_eV is not None
        area = free.index(f"area {number}", 1.0, (0.0, np.inf), is_area=True)
        span = (one.position_eV - one.position_range_eV, one.position_eV + one.position_range_eV)
        position = free.index(f"position {number}", one.position_eV, span)
        first = free.index(f"first {group} {one.shape}", one.fwhm_eV, _GAUSS_EV)
        is_percent = one.shape in _PERCENT
        second_bounds = (0.0, 100.0) if is_percent else _LORENTZ_EV
        second = free.index(
            f"second {group} {one.shape} {one.second if is_percent else ''}",
            one.second,
            second_bounds,
            is_held=is_percent,
        )
        for is_partner in (False, True) if has_partner else (False,):
            row = 4 * len(shapes)
            (partner if is_partner else main).append(len(shapes))
            shapes.append(one.shape)
            owner.append(number)
            area_at, factor = area, one.ratio if is_partner else 1.0
            if is_partner and one.is_ratio_free:
                area_at, factor = free.index(f"partner area {number}", one.ratio, (0.0, np.inf), is_area=True), 1.0
            widths = (first, second)
            if is_partner and one.has_wide_partner:
                widths = _partner_widths(free, one, group, widths)
            entries += [(row, area_at, factor), (row + 1, position, 1.0), (row + 2, widths[0], 1.0)]
            entries.append((row + 3, widths[1], 1.0))
            offset += [0.0, one.splitting_eV or 0.0 if is_partner else 0.0, 0.0, 0.0]
        if not has_partner:
            partner.append(-1)
    mixing = np.zeros((4 * len(shapes), len(free.names)))
    for row, column, factor in entries:
        mixing[row, column] = factor
    return Layout(
        shapes=tuple(shapes),
        component=tuple(owner),
        main_line=tuple(main),
        partner_line=tuple(partner),
        names=tuple(free.names),
        mixing=mixing,
        offset=np.asarray(offset),
        start=np.asarray(free.start),
        lower=np.asarray(free.lower),
        upper=np.asarray(free.upper),
        is_area=np.asarray(free.is_area),
        is_held=np.asarray(free.is_held),
    )


def _partner_widths(free: _Free, one: Component, group: str, widths: tuple[int, int]) -> tuple[int, int]:
    """The partner of a Coster-Kronig doublet: a Lorentzian width of its own, or an own width where the shape has one width only."""
    if one.shape not in _PERCENT:
        return widths[0], free.index(f"second partner {group}", one.second + 0.8, _COSTER_KRONIG_EV)
    return free.index(f"first partner {group} {one.shape}", 1.4 * one.fwhm_eV, _GAUSS_EV), widths[1]
