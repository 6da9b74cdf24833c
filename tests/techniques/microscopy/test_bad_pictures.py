"""Pictures that cannot be measured, each with its sentence; the others of the sample stand."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.facts import ParticleSize, RelativeDensity
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.record import Record
from pelletry.core.sample import Sample
from pelletry.techniques.microscopy.model import segmentation
from pelletry.techniques.microscopy.read import read
from pelletry.techniques.microscopy.settings import MicroscopySettings
from pelletry.virtual.microscope import MicroscopeTruth
from pelletry.virtual.polycrystal import PolycrystalTruth

SMALL = PolycrystalTruth(rows=300, columns=400, grains=90, pores_fraction=0.05)


def codes(result):  # type: ignore[no-untyped-def]
    return {finding.code: finding for finding in result.findings}


def test_a_picture_without_a_scale_gives_no_lengths(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(SMALL)
    result = analysed(pixels, pixel_m=None)
    finding = codes(result)["micrograph-without-scale"]
    assert finding.severity == "error"
    assert "In pixels the mean intercept is" in finding.sentence
    for name in ("intercept_mean", "ecd_mean_number", "astm_g_intercept", "crack_length_density"):
        quantity = next(q.quantity for q in result.quantities if q.name == name)
        assert isinstance(quantity, Unresolved)
        assert "how large a pixel is" in quantity.reason
    assert result.estimate("porosity") is not None  # a share needs no scale


def test_a_scale_that_a_person_states_is_used_and_named(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(SMALL)
    in_pixels = analysed(pixels, pixel_m=None).micrographs[0].intercept_px
    bar = analysed(pixels, pixel_m=None, scale_bar_px=200, scale_bar_m=10e-6)
    assert bar.estimate("intercept_mean").value == pytest.approx(in_pixels * 50e-9)
    assert "scale-stated" in codes(bar)
    given = Sample(name="p1", given=(("pixel_size", Estimate(value=25e-9, unit="m", method="as stated")),))
    assert analysed(pixels, pixel_m=None, sample=given).estimate("intercept_mean").value == pytest.approx(
        in_pixels * 25e-9
    )
    named = analysed(pixels, pixel_m=None, pixel_size_of_file={"0.tif": 10e-9})
    assert named.estimate("intercept_mean").value == pytest.approx(in_pixels * 10e-9)


def test_the_files_own_scale_goes_before_another_statement(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(SMALL)
    result = analysed(pixels, pixel_size_m=100e-9)
    assert result.micrographs[0].pixel_m == 50e-9
    assert "50 nm" in codes(result)["scale-disagrees"].sentence


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale_bar_px": 200},
        {"scale_bar_px": 200, "scale_bar_m": 1e-5, "pixel_size_m": 1e-8},
        {"pixel_size_of_file": {"a": 0.0}},
    ],
)
def test_half_a_scale_bar_is_no_setting(wrong) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"scale|pixel"):
        MicroscopySettings(**wrong)


def test_noise_is_refused(analysed) -> None:  # type: ignore[no-untyped-def]
    noise = np.random.default_rng(0).normal(128, 30, (300, 400)).clip(0, 255).astype(np.uint8)
    result = analysed(noise)
    assert "is noise" in codes(result)["micrograph-noise"].sentence
    assert not any(quantity.quantity.is_resolved for quantity in result.quantities)


def test_smooth_noise_has_no_grains(analysed) -> None:  # type: ignore[no-untyped-def]
    from scipy import ndimage

    for sigma in (1.0, 2.0, 4.0):
        field = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(400, 500)), sigma)
        picture = (128 + 35 * field / field.std()).clip(0, 255).astype(np.uint8)
        result = analysed(picture)
        assert result.estimate("intercept_mean") is None
        assert {"no-boundaries-found", "micrograph-noise"} & codes(result).keys()


def test_a_saturated_picture_is_refused_and_the_other_one_stands(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(SMALL)
    burnt = np.clip(pixels.astype(int) * 2, 0, 255).astype(np.uint8)
    result = analysed(burnt, pixels)
    assert "of its pixels are white" in codes(result)["micrograph-saturated"].sentence
    assert result.estimate("intercept_mean").value == pytest.approx(analysed(pixels).estimate("intercept_mean").value)


def test_a_blank_picture_is_refused(analysed) -> None:  # type: ignore[no-untyped-def]
    assert "one grey level" in codes(analysed(np.full((200, 200), 90, dtype=np.uint8)))["micrograph-blank"].sentence


def test_grains_of_a_few_pixels_have_an_intercept_and_no_diameter(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(
        PolycrystalTruth(rows=300, columns=400, grains=1500),
        MicroscopeTruth(boundary_width=1.2, boundary_grey=-90, blur=0.4, noise_std=4),
    )
    result = analysed(pixels)
    assert "cannot be parted" in codes(result)["grains-too-small"].sentence
    assert result.estimate("ecd_mean_number") is None
    assert result.estimate("intercept_mean") is not None


def test_without_scikit_image_intercepts_come_from_the_lines(seen, analysed, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(SMALL)
    whole = analysed(pixels).estimate("intercept_mean")
    monkeypatch.setattr(segmentation, "can_segment", lambda: False)
    result = analysed(pixels)
    assert "pelletry[microscopy]" in codes(result)["watershed-not-installed"].sentence
    assert result.estimate("ecd_mean_number") is None
    assert result.estimate("intercept_mean").value == pytest.approx(whole.value, rel=0.15)


def test_a_dense_picture_has_no_porosity_above_one_percent(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(PolycrystalTruth(rows=400, columns=500, grains=100))
    porosity = analysed(pixels).estimate("porosity")
    assert porosity is None or porosity.value < 0.01


def test_a_record_without_a_picture_is_named() -> None:
    origin = Origin(path="raw/a.txt", sha256="0", format="tiff")
    with pytest.raises(MeasurementError, match="holds no picture"):
        read([Record(name="a", technique="microscopy", columns=(), origin=origin)])
    thumbnail = Record(name="a", technique="microscopy", columns=(), origin=origin, image=np.zeros((20, 90)))
    with pytest.raises(MeasurementError, match="not a thumbnail"):
        read([thumbnail])


@pytest.mark.parametrize(("density", "word"), [(0.999, "pulled out"), (0.80, "closed pores")])
def test_porosity_is_held_against_the_density(seen, analysed, density, word) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(PolycrystalTruth(rows=300, columns=400, grains=90, pores_fraction=0.09))
    fact = RelativeDensity(
        sample="p1", given_by="density", relative_density=Estimate(value=density, unit="1", method="")
    )
    finding = codes(analysed(pixels, facts=(fact,)))["porosity-disagrees-with-density"]
    assert word in finding.sentence
    agreeing = RelativeDensity(
        sample="p1", given_by="density", relative_density=Estimate(value=0.91, unit="1", method="")
    )
    assert "porosity-disagrees-with-density" not in codes(analysed(pixels, facts=(agreeing,)))


def test_grains_smaller_than_the_powder_are_flagged(seen, analysed) -> None:  # type: ignore[no-untyped-def]
    _, pixels = seen(SMALL)
    size = [Estimate(value=v, unit="m", method="") for v in (1e-6, 3.1e-6, 9e-6)]
    powder = ParticleSize(
        sample="p1", given_by="granulometry", d10_m=size[0], d50_m=size[1], d90_m=size[2], basis="volume"
    )
    assert "3.1 µm" in codes(analysed(pixels, facts=(powder,)))["grains-smaller-than-powder"].sentence
