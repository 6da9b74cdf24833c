"""Known sections and the way from pixels to a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pelletry.core.provenance import Origin
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.techniques.microscopy import CARD
from pelletry.techniques.microscopy.measurement import Micrograph
from pelletry.techniques.microscopy.result import MicroscopyResult
from pelletry.virtual.microscope import MicroscopeTruth, micrograph
from pelletry.virtual.polycrystal import Polycrystal, PolycrystalTruth, polycrystal

Analysed = Callable[..., MicroscopyResult]
Seen = Callable[..., tuple[Polycrystal, np.ndarray[Any, Any]]]


@pytest.fixture(scope="session")
def seen() -> Seen:
    """``seen(section, microscope, seed)``: a section and its picture."""

    def of(
        section: PolycrystalTruth, microscope: MicroscopeTruth | None = None, seed: int = 1
    ) -> tuple[Polycrystal, np.ndarray[Any, Any]]:
        random = np.random.default_rng(seed)
        cut = polycrystal(section, random=random)
        return cut, micrograph(cut, microscope or MicroscopeTruth(), random=random)

    return of


@pytest.fixture(scope="session")
def analysed() -> Analysed:
    """``analysed(pixels, ...)``: the result of one or several pictures; ``facts`` and settings by name."""

    def of(
        *pictures: np.ndarray[Any, Any],
        pixel_m: float | None = 50e-9,
        tilt_deg: float | None = None,
        facts: tuple[Any, ...] = (),
        sample: Sample | None = None,
        **settings: Any,
    ) -> MicroscopyResult:
        measured = [
            Micrograph(
                name=f"{i}.tif",
                pixels=pixels,
                pixel_m=pixel_m,
                pixel_source="tag",
                tilt_deg=tilt_deg,
                origin=Origin(path=f"{i}.tif", sha256=str(i), format="tiff"),
            )
            for i, pixels in enumerate(pictures)
        ]
        inputs = Inputs(sample=sample or Sample(name="p1"), facts=facts, settings=CARD.settings(**settings))
        result: MicroscopyResult = CARD.analyse(measured, inputs)
        return result

    return of
