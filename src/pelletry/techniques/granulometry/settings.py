"""What a person may choose about size distributions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["GranulometrySettings"]

_Share = Annotated[float, Field(gt=0, lt=0.5, allow_inf_nan=False)]


class GranulometrySettings(BaseModel):
    """The ``[granulometry]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    basis: Literal["volume", "number"] = Field(
        default="volume",
        description="Basis of all sizes that are given. A file of the other basis is converted with spheres, and flagged: "
        "the conversion multiplies errors at one end by the cube of the size.",
    )
    mode_prominence: _Share = Field(
        default=0.03,
        description="A hump counts as a mode when it rises above the valleys beside it by this share of the highest one.",
    )
    tail_share: _Share = Field(
        default=0.01,
        description="Volume in modes coarser than the main one from which agglomerates are reported.",
    )
    instrument_agreement: _Share = Field(
        default=0.01,
        description="Sizes that differ from those the instrument printed by more than this share are reported.",
    )
