"""Which size of a pixel is used: the file's own, else what a person stated, else none. Nothing is assumed."""

from __future__ import annotations

import math
from pathlib import PurePosixPath

import attrs

from pelletry.core.sample import Sample
from pelletry.techniques.microscopy.measurement import Micrograph
from pelletry.techniques.microscopy.settings import MicroscopySettings

__all__ = ["UsedScale", "scale_of"]

_AGREEMENT = 0.02


@attrs.frozen(kw_only=True)
class UsedScale:
    """``pixel_m`` None: there is none. ``disagreement`` is a sentence when file and person differ."""

    pixel_m: float | None
    source: str
    is_stated: bool = False
    disagreement: str = ""


def scale_of(micrograph: Micrograph, settings: MicroscopySettings, sample: Sample) -> UsedScale:
    """The scale of one picture. The file's own goes first, since a statement may speak of other pictures of the sample."""
    name = PurePosixPath(micrograph.origin.path).name
    stated, source = settings.pixel_size_of_file.get(name), f"stated for {name}"
    if stated is None:
        stated, source = settings.stated_pixel_m, "stated in the settings"
    if stated is None:
        stated, source = _of_sample(sample), "stated in the samples table"
    if micrograph.pixel_m is None:
        return UsedScale(pixel_m=stated, source=source if stated else "", is_stated=stated is not None)
    if stated is not None and abs(math.log(stated / micrograph.pixel_m)) > _AGREEMENT:
        disagreement = (
            f"{micrograph.name}: the file says {micrograph.pixel_m * 1e9:.4g} nm a pixel ({micrograph.pixel_source}) and "
            f"{stated * 1e9:.4g} nm is {source}; the file's is used"
        )
        return UsedScale(pixel_m=micrograph.pixel_m, source=micrograph.pixel_source, disagreement=disagreement)
    return UsedScale(pixel_m=micrograph.pixel_m, source=micrograph.pixel_source)


def _of_sample(sample: Sample) -> float | None:
    pixel = sample.quantity("pixel_size")
    if pixel is not None:
        return pixel.value
    bar, pixels = sample.quantity("scale_bar"), sample.quantity("scale_bar_pixels")
    return bar.value / pixels.value if bar is not None and pixels is not None else None
