"""What a person may choose about the analysis of impedance spectra; every default is stated and none is physical data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["ImpedanceSettings", "Transition"]

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Transition(BaseModel):
    """A phase transition that is known for the composition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="What changes, such as 'triclinic to rhombohedral LiZr2(PO4)3'.")
    temperature_K: _Positive = Field(description="Temperature of the transition in K.")
    source: str = Field(min_length=1, description="Where this is known from.")


class ImpedanceSettings(BaseModel):
    """The ``[impedance]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    circuit: str = Field(
        default="auto",
        description="Equivalent circuit in Boukamp's notation, such as R(RQ)Q, or the name of one; 'auto' compares a small "
        "library by AICc and by whether every parameter is resolved, and says why it chose.",
    )
    weighting: Literal["modulus", "proportional", "unit"] = Field(
        default="modulus",
        description="Weights of the fit: 'modulus' 1/|Z|^2, 'proportional' 1/Z'^2 and 1/Z''^2, 'unit' all alike.",
    )
    frequency_min_Hz: _Positive | None = Field(
        default=None, description="Points below this frequency are left out; none: all the file has."
    )
    frequency_max_Hz: _Positive | None = Field(
        default=None, description="Points above this frequency are left out; none: all the file has."
    )
    impedance_limit_ohm: _Positive | None = Field(
        default=None,
        description="Largest impedance that the instrument measures with its cable; points above it are reported. None: not known.",
    )
    trim: Literal["apply", "propose", "off"] = Field(
        default="apply",
        description="Points at the ends of the spectrum that violate Kramers-Kronig or are physically impossible: 'apply' "
        "leaves them out and lists each with its reason, 'propose' only lists them, 'off' does not look.",
    )
    inductance: Literal["auto", "never", "always"] = Field(
        default="auto",
        description="Inductance of the cable in series with the circuit: 'auto' adds it where the spectrum resolves it, "
        "'never' and 'always' as they say. A circuit of your own is taken as it stands under 'auto'.",
    )
    temperature_std_K: _Positive | None = Field(
        default=None,
        description="Standard deviation of the sample's temperature in K; none: not known, and the budget says so.",
    )
    temperature_error_is_common: bool = Field(
        default=False,
        description="True when the temperature error is an offset of the thermometer, the same at every temperature.",
    )
    reference_temperature_K: _Positive = Field(
        default=298.15, description="Temperature at which the conductivity is interpolated or extrapolated, in K."
    )
    transitions: tuple[Transition, ...] = Field(
        default=(),
        description="Known phase transitions; an Arrhenius line across one is flagged.",
    )
    convention: Literal["ln(sigma T)", "ln(sigma)"] = Field(
        default="ln(sigma T)",
        description="The activation energy that tables show first; both are always computed and named.",
    )
    arrhenius_weighting: Literal["stated", "equal"] = Field(
        default="stated",
        description="Weights of the Arrhenius line: 'stated' from the errors of each point, 'equal' all points alike.",
    )
    bootstrap_draws: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=0,
        description="Residual bootstrap draws a spectrum for the intervals, at least 40; 0: intervals from the covariance or the "
        "profile of the fit.",
    )
    global_fit: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Fit all temperatures together as well (Arrhenius resistances, shared capacitances) to show how far the "
        "energies depend on the model: 'auto' where the circuit has two arcs or more, 'always', 'never'.",
    )

    @field_validator("circuit")
    @classmethod
    def _circuit_is_readable(cls, text: str) -> str:
        from pelletry.core.errors import CircuitError
        from pelletry.techniques.impedance.model.circuit import parse_circuit

        if text != "auto":
            try:
                parse_circuit(text)
            except CircuitError as error:
                raise ValueError(str(error)) from None
        return text

    @field_validator("bootstrap_draws")
    @classmethod
    def _draws_are_enough(cls, draws: int) -> int:
        if 0 < draws < 40:
            raise ValueError(f"{draws} bootstrap draws cannot give a 95 % interval; write 0 or at least 40")
        return draws

    @model_validator(mode="after")
    def _window_is_not_empty(self) -> ImpedanceSettings:
        low, high = self.frequency_min_Hz, self.frequency_max_Hz
        if low is not None and high is not None and low >= high:
            raise ValueError(f"frequency_min_Hz {low:g} is not below frequency_max_Hz {high:g}")
        return self
