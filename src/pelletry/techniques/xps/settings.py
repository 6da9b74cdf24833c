"""What a person may choose about photoelectron spectra. No charge reference, sensitivity set or escape depth has a default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "ChargeReference",
    "ComponentSetting",
    "LayerSetting",
    "SensitivitySet",
    "TougaardSetting",
    "WindowSetting",
    "XpsSettings",
]

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Background = Literal["active", "active_own", "losses", "losses_gap", "shirley", "linear", "tougaard"]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
#: What a shape needs beside its width, and nothing else.
_SHAPE_NEEDS = {
    "sgl": ("mixing_percent",),
    "gl": ("mixing_percent",),
    "doniach_sunjic": ("mixing_percent",),
    "la": ("alpha", "beta"),
    "lf": ("alpha", "beta", "damping_eV"),
    "ds": ("alpha",),
}
_Energy = Annotated[float, Field(gt=-50, lt=20_000, allow_inf_nan=False)]


class ChargeReference(BaseModel):
    """The line that sets the scale of binding energies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    line: str = Field(min_length=2, description="Level of the reference, such as 'C 1s' or 'Au 4f'.")
    energy_eV: _Energy = Field(description="Binding energy the line is put at, such as 285.0; there is no default.")
    component: str = Field(
        default="", description="Name of the component of that region which is the reference; empty: its largest."
    )
    from_file: bool = Field(
        default=False, description="Take the shift that CasaXPS stored in the file instead of fitting the line."
    )


class ComponentSetting(BaseModel):
    """One chemical state that is fitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(min_length=2, description="Level of the region it is fitted in, such as 'Ti 2p'.")
    name: str = Field(min_length=1, description="What the state is called in tables, such as 'Ti4+'.")
    position_eV: _Energy = Field(description="Where the fit starts, of the stronger line of a doublet.")
    position_range_eV: _Positive = Field(default=1.0, description="How far the fit may move it, to either side.")
    level: str = Field(
        default="", description="Level of the state where it is not that of the region, such as 'Zr 4s'."
    )
    phase: str = Field(
        default="", description="What it is taken for, such as 'Li3P' or 'phosphate': held against the reference table."
    )
    shape: Literal["voigt", "sgl", "gl", "la", "lf", "ds", "doniach_sunjic"] = Field(
        default="voigt",
        description="Line shape: 'voigt', CasaXPS' sum 'sgl' or product 'gl', the asymmetric 'la', 'lf' or 'ds' (Doniach-Sunjic), broadened by "
        "a Gaussian, or 'doniach_sunjic' without one.",
    )
    alpha: Annotated[float, Field(ge=0, le=50)] | None = Field(
        default=None,
        description="Of la and lf: power of the Lorentzian above the position (1 as in a Voigt line, less: a longer tail). Of ds: its asymmetry, 0 to 0.5. Not fitted.",
    )
    beta: Annotated[float, Field(gt=0, le=50)] | None = Field(
        default=None, description="Of la and lf: power of the Lorentzian below the position. Not fitted."
    )
    damping_eV: _Positive | None = Field(
        default=None, description="Of lf: d of exp(-(x/d)^2), by which the tail ends. Not fitted."
    )
    mixing_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(
        default=None,
        description="m of SGL(m) or GL(m), or 100 alpha of doniach_sunjic; needed for these shapes and not fitted.",
    )
    fwhm_eV: _Positive = Field(
        default=1.2,
        description="Width the fit starts from (of voigt, la, lf and ds that of the Gaussian); it is fitted.",
    )
    lorentz_fwhm_eV: _Positive | None = Field(
        default=None,
        description="Lorentzian width the fit of a voigt, la, lf or ds line starts from; none: 0.3 eV. It is fitted.",
    )
    has_wide_partner: bool | None = Field(
        default=None,
        description="Whether the weaker line has a width of its own, as 2p1/2 after Coster-Kronig decay; none: as the table of lines says.",
    )
    width_group: str = Field(
        default="", description="Components with the same word share their widths; empty: all of one level do."
    )
    is_doublet: bool | None = Field(
        default=None, description="Whether it has a spin-orbit partner; none: as the table of lines says."
    )
    splitting_eV: _Positive | None = Field(
        default=None, description="Of the doublet; none: that of the table of lines."
    )
    ratio: _Positive | None = Field(
        default=None, description="Area of the weaker over the stronger line; none: that of the table of lines."
    )
    is_ratio_free: bool = Field(default=False, description="Fit the ratio of the doublet instead of fixing it.")

    @model_validator(mode="after")
    def _shape_is_whole(self) -> ComponentSetting:
        given = {name for name in ("mixing_percent", "alpha", "beta", "damping_eV") if getattr(self, name) is not None}
        needed = set(_SHAPE_NEEDS.get(self.shape, ()))
        if needed - given:
            raise ValueError(f"the shape {self.shape} of {self.name} needs {' and '.join(sorted(needed - given))}")
        if given - needed:
            others = " or ".join(repr(shape) for shape, names in _SHAPE_NEEDS.items() if given <= set(names))
            surplus = " and ".join(sorted(given - needed))
            raise ValueError(f"a {self.shape} line has no {surplus}; take {others or 'one shape'} for {self.name}")
        if self.shape in ("la", "lf") and self.alpha == 0.0:
            raise ValueError(f"alpha of {self.name} is 0, so its line never falls")
        if self.shape == "ds" and self.alpha is not None and self.alpha > 0.5:
            raise ValueError(f"alpha of {self.name} is {self.alpha:g}; a Doniach-Sunjic line has 0 to 0.5")
        return self

    @property
    def shape_name(self) -> str:
        """The shape with its parameters, as the model knows it."""
        values = [
            getattr(self, name) for name in ("alpha", "beta", "damping_eV") if name in _SHAPE_NEEDS.get(self.shape, ())
        ]
        return f"{self.shape}({','.join(f'{value:g}' for value in values)})" if values else self.shape


class TougaardSetting(BaseModel):
    """A loss function K(T) = B T / (C + T^2)^2 (U2) or B T / ((C - T^2)^2 + D T^2) (U3), zero below a gap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    C_eV2: _Positive = Field(description="C, such as 1643 of the universal function.")
    D_eV2: _Positive | None = Field(default=None, description="D of the three-parameter function U3; none: U2.")
    gap_eV: Annotated[float, Field(ge=0, le=30)] = Field(default=0.0, description="No losses below this.")
    B_eV2: _Positive | None = Field(
        default=None,
        description="B; none: the static background meets the data at the far end. With losses B is always fitted.",
    )


