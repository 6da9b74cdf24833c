"""What a person may choose about powder patterns; every default is stated, and no wavelength or phase is assumed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["IDENTIFY", "DiffractionSettings", "ExternalStandard", "InstrumentProfile", "Spike", "StatedPath"]

#: The value of ``phases`` that lets the program look for them.
IDENTIFY = "identify"

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Angle = Annotated[float, Field(gt=0, lt=180, allow_inf_nan=False)]


class InstrumentProfile(BaseModel):
    """What the diffractometer does to a peak, as a standard gave it: held, and samples may only broaden it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    U: _Finite = Field(default=0.0, description="Gaussian width: U of U tan² + V tan + W, in degrees² (FWHM).")
    V: _Finite = Field(default=0.0, description="V, in degrees².")
    W: _Finite = Field(description="W, in degrees².")
    X: _Finite = Field(default=0.0, description="Lorentzian width: X of X/cos + Y tan, in degrees (FWHM).")
    Y: _Finite = Field(default=0.0, description="Y, in degrees.")
    axial_divergence: Annotated[float, Field(ge=0, le=0.2)] = Field(
        default=0.0, description="S/L = H/L of the axial divergence (Finger, Cox and Jephcoat)."
    )
    zero_deg: _Finite = Field(default=0.0, description="Zero of 2theta in degrees.")
    source: str = Field(min_length=1, description="Which standard gave these numbers, and when.")


class StatedPath(BaseModel):
    """Lengths along the axis of the goniometer and openings of slits, which make the axial divergence two-sided and the sample flat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_length_m: _Positive = Field(
        description="Length of the focus of the tube, such as 0.012 for a long fine focus."
    )
    sample_length_m: _Positive = Field(description="Length of the lit sample along the axis, which a mask limits.")
    slit_length_m: _Positive | None = Field(
        default=None, description="Length of the receiving slit or of the detector's window. None: that of the sample."
    )
    soller_incident_deg: _Positive | None = Field(
        default=None,
        description="Full opening of the Soller slits before the sample in degrees (0.04 rad are 2.29 each side, 4.58 in full). None: there are none.",
    )
    soller_diffracted_deg: _Positive | None = Field(
        default=None, description="Full opening of the Soller slits after the sample in degrees."
    )
    divergence_deg: _Positive | None = Field(
        default=None,
        description="Opening of the fixed divergence slit in degrees. None: a slit that keeps the lit length, or a sample on the focusing circle.",
    )


class Spike(BaseModel):
    """A phase that was weighed in, to have the amorphous part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phase: str = Field(min_length=1, description="Name of the phase, as under phases.")
    mass_fraction: Annotated[float, Field(gt=0, lt=1)] = Field(
        description="Its mass over that of the whole mixture as it was weighed, a share of 1."
    )
    std: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.0, description="Standard deviation of that share.")


