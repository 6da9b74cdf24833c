"""Pictures whose scale stands in a text beside them or in the tags of other microscopes; files of microscopes that are known and not read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from pelletry.core.errors import RefusedFileError, UnknownFormatError
from pelletry.formats.open_file import read_file

GREY = (np.arange(60 * 80) % 251).astype(np.uint8).reshape(60, 80)

JEOL = "$CM_FORMAT JEOL-SEM\n$CM_VERSION 1.0\n$CM_MAG 5000\n$CM_ACCEL_VOLT 15.00\n$CM_FULL_SIZE 80 48\n$$SM_MICRON_BAR 25\n$$SM_MICRON_MARKER {marker}\n"
HITACHI = "[SemImageFile]\nInstructName=SU8000\nImageName=a.tif\nDataSize={size}\nPixelSize=9.921875\nAcceleratingVoltage=5000 Volt\n"
TESCAN = "[MAIN]\nDevice=VEGA3\nImageStripSize=12\nMagnification=1000\nPixelSizeX=2.5e-008\nPixelSizeY=2.5e-008\n[SEM]\nHV=20000\nStageTilt=30.0\n"


def picture(folder: Path, name: str, **tags) -> Path:
    path = folder / name
    if path.suffix == ".tif":
        tifffile.imwrite(path, GREY, **tags)
    else:
        Image.fromarray(GREY).save(path)
    return path


@pytest.mark.parametrize(
    ("image", "beside", "text", "encoding", "pixel_m", "rows"),
    [
        ("a.tif", "a.txt", JEOL.format(marker="1um"), "utf-8", 1e-6 / 25, 48),
        ("a.bmp", "a.txt", JEOL.format(marker="500nm"), "utf-8", 5e-7 / 25, 48),
        ("a.jpg", "a.txt", JEOL.format(marker="10µm"), "cp1252", 1e-5 / 25, 48),
        ("a.tif", "a.txt", HITACHI.format(size="80x52"), "utf-8", 9.921875e-9, 52),
        ("a.bmp", "a.txt", HITACHI.format(size="80x60"), "utf-16", 9.921875e-9, 60),
        ("a.tif", "a.hdr", TESCAN, "utf-8", 2.5e-8, 48),
        ("a.png", "a-png.hdr", TESCAN, "utf-8", 2.5e-8, 48),
    ],
)
def test_the_scale_beside_a_picture_is_taken_and_the_databar_cut(
    tmp_path, image, beside, text, encoding, pixel_m, rows
):
    path = picture(tmp_path, image)
    (tmp_path / beside).write_bytes(text.encode(encoding))
    (record,) = read_file(path)
    assert [hint.value for hint in record.hints if hint.name == "pixel_size"] == [pytest.approx(pixel_m, rel=1e-9)]
    assert record.image.shape == (rows, 80)
    tilts = [hint.value for hint in record.hints if hint.name == "tilt"]
    assert tilts == ([30.0] if text == TESCAN else [])


def test_a_picture_resized_after_its_notes_has_no_scale(tmp_path):
    path = picture(tmp_path, "a.tif")
    (tmp_path / "a.txt").write_text(HITACHI.format(size="160x120"))
    (record,) = read_file(path)
    assert record.header["pixel size"] == "not set"
    assert any("80 columns and was stored with 160" in warning for warning in record.warnings)


def test_any_other_text_beside_a_picture_says_nothing(tmp_path):
    path = picture(tmp_path, "a.tif")
    (tmp_path / "a.txt").write_text("PixelSize=9.9\nfor the report\n")
    assert read_file(path)[0].header["pixel size"] == "not set"


@pytest.mark.parametrize(
    ("tags", "pixel_m", "rows"),
    [
        ([(50431, "B", None, b"\1\2\0\0thumb" + TESCAN.encode(), True)], 2.5e-8, 48),
        (
            [
                (
                    34683,
                    "s",
                    0,
                    '<FeiImage><pixelWidth unit="nm">129.5</pixelWidth><cropHint><bottom>50</bottom></cropHint></FeiImage>',
                    True,
                )
            ],
            129.5e-9,
            50,
        ),
        ([(65003, "s", 0, "nm", True), (65009, "d", 1, 12.5, True)], 12.5e-9, 60),
    ],
    ids=["tescan", "phenom", "gatan"],
)
def test_the_scale_in_the_tags_of_other_programs(tmp_path, tags, pixel_m, rows):
    path = picture(tmp_path, "a.tif", extratags=[(a, b, len(d) if b == "B" else c, d, e) for a, b, c, d, e in tags])
    (record,) = read_file(path)
    assert [hint.value for hint in record.hints if hint.name == "pixel_size"] == [pytest.approx(pixel_m, rel=1e-9)]
    assert record.image.shape == (rows, 80)


def test_a_small_big_endian_tiff_is_no_text(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((8, 8), dtype=np.float32), byteorder=">")
    assert read_file(path)[0].image.shape == (8, 8)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\0\0\3\0\0\xc1\x33\0\0\0\1\1\0\0\0\0\x0e\x14\0\x12DocumentObjectList" + bytes(200), "Gatan DigitalMicrograph"),
        (b"II\x97\1\x10\2" + bytes(200), "TIA series"),
        (b"4\0\0\0JED-2200:LibJxImageForm" + bytes(200), "JEOL map"),
        (b"SQLite format 3\0" + bytes(200), "SQLite database"),
        (b"\x93NUMPY\1\0v\0{'descr': '<u2'}" + bytes(200), "NumPy array"),
        (b"\5\0" + bytes(380) + b"\xfb\xff" + bytes(100), "Igor Pro wave"),
        (b"DSCOMPRESSED\0\0\1\0" + bytes(200), "Digital Surf"),
        (b'<?xml version="1.0"?>\n<ObjCryst>\n<P> 5 100 0</P>\n 5 100 0\n 6 101 0\n 7 102 0\n</ObjCryst>\n', "XML document"),
        (b"#F test.spec\n#E 1\n#D Mon\n\n#S 1 ascan th 0 1 3 1\n#N 2\n#L th  det\n0 1\n1 2\n2 3\n", "SPEC file of a beamline"),
    ],
)  # fmt: skip
def test_other_files_are_known_and_refused_in_words(tmp_path, content, words):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError, match=f"recognised as {words}"):
        read_file(path)


@pytest.mark.parametrize("text", [JEOL.format(marker="1um"), HITACHI.format(size="80x60"), TESCAN])
def test_the_notes_themselves_are_no_measurement(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(UnknownFormatError, match="notes of an electron microscope"):
        read_file(path)


def test_an_icon_is_no_micrograph(tmp_path):
    Image.fromarray(GREY[:24, :24]).save(tmp_path / "icon.png")
    Image.fromarray(GREY).save(tmp_path / "picture.png")
    assert [read_file(tmp_path / name)[0].technique for name in ("icon.png", "picture.png")] == ["", "microscopy"]