class WindowSetting(BaseModel):
    """The part of a region that is fitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(min_length=2, description="Level of the region, such as 'Ti 2p'.")
    low_eV: _Energy = Field(description="Lower binding energy, on the scale of the file.")
    high_eV: _Energy = Field(description="Higher binding energy, on the scale of the file.")

    @model_validator(mode="after")
    def _is_not_empty(self) -> WindowSetting:
        if self.low_eV >= self.high_eV:
            raise ValueError(f"low_eV {self.low_eV:g} is not below high_eV {self.high_eV:g}")
        return self


class SensitivitySet(BaseModel):
    """Sensitivity factors of an instrument."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="What the set is called, such as 'Kratos F1s'.")
    source: str = Field(min_length=1, description="Where it is from.")
    factors: dict[str, _Positive] = Field(description="Factor of each level, such as {'O 1s' = 0.78}.")
    includes_transmission: bool = Field(description="Whether the analyser's transmission is in the factors already.")
    includes_escape_depth: bool = Field(description="Whether the escape depth is in the factors already.")


class LayerSetting(BaseModel):
    """Two states of one level, one in a layer on top of the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str = Field(min_length=2, description="Level of both states, such as 'Zr 3d'.")
    layer: tuple[str, ...] = Field(min_length=1, description="Names of the components of the layer.")
    substrate: tuple[str, ...] = Field(min_length=1, description="Names of the components under it.")
    escape_depth_m: _Positive = Field(description="Escape depth of these electrons in the layer; no default.")
    escape_depth_std_m: _Positive | None = Field(default=None, description="Its standard deviation; none: not stated.")
    escape_depth_source: str = Field(min_length=1, description="Where the escape depth is from.")
    emission_angle_deg: Annotated[float, Field(ge=0, lt=80)] = Field(
        description="Angle between the surface's normal and the analyser."
    )
    density_ratio: _Positive = Field(
        description="Atoms of the element per volume in the substrate over those in the layer."
    )


class XpsSettings(BaseModel):
    """The ``[xps]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    charge_reference: ChargeReference | None = Field(
        default=None,
        description="Line and energy that set the scale, as {line = 'C 1s', energy_eV = 285.0}. None: absolute assignments "
        "are withheld, differences between lines are given.",
    )
    component: tuple[ComponentSetting, ...] = Field(
        default=(), description="The states to fit, [[xps.component]]; regions without any get proposed ones."
    )
    window: tuple[WindowSetting, ...] = Field(
        default=(), description="Windows of regions, [[xps.window]]; without one the whole region is fitted."
    )
    regions: tuple[str, ...] = Field(
        default=(),
        description="Only these levels are analysed, such as ['Ti 2p', 'O 1s']; empty: all with a known level.",
    )
    positions: Literal["measured", "corrected"] = Field(
        default="measured",
        description="Whether the positions and windows above are on the file's scale or on that of the charge reference.",
    )
    source_energy_eV: _Positive | None = Field(
        default=None, description="Photon energy, for files that count kinetic energies and do not state it."
    )
    background: Background = Field(
        default="active",
        description="The background that figures show, the first of backgrounds where it is none of them; fractions are averages over all.",
    )
    backgrounds: tuple[Background, ...] = Field(
        default=("active", "active_own", "losses", "losses_gap", "shirley", "linear", "tougaard"),
        min_length=1,
        description="The backgrounds that shares are averaged over. With fewer, their intervals hold the truth less often.",
    )
    tougaard: TougaardSetting | None = Field(
        default=None,
        description="Loss function of the backgrounds tougaard and losses, as {C_eV2 = 551, D_eV2 = 436, gap_eV = 3}; none: the universal one.",
    )
    end_points: Annotated[int, Field(ge=5, le=100)] = Field(
        default=7, description="Points whose mean is the level at either end of a window, at least 5."
    )
    window_shift_eV: _Positive = Field(
        default=1.0, description="How far either end of the window is moved for the average over windows."
    )
    most_components: Annotated[int, Field(ge=1, le=6)] = Field(
        default=3, description="Most components that are proposed for a region without [[xps.component]]."
    )
    sensitivity: Literal["scofield"] | None = Field(
        default=None, description="A built-in set of sensitivity factors: 'scofield'. None: no atomic fractions."
    )
    sensitivity_set: SensitivitySet | None = Field(
        default=None, description="A set of your own instead, [xps.sensitivity_set]."
    )
    transmission: Literal["file", "constant"] | None = Field(
        default=None,
        description="The analyser's transmission: 'file' divides by the file's column, 'constant' states that it does not "
        "change. None: not stated; needed unless the set of factors includes it.",
    )
    escape_depth_exponent: Annotated[float, Field(ge=0, le=2)] | None = Field(
        default=None,
        description="n of escape depth ~ (kinetic energy)^n, often 0.75. None: not stated; needed unless the set includes it.",
    )
    pristine_li_to_zr: _Positive | None = Field(
        default=None,
        description="Li atoms per Zr atom of the pristine pellet, the internal standard of the Li 1s / Zr 4s ratio.",
    )
    phosphate_bond_length_angstrom: _Positive | None = Field(
        default=None,
        description="Mean P-O bond of the phosphate, such as 1.53; none: the check gives the bond it implies.",
    )
    layer: tuple[LayerSetting, ...] = Field(default=(), description="Layers on top of a substrate, [[xps.layer]].")

    @model_validator(mode="after")
    def _one_set(self) -> XpsSettings:
        if self.sensitivity is not None and self.sensitivity_set is not None:
            raise ValueError("sensitivity and sensitivity_set are both given; each factor is applied once, so keep one")
        if "background" in self.model_fields_set and self.background not in self.backgrounds:
            raise ValueError(
                f"background {self.background} is drawn but is none of backgrounds: {', '.join(self.backgrounds)}"
            )
        names = [(one.region, one.name) for one in self.component]
        twice = sorted({f"{region} {name}" for region, name in names if names.count((region, name)) > 1})
        if twice:
            raise ValueError(f"components are named twice: {', '.join(twice)}")
        return self
