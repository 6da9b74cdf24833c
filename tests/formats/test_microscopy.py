"""Pictures: the pixel size comes from the entry that is right, the databar is no image, and nothing is ever guessed."""

from __future__ import annotations

import io
import math
import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from pelletry.core.errors import BrokenFileError, FormatError, RefusedFileError
from pelletry.formats import pictures, sem_tags
from pelletry.formats.inspect import inspect_paths
from pelletry.formats.open_file import read_file

ROWS, COLUMNS = 6, 8
LEVELS = np.arange(ROWS * COLUMNS, dtype=np.uint8).reshape(ROWS, COLUMNS)


def zeiss(*entries: tuple[str, str], encoding: str = "cp1252") -> bytes:
    """A tag as SmartSEM writes it: bare numbers first, then a key and a line with the name and the value."""
    lines = ["0", "0", "1.953125e-008", *(line for key, text in entries for line in (key, text))]
    return "\r\n".join(lines).encode(encoding) + b"\0"


def tiff_with(tmp_path, code: int, content: bytes, image=LEVELS, name: str = "a.tif", **options):
    path = tmp_path / name
    tifffile.imwrite(path, image, extratags=[(code, 2, len(content), content, True)], metadata=None, **options)
    return path


#: AP_PIXEL_SIZE is of the screen: twice as large in images of 2048 columns.
ZEISS = (
    ("AP_WIDTH", "Width = 100.0 µm"),
    ("AP_HEIGHT", "Height = 75.0 µm"),
    ("AP_PIXEL_SIZE", "Pixel Size = 97.66 nm"),
    ("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 48.83 nm"),
    ("AP_STAGE_AT_T", "Stage at T =  36.0 °"),
    ("DP_TILT_CORRECTION", "Tilt Corrn. = Off"),
    ("AP_TIME", "Time :10:23:37"),
    ("AP_DATE", "Date :27 May 2021"),
)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_the_pixel_of_zeiss_is_the_width_over_the_columns_whatever_the_micro_sign(tmp_path, encoding):
    path = tiff_with(tmp_path, 34118, zeiss(*ZEISS, encoding=encoding), np.zeros((1536, 2048), np.uint8))
    (record,) = read_file(path)
    assert record.header["pixel size"] == "4.8828125e-08 m"  # 100 µm / 2048 by hand; the screen's would be 97.66 nm
    assert record.header["pixel size from"] == "AP_WIDTH = 100.0 µm / 2048 columns"
    assert record.header["tilt"] == "36 deg"
    assert record.header["AP_PIXEL_SIZE"] == "97.66 nm"
    assert record.origin.acquired_at == "2021-05-27T10:23:37"
    assert record.not_set == ()
    assert record.warnings == ()
    assert {hint.name: (hint.value, hint.unit) for hint in record.hints if hint.name != "sample"} == {
        "pixel_size": (4.8828125e-08, "m"),
        "tilt": (36.0, "deg"),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Width = 3.000 µm", 3e-6),
        ("Width = 953.7 nm", 953.7e-9),
        ("Width = 953.7 pm", 953.7e-12),
        ("Width = 1.250 mm", 1.25e-3),
        ("Width = 3,000 \u03bcm", 3e-6),  # a decimal comma and the Greek letter
        ("Width = 5.00 kV", None),
    ],
)
def test_lengths_are_read_in_every_unit(text, expected):
    assert sem_tags.metres(text) == expected


def test_zeiss_entries_that_contradict_one_another_set_no_scale(tmp_path):
    entries = (("AP_WIDTH", "Width = 100.0 µm"), ("AP_IMAGE_PIXEL_SIZE", "Image Pixel Size = 97.66 nm"))
    path = tiff_with(tmp_path, 34118, zeiss(*entries), np.zeros((1536, 2048), np.uint8))
    (record,) = read_file(path)
    assert record.header["pixel size"] == "not set"
    assert record.not_set == ("pixel size",)
    assert record.warnings == (
        "the pixel size is not set: AP_WIDTH / columns gives 4.883e-08 m and AP_IMAGE_PIXEL_SIZE says 9.766e-08 m "
        "(the picture was cut or resized later)",
    )