class ExternalStandard(BaseModel):
    """A standard of known crystallinity in another scan of the same instrument, to have the amorphous part."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    crystalline_fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Crystalline share of the standard by mass, as its certificate says (SRM 676a: 0.9902)."
    )
    std: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.0, description="Standard deviation of that share.")
    sample_mass_absorption_m2_per_kg: _Positive | None = Field(
        default=None,
        description="Mass absorption of the whole sample at this wavelength in m2/kg. None: from the sample's composition.",
    )


class DiffractionSettings(BaseModel):
    """The ``[diffraction]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phases: tuple[str, ...] = Field(
        default=(IDENTIFY,),
        description="Phases to refine: keys of the library, paths of your own CIF files, or the text of a CIF; 'identify' looks for them.",
    )
    elements: tuple[str, ...] = Field(
        default=(),
        description='Elements that can be in the sample, such as ["Li", "Al", "Ti", "P", "O"]: only phases made of them are looked for. '
        "Empty: any.",
    )
    cif_folder: str = Field(default="", description="A folder of your own CIF files that the search may use as well.")
    radiation: str = Field(
        default="",
        description="Radiation, such as 'Cu Ka' (K-alpha1 and 2), 'Cu Ka1' or a wavelength '1.5406 angstrom'. Empty: what the file says; "
        "a file that says nothing is not analysed without it.",
    )
    alpha2_ratio: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="Intensity of K-alpha2 over K-alpha1. None: as the file says, else 0.5."
    )
    monochromator_two_theta_deg: Annotated[float, Field(ge=0, lt=90)] | None = Field(
        default=None,
        description="2theta of the monochromator in degrees (graphite for Cu: 26.6), 0: there is none. None: what the file says.",
    )
    goniometer_radius_m: _Positive | None = Field(
        default=None, description="Radius of the goniometer in m, for the displacement. None: what the file says."
    )
    instrument: InstrumentProfile | None = Field(
        default=None, description="Profile of the instrument, held; a standard among the files gives it as well."
    )
    instrument_file: str = Field(
        default="", description="A GSAS .prm, GSAS-II .instprm or FullProf .irf file to take the profile from."
    )
    standard_phase: str = Field(
        default="",
        description="Phase of the standard (library key, CIF). Empty: looked for among the standards of the library.",
    )
    standard_files: tuple[str, ...] = Field(
        default=(), description="Names of the files that are scans of the standard, where files.csv has no column role."
    )
    two_theta_min_deg: _Angle | None = Field(default=None, description="Points below are left out. None: all.")
    two_theta_max_deg: _Angle | None = Field(default=None, description="Points above are left out. None: all.")
    excluded_deg: tuple[tuple[_Angle, _Angle], ...] = Field(
        default=(), description="Regions of 2theta that are left out, such as [[37.5, 38.5]]."
    )
    background: Literal["chebyshev", "linear", "spline"] = Field(
        default="chebyshev",
        description="Background: a Chebyshev polynomial, or values at nodes with straight lines or a natural cubic spline between them.",
    )
    background_nodes_deg: tuple[_Angle, ...] = Field(
        default=(),
        description="2theta of the nodes of an interpolated background. Empty: equal steps, background_terms of them.",
    )
    background_terms: Annotated[int, Field(ge=1, le=40)] | None = Field(
        default=None,
        description="Chebyshev terms of the background, or its nodes. None: as many as the pattern supports.",
    )
    has_air_term: bool = Field(default=False, description="Add scattering of air, 1/2theta, to the background.")
    beam_path: StatedPath | None = Field(
        default=None,
        description="Lengths and openings of the diffractometer where the file does not state them: two-sided axial divergence, flat sample and the "
        "natural lines of copper instead of S/L = H/L and sharp lines. Needs the radius.",
    )
    refine_transparency: bool | None = Field(
        default=None,
        description="Refine a shift with sin 2theta. None: where the beam path is known and the scan goes beyond 120 degrees.",
    )
    refine_zero: bool = Field(
        default=False,
        description="Refine the zero of 2theta beside the displacement. The two are hardly told apart and move the cell by 100 ppm.",
    )
    refine_displacement: bool = Field(default=True, description="Refine the displacement of the sample.")
    refine_B: Literal["none", "overall", "atoms"] = Field(
        default="none", description="Displacement parameters: held, one shift a phase, or one a site."
    )
    refine_atoms: Literal["none", "positions", "all"] = Field(
        default="none", description="Coordinates (and occupancies) of the atoms that symmetry leaves free."
    )
    rigid_phosphates: dict[str, Annotated[float, Field(gt=1.3, lt=1.8)]] = Field(
        default_factory=dict,
        description="Phases whose PO4 keep their shape while atoms move, and their P-O distance in angstrom, such as {latp = 1.53}: every P-O is drawn "
        "to it within 0.005 and every O-P-O to 109.47 within 1 degree. Strong restraints, not a rigid body.",
    )
    size_strain: Literal["none", "isotropic", "stephens", "direction"] = Field(
        default="isotropic",
        description="Broadening by the sample: one size and one strain a phase; 'stephens': strain that depends on hkl as the Laue class allows; "
        "'direction': a size along size_axis and another across it.",
    )
    size_axis: tuple[int, int, int] = Field(
        default=(0, 0, 1),
        description="Plane to which the axis of the size stands normal, for size_strain = 'direction'.",
    )
    texture: dict[str, tuple[int, int, int]] = Field(
        default_factory=dict,
        description="March-Dollase texture: the hkl of the plane that lies flat, by phase, such as {LATP = [0, 0, 1]}.",
    )
    extra_lines: tuple[Literal["Kb", "W"], ...] = Field(
        default=(), description="Residual lines of the tube that the pattern shows: K-beta, tungsten L."
    )
    le_bail: tuple[str, ...] = Field(
        default=(), description="Phases whose intensities are free (Le Bail); those without coordinates always are."
    )
    particle_diameter_m: dict[str, _Positive] = Field(
        default_factory=dict,
        description="Diameter of the particles in m by phase, such as {zno = 2e-6}: Brindley's correction is shown beside the weight fractions.",
    )
    spike: Spike | None = Field(default=None, description="A phase that was weighed in: gives the amorphous part.")
    external_standard: ExternalStandard | None = Field(
        default=None,
        description="The scan of the standard (role standard) also gives the amorphous part: it was measured with the same tube, slits and "
        "area in the beam as the sample.",
    )
    temperature_standard: str = Field(
        default="",
        description="A phase in the scans (Al2O3, Pt) whose cell tells the temperature of the sample, by its known expansion.",
    )
    temperature_std_K: _Positive | None = Field(
        default=None,
        description="Standard deviation of the sample's temperature in K; none: not known, and it is said.",
    )
    series: Literal["auto", "order", "off"] = Field(
        default="auto",
        description="'auto': scans at three temperatures or more are a series: cells against temperature, expansion, transition. 'order': scans follow "
        "one another (time, dose): each starts from its neighbour.",
    )
    series_mode: Literal["separate", "parametric"] = Field(
        default="separate",
        description="'separate': each scan has its own cell, and smooth functions of the temperature go through these cells. 'parametric': the "
        "functions are fitted to all scans at once, which phases too weak or overlapped for cells of their own need.",
    )
    expansion_degree: Annotated[int, Field(ge=1, le=4)] | None = Field(
        default=None,
        description="Degree of the polynomials of the cell against temperature. None: chosen by AICc, at most 3.",
    )
    jobs: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="Processes that refine a series; the numbers do not depend on it."
    )

    @field_validator("phases", "elements", "standard_files", "le_bail", "extra_lines", mode="before")
    @classmethod
    def _one_text_is_a_list(cls, value: Any) -> Any:
        """``LATP, Al2O3`` on a command line is a list; the text of a CIF stays whole."""
        if isinstance(value, str):
            return (value,) if "\n" in value else tuple(filter(None, (t.strip() for t in value.split(","))))
        return value

    @field_validator("phases")
    @classmethod
    def _phases_are_named_once(cls, phases: tuple[str, ...]) -> tuple[str, ...]:
        if not phases:
            return (IDENTIFY,)
        twice = sorted({p for p in phases if phases.count(p) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice under phases")
        if IDENTIFY in phases and len(phases) > 1:
            raise ValueError(
                "'identify' stands alone; to add phases to a search is not possible, name them all instead"
            )
        return phases

    @field_validator("elements")
    @classmethod
    def _elements_are_symbols(cls, elements: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [e for e in elements if not re.fullmatch(r"[A-Z][a-z]?", e)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write the symbols of the elements, such as Li, Al, Ti, P, O")
        return elements

    @field_validator("size_axis")
    @classmethod
    def _axis_is_one(cls, axis: tuple[int, int, int]) -> tuple[int, int, int]:
        if not any(axis):
            raise ValueError("size_axis [0, 0, 0] is no plane; write [0, 0, 1] for the c axis of a hexagonal phase")
        return axis

    @field_validator("excluded_deg")
    @classmethod
    def _regions_are_upwards(cls, regions: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        for low, high in regions:
            if low >= high:
                raise ValueError(f"the excluded region {low:g} to {high:g} is empty")
        return regions

    @model_validator(mode="after")
    def _window_is_not_empty(self) -> DiffractionSettings:
        low, high = self.two_theta_min_deg, self.two_theta_max_deg
        if low is not None and high is not None and low >= high:
            raise ValueError(f"two_theta_min_deg {low:g} is not below two_theta_max_deg {high:g}")
        if self.background_nodes_deg and self.background == "chebyshev":
            raise ValueError("background_nodes_deg needs background = 'linear' or 'spline'")
        if self.rigid_phosphates and self.refine_atoms == "none":
            raise ValueError("rigid_phosphates hold atoms that move: write refine_atoms = 'positions'")
        if self.instrument is not None and self.instrument_file:
            raise ValueError("give the profile under instrument or in instrument_file, not both")
        return self

    def outside_files(self) -> tuple[str, ...]:
        """Paths that these settings name, seen from the study: own CIF files, their folder, an instrument file."""
        cifs = [p for p in (*self.phases, self.standard_phase) if p.lower().endswith(".cif") and "\n" not in p]
        return tuple(dict.fromkeys(p for p in (*cifs, self.cif_folder, self.instrument_file) if p))

    @property
    def is_search(self) -> bool:
        """Are the phases to be found?"""
        return self.phases == (IDENTIFY,)
