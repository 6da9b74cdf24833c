"""What a person may choose about photoelectron spectra. No charge reference, sensitivity set or escape depth has a default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ChargeReference", "ComponentSetting", "LayerSetting", "SensitivitySet", "WindowSetting", "XpsSettings"]

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
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
    shape: Literal["voigt", "sgl", "gl", "doniach_sunjic"] = Field(
        default="voigt",
        description="Line shape: 'voigt', CasaXPS' sum 'sgl' or product 'gl', or the asymmetric 'doniach_sunjic'.",
    )
    mixing_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(
        default=None,
        description="m of SGL(m) or GL(m), or 100 alpha of an asymmetric line; needed for these shapes and not fitted.",
    )
    fwhm_eV: _Positive = Field(default=1.2, description="Width the fit starts from; it is fitted.")
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
        if self.shape != "voigt" and self.mixing_percent is None:
            raise ValueError(f"the shape {self.shape} of {self.name} needs mixing_percent")
        if self.shape == "voigt" and self.mixing_percent is not None:
            raise ValueError(f"a voigt line has no mixing_percent; take 'sgl' or 'gl' for {self.name}")
        return self


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
    background: Literal["active", "shirley", "linear", "tougaard"] = Field(
        default="active", description="The background that figures show; fractions are averages over all of them."
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
        names = [(one.region, one.name) for one in self.component]
        twice = sorted({f"{region} {name}" for region, name in names if names.count((region, name)) > 1})
        if twice:
            raise ValueError(f"components are named twice: {', '.join(twice)}")
        return self