def test_the_pixel_of_the_screen_alone_is_no_scale(tmp_path):
    (record,) = read_file(tiff_with(tmp_path, 34118, zeiss(("AP_PIXEL_SIZE", "Pixel Size = 97.66 nm"))))
    assert record.not_set == ("pixel size",)
    assert "only AP_PIXEL_SIZE, which is the pixel of the screen" in record.warnings[0]


FEI = """[User]
Date=08/09/2020
Time=01:40:03 PM
[Beam]
Beam=IBeam
Scan=IScan
[IBeam]
HFW=8e-06
[IScan]
PixelWidth=1e-06
PixelHeight=1e-06
[EScan]
PixelWidth=7e-06
[Stage]
StageT=0.785398163
[Image]
ResolutionX=8
ResolutionY=4
"""


def test_the_databar_of_fei_is_cut_off_and_said(tmp_path):
    (record,) = read_file(tiff_with(tmp_path, 34682, FEI.replace("\n", "\r\n").encode()))
    np.testing.assert_array_equal(record.image, LEVELS[:4])
    assert record.header["databar"] == "2 rows cut off"
    assert record.header["pixel size"] == "1e-06 m"  # of the ion beam, which the section [Beam] names
    assert float(record.header["tilt"].split()[0]) == pytest.approx(45, abs=1e-4)
    assert record.warnings == ("the last 2 of 6 rows are the databar and were cut off",)
    assert record.origin.acquired_at == "2020-08-09T13:40:03"
    assert record.points == 32


def test_without_pixel_width_fei_has_the_field_over_the_columns(tmp_path):
    text = FEI.replace("PixelWidth=1e-06\n", "").replace("[EScan]\nPixelWidth=7e-06\n", "")
    (record,) = read_file(tiff_with(tmp_path, 34680, text.encode()))
    assert record.header["pixel size"] == "1e-06 m"
    assert record.header["pixel size from"] == "HFW = 8e-06 m / 8 columns"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HFW=8e-06", "HFW=9e-06", "PixelWidth is 1e-06 m and HFW / columns gives 1.125e-06 m"),
        ("ResolutionX=8", "ResolutionX=16", "PixelWidth is 1e-06 m and HFW / columns gives 5e-07 m"),
        ("[IBeam]\nHFW=8e-06\n[IScan]\nPixelWidth=1e-06", "[IScan]\nPixelWidth=0", "file does not say"),
    ],
)
def test_fei_entries_that_contradict_one_another_set_no_scale(tmp_path, old, new, message):
    text = FEI.replace(old, new).replace("[EScan]\nPixelWidth=7e-06\n", "")
    (one,) = inspect_paths([tiff_with(tmp_path, 34682, text.encode())])
    assert any(message in warning for warning in one.warnings)
    assert "the file does not say the pixel size" in one.warnings


def test_a_resized_fei_picture_has_no_scale(tmp_path):
    text = FEI.replace("ResolutionX=8", "ResolutionX=16").replace("HFW=8e-06", "HFW=16e-06")
    (record,) = read_file(tiff_with(tmp_path, 34682, text.encode()))
    assert record.not_set == ("pixel size",)
    assert "the picture has 8 columns and was scanned with 16, so it was resized" in record.warnings[0]


def test_a_scale_typed_in_imagej_is_used_and_dots_per_inch_never(tmp_path):
    path = tmp_path / "typed.tif"
    tifffile.imwrite(path, LEVELS, description="ImageJ=1.54f\nunit=micron\n", resolution=(20, 20), metadata=None)
    (record,) = read_file(path)
    assert record.header["pixel size"] == "5e-08 m"
    assert "typed by a person" in record.header["pixel size from"]
    tifffile.imwrite(path, LEVELS, resolution=(300, 300), resolutionunit=2, metadata=None)
    (record,) = read_file(path)
    assert record.not_set == ("pixel size",)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_grey_levels_come_out_as_they_are(tmp_path, kind, mode):
    path = tmp_path / "wrong.extension"
    Image.fromarray(LEVELS).convert(mode).save(path, format=kind)
    (record,) = read_file(path)
    np.testing.assert_array_equal(record.image, LEVELS)
    assert record.header["pixel size"] == "not set"
    assert (record.not_set, record.warnings, record.points) == (("pixel size",), (), 48)


