"""A virtual scanning electron microscope: a section of known grains, pores and cracks as a TIFF with Zeiss SmartSEM tags.

The picture is made of the grey of each grain, grooves along the boundaries, dark pores and cracks, a blur and noise; the databar below it is
a dark block with a frame and a scale bar. The tag says in ``SV_USER_NOTE`` that the file is simulated.
"""

from __future__ import annotations

import io

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.virtual.polycrystal import Polycrystal

__all__ = ["MicroscopeTruth", "micrograph", "zeiss_tiff"]

_ZEISS_TAG = 34118


@attrs.frozen(kw_only=True)
class MicroscopeTruth:
    """What the instrument does. Greys run from 0 to 255, lengths in pixels.

    ``boundary_grey`` is added on a boundary (negative: dark grooves, positive: bright ridges, 0: contrast of the grains alone).
    """

    grain_grey: float = 150.0
    grain_grey_std: float = 8.0
    pore_grey: float = 35.0
    boundary_grey: float = -60.0
    boundary_width: float = 2.0
    blur: float = 0.8
    noise_std: float = 8.0


def micrograph(
    section: Polycrystal, microscope: MicroscopeTruth, *, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """The picture, shape (rows, columns), 8 bit."""
    from scipy import ndimage

    greys = microscope.grain_grey + microscope.grain_grey_std * random.standard_normal(int(section.labels.max()) + 1)
    picture: Array = greys[section.labels].astype(np.float32)
    groove = np.exp(-0.5 * (section.boundary_distance / (0.5 * microscope.boundary_width)) ** 2)
    picture += (microscope.boundary_grey * groove).astype(np.float32)
    picture[section.pores | section.cracks] = microscope.pore_grey
    picture = ndimage.gaussian_filter(picture, microscope.blur)
    picture += (microscope.noise_std * random.standard_normal(picture.shape)).astype(np.float32)
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def zeiss_tiff(
    picture: npt.NDArray[np.uint8], *, pixel_size_m: float, comment: str, tilt_deg: float = 0.0, databar_rows: int = 0
) -> bytes:
    """The bytes of a SmartSEM TIFF: grey levels, databar, and the tag with width, pixel size, voltage and tilt."""
    import tifffile

    columns = picture.shape[1]
    if databar_rows:
        picture = np.vstack([picture, _databar(columns, databar_rows, pixel_size_m)])
    width_um = pixel_size_m * columns * 1e6
    entries = (
        ("AP_WIDTH", f"Width = {width_um:.6g} µm"),
        ("AP_IMAGE_PIXEL_SIZE", f"Image Pixel Size = {pixel_size_m * 1e9:.4g} nm"),
        ("AP_PIXEL_SIZE", f"Pixel Size = {2 * pixel_size_m * 1e9:.4g} nm"),
        ("AP_STAGE_AT_T", f"Stage at T = {tilt_deg:.1f} °"),
        ("AP_ACTUALKV", "EHT = 5.00 kV"),
        ("DP_TILT_CORRECTION", "Tilt Corrn. = Off"),
        ("SV_USER_NOTE", f"Note = {comment}"),
    )
    text = "\r\n".join(["0", "0", "0", *(line for entry in entries for line in entry), ""])
    stream = io.BytesIO()
    tifffile.imwrite(
        stream,
        picture,
        photometric="minisblack",
        metadata=None,
        software="virtual microscope, simulated",
        datetime="2023:01:02 10:00:00",
        extratags=[(_ZEISS_TAG, 7, 0, text.encode("cp1252"), True)],
    )
    return stream.getvalue()


def _databar(columns: int, rows: int, pixel_size_m: float) -> npt.NDArray[np.uint8]:
    """A dark block with a light frame, and a bar of a round length."""
    bar = np.zeros((rows, columns), dtype=np.uint8)
    bar[:2], bar[-2:], bar[:, :2], bar[:, -2:] = 255, 255, 255, 255
    length_um = 10.0 ** np.floor(np.log10(0.3 * columns * pixel_size_m * 1e6))
    length = round(length_um / (pixel_size_m * 1e6))
    bar[rows // 2 : rows // 2 + 3, columns // 10 : columns // 10 + length] = 255
    return bar
