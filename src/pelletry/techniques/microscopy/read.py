"""Records with a picture to micrographs."""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.errors import MeasurementError
from pelletry.core.record import Record
from pelletry.techniques.microscopy.measurement import Micrograph

__all__ = ["read"]

_LEAST_SIDE_PX = 32


def read(records: Sequence[Record], /) -> tuple[Micrograph, ...]:
    """One micrograph a record; its scale and tilt are those of the record's hints, which readers take from the file's tags only.

    Raises
    ------
    MeasurementError
        When a record holds no picture, or one with fewer than 32 pixels on a side.
    """
    return tuple(_micrograph(record) for record in records)


def _micrograph(record: Record) -> Micrograph:
    if record.image is None:
        raise MeasurementError(
            "the record holds no picture",
            where=record.origin.path,
            expected="a micrograph (tif, png, jpg or bmp)",
            do="name the picture itself",
        )
    if min(record.image.shape) < _LEAST_SIDE_PX:
        raise MeasurementError(
            f"the picture has {record.image.shape[0]} x {record.image.shape[1]} pixels",
            where=record.origin.path,
            expected=f"at least {_LEAST_SIDE_PX} pixels on a side",
            do="use the picture as the microscope stored it, not a thumbnail",
        )
    pixel_m, source = _number(record, "pixel_size")
    tilt_deg, _ = _number(record, "tilt")
    return Micrograph(
        name=record.name,
        pixels=record.image,
        pixel_m=pixel_m if pixel_m is not None and pixel_m > 0 else None,
        pixel_source=source,
        tilt_deg=tilt_deg,
        warnings=record.warnings,
        origin=record.origin,
    )


def _number(record: Record, name: str) -> tuple[float | None, str]:
    for hint in record.hints:
        if hint.name == name and not isinstance(hint.value, str):
            return float(hint.value), hint.text or hint.source
    return None, ""