def test_sixteen_bits_and_lzw_come_out_as_they_are(tmp_path):
    deep = (LEVELS.astype(np.uint16) * 1000) + 7
    tifffile.imwrite(tmp_path / "deep.tif", deep, metadata=None)
    np.testing.assert_array_equal(read_file(tmp_path / "deep.tif")[0].image, deep)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_array_equal(read_file(tmp_path / "deep.png")[0].image, deep)
    Image.fromarray(LEVELS).save(tmp_path / "lzw.tif", compression="tiff_lzw")
    np.testing.assert_array_equal(read_file(tmp_path / "lzw.tif")[0].image, LEVELS)


def test_a_colour_picture_becomes_its_luminance_and_says_so(tmp_path):
    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 0] = (100, 0, 0)
    colours[1, 2] = (10, 20, 30)
    Image.fromarray(colours).save(tmp_path / "c.png")
    (record,) = read_file(tmp_path / "c.png")
    assert record.image[0, 0] == pytest.approx(29.9)
    assert record.image[1, 2] == pytest.approx(2.99 + 11.74 + 3.42)
    assert "luminance" in record.warnings[0]


def test_white_as_zero_is_inverted_and_said(tmp_path):
    tifffile.imwrite(tmp_path / "w.tif", LEVELS, photometric="miniswhite", metadata=None)
    (record,) = read_file(tmp_path / "w.tif")
    np.testing.assert_array_equal(record.image, 255 - LEVELS)
    assert "inverted" in record.warnings[0]


def test_pages_are_records_and_jpeg_says_that_it_is_lossy(tmp_path):
    tifffile.imwrite(tmp_path / "p.tif", np.stack([LEVELS, LEVELS + 1]), metadata=None)
    records = read_file(tmp_path / "p.tif")
    assert [int(record.image[0, 0]) for record in records] == [0, 1]
    assert [record.origin.record for record in records] == [0, 1]
    Image.fromarray(LEVELS).save(tmp_path / "j.jpg")
    assert "lossy compression" in read_file(tmp_path / "j.jpg")[0].warnings[0]


def test_a_picture_that_unpacks_to_any_size_is_refused_before_it_does(tmp_path):
    def chunk(kind: bytes, body: bytes) -> bytes:
        import zlib

        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    (tmp_path / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    )
    with pytest.raises(RefusedFileError, match="at most 120 million pixels"):
        read_file(tmp_path / "bomb.png")
    bitmap = io.BytesIO()
    Image.fromarray(LEVELS).save(bitmap, format="BMP")
    wide = bytearray(bitmap.getvalue())
    wide[18:26] = struct.pack("<ii", 10_000, 10_000)
    (tmp_path / "wide.bmp").write_bytes(wide)
    with pytest.raises(BrokenFileError, match=r"10000 x 10000 pixels, more than \d+ bytes can hold"):
        read_file(tmp_path / "wide.bmp")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, LEVELS, metadata=None)
    content = bytearray(buffer.getvalue())
    for code in (256, 257):
        at = content.find(struct.pack("<HHI", code, 4, 1))
        at = at if at > 0 else content.find(struct.pack("<HHI", code, 3, 1))
        content[at : at + 12] = struct.pack("<HHII", code, 4, 1, 60_000)
    (tmp_path / "bomb.tif").write_bytes(content)
    with pytest.raises(RefusedFileError, match="the picture has 60000 x 60000 pixels"):
        read_file(tmp_path / "bomb.tif")


def test_cut_pictures_are_broken_files(tmp_path):
    for kind in ("PNG", "BMP", "TIFF"):
        buffer = io.BytesIO()
        Image.fromarray(np.tile(LEVELS, (20, 20))).save(buffer, format=kind)
        content = buffer.getvalue()
        if kind == "BMP":  # a bitmap states its size, and a cut one is no longer known by it
            content = content[:2] + struct.pack("<I", len(content) // 2) + content[6:]
        (tmp_path / "cut").write_bytes(content[: len(content) // 2])
        with pytest.raises(BrokenFileError, match=r"does not decode|holds no image"):
            read_file(tmp_path / "cut")


def test_the_real_zeiss_image_has_its_own_stated_pixel(raw_data):
    (record,) = read_file(raw_data("sem_zeiss_tif", "dvtxc+fibresem", "sample.01_img08.tif"))
    assert record.image.shape == (1536, 2048)
    # Its own entries: 20.00 µm wide, image pixel 9.766 nm; AP_PIXEL_SIZE says 19.53 nm, twice that.
    assert float(record.header["pixel size"].split()[0]) == pytest.approx(9.766e-9, rel=1e-4)
    assert (record.header["AP_IMAGE_PIXEL_SIZE"], record.header["AP_PIXEL_SIZE"]) == ("9.766 nm", "19.53 nm")
    assert record.header["tilt"] == "0 deg"
    assert (record.warnings, record.not_set) == ((), ())


def test_the_real_fei_images_have_their_scale_and_lose_their_databar(raw_data):
    (record,) = read_file(raw_data("sem_fei_tif", "Harsh9005+sem-pore-analysis", "sample_1.tif"))
    assert record.image.shape == (1024, 1536)
    assert record.header["databar"] == "79 rows cut off"
    assert record.header["[PrivateFei] DatabarHeight"] == "79"
    assert float(record.header["pixel size"].split()[0]) == pytest.approx(0.0002072 / 1536, rel=1e-5)
    (record,) = read_file(raw_data("sem_fei_tif", "kit-data-manager+tomo_mapper", "SEM_Image-SliceImage-001.tif"))
    assert record.image.shape == (1024, 1536)
    assert "databar" not in record.header
    assert float(record.header["tilt"].split()[0]) == pytest.approx(math.degrees(0.336851), abs=1e-3)


def test_pictures_without_a_scale_say_so(raw_data):
    names = ("grain_structures_steel.tif", "grains_steel_highlighted.tif", "grains_steel_highlighted_segmented.tif")
    for name in names:
        (record,) = read_file(raw_data("sem_grains", "usnistgov+grain-size-analysis-tools", name))
        assert (record.image.shape, record.not_set) == ((600, 800), ("pixel size",))
    mask = read_file(raw_data("sem_grains", "YamamotoLaboratory+3D-SEM-Segmentation", "sample_001_th.bmp"))[0].image
    assert mask.shape == (256, 256)
    assert np.mean(mask == 0) == pytest.approx(0.174, abs=5e-4)  # the authors' own area fraction


def test_an_independent_program_decodes_the_same_grey_levels(raw_data):
    for where in (
        ("sem_grains", "YamamotoLaboratory+3D-SEM-Segmentation", "sample_001_sem.bmp"),
        ("sem_zeiss_tif", "dvtxc+fibresem", "sample.01_img08.tif"),
        ("sem_grains", "usnistgov+grain-size-analysis-tools", "grain_structures_steel.tif"),
    ):
        path = raw_data(*where)
        theirs = np.asarray(Image.open(path).convert("L"))
        np.testing.assert_array_equal(read_file(path)[0].image, theirs)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "JPEG", "zeiss"])
def test_damaged_pictures_raise_nothing_but_format_errors(tmp_path, kind):
    path = tmp_path / "p"
    if kind == "zeiss":
        path = tiff_with(tmp_path, 34118, zeiss(*ZEISS))
    else:
        Image.fromarray(LEVELS).save(path, format=kind)
    content = path.read_bytes()
    dice = np.random.default_rng(5)
    for _ in range(60):
        damaged = bytearray(content)
        for place in dice.integers(0, len(content), dice.integers(1, 6)):
            damaged[place] = int(dice.choice([0, 255, int(dice.integers(256))]))
        path.write_bytes(damaged[: int(dice.integers(20, len(content) + 1))])
        try:
            records = read_file(path)
        except FormatError:
            continue
        assert all(record.image is None or record.image.size <= pictures.MOST_PIXELS for record in records)
