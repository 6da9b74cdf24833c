"""What the micrographs of a sample have to say in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np

from pelletry.core.facts import ParticleSize, RelativeDensity
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Quantity
from pelletry.techniques.microscopy.micrograph import TILT_LIMIT_DEG
from pelletry.techniques.microscopy.pooled import CONVENTIONS, Pooled
from pelletry.techniques.microscopy.result import MicrographResult
from pelletry.techniques.microscopy.scale import UsedScale
from pelletry.techniques.microscopy.settings import MicroscopySettings

__all__ = ["findings_of"]

_LENGTHS = tuple(name for name in CONVENTIONS if name.startswith(("intercept", "mendelson", "ecd", "astm", "crack")))
_SIZES = tuple(name for name in _LENGTHS if name.startswith(("ecd", "astm_g_planimetric")))
_LEAST_INTERCEPTS = 50
_LEAST_FIELDS = 3
_RECONCILED = 0.05
_WIDE_BAND = 0.05
_ANISOTROPIC = 1.15
_REFUSED = {
    "micrograph-blank": tuple(CONVENTIONS),
    "micrograph-saturated": tuple(CONVENTIONS),
    "micrograph-noise": tuple(CONVENTIONS),
    "porosity-not-found": ("porosity",),
    "no-boundaries-found": _LENGTHS,
    "too-few-intercepts": _LENGTHS,
    "boundaries-as-dark-as-pores": ("porosity", "crack_length_density", "open_boundary_fraction"),
    "grains-too-small": _SIZES,
    "watershed-not-installed": _SIZES,
}


def findings_of(
    sample: str,
    *,
    micrographs: Sequence[MicrographResult],
    scales: Sequence[UsedScale],
    pooled: Pooled,
    settings: MicroscopySettings,
    density: RelativeDensity | None,
    powder: ParticleSize | None,
) -> tuple[Finding, ...]:
    """All findings, those that withhold numbers first."""
    found: list[Finding] = []
    for one, scale in zip(micrographs, scales, strict=True):
        found += [*_refused(one), *_of_scale(one, scale), *_of_picture(one, settings)]
    found += [
        *_of_intercepts(sample, micrographs, pooled),
        *_of_sizes(sample, pooled),
        *_of_porosity(sample, micrographs, pooled, density),
        *_of_powder(sample, pooled, powder),
    ]
    order = {"error": 0, "warning": 1, "notice": 2, "info": 3}
    named = (attrs.evolve(finding, samples=(sample,)) for finding in found)
    return tuple(sorted(named, key=lambda finding: order[finding.severity]))


def _finding(code: str, severity: str, sentence: str, quantities: Sequence[str]) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, quantities=tuple(quantities))


def _refused(one: MicrographResult) -> Iterator[Finding]:
    for code, quantities in _REFUSED.items():
        for reason, sentence in one.refusals:
            if reason == code:
                severity = "warning" if code == "boundaries-as-dark-as-pores" else "error"
                yield _finding(code, severity, sentence, quantities)


def _of_scale(one: MicrographResult, scale: UsedScale) -> Iterator[Finding]:
    if scale.pixel_m is None:
        in_pixels = f" In pixels the mean intercept is {one.intercept_px:.2f}." if one.intercept_px else ""
        yield _finding(
            "micrograph-without-scale",
            "error",
            f"{one.name} does not say how large a pixel is: no lengths from it.{in_pixels} State pixel_size_m, or scale_bar_px with scale_bar_m.",
            _LENGTHS,
        )
    elif scale.disagreement:
        yield _finding(
            "scale-disagrees",
            "warning",
            f"{scale.disagreement}. Correct the statement, or crop nothing before.",
            _LENGTHS,
        )
    elif scale.is_stated:
        yield _finding(
            "scale-stated",
            "notice",
            f"{one.name} has no scale of its own: {scale.pixel_m * 1e9:.4g} nm a pixel, {scale.source}, was used.",
            (),
        )


def _of_picture(one: MicrographResult, settings: MicroscopySettings) -> Iterator[Finding]:
    tilt = one.tilt_deg
    if tilt is not None and abs(tilt) > TILT_LIMIT_DEG:
        short = 100 * (1 - np.cos(np.radians(tilt)))
        if settings.tilt == "auto":
            yield _finding(
                "tilt-not-corrected",
                "warning",
                f"{one.name} was taken at a stage tilt of {tilt:.1f}°: on a flat section lengths across the rows are {short:.0f} % too short. Nothing was "
                "corrected; set tilt = 'plane' if the section lies flat on the stage, 'corrected' if the microscope did it.",
                _LENGTHS,
            )
        elif settings.tilt == "plane":
            sentence = f"{one.name}: the rows were stretched by 1/cos({tilt:.1f}°), the section being a plane tilted about the rows."
            yield _finding("tilt-corrected", "notice", sentence, ())
    if one.databar_rows:
        sentence = f"{one.name}: the last {one.databar_rows} rows are a databar and were cut off."
        yield _finding("databar-cut-off", "info", sentence, ())
    if one.kind in ("boundary-mask", "pore-mask") and settings.image_kind == "auto":
        what = "grain boundaries" if one.kind == "boundary-mask" else "pores"
        sentence = f"{one.name} has two greys: it was taken for a mask of {what}, the rarer grey being them. Set image_kind if it is none."
        yield _finding("mask-recognised", "notice", sentence, ())
    if one.polarity and settings.boundaries == "auto":
        sentence = (
            f"{one.name}: boundaries were taken to be {one.polarity} ({one.polarity_reason}), seen with a filter {one.line_width_px:g} px wide; they stand "
            f"out of the noise by {one.line_standout:.1f}. Set boundaries to decide yourself."
        )
        yield _finding("boundary-polarity-proposed", "notice", sentence, ())
    if one.polarity == "contrast":
        sentence = f"{one.name}: neighbours of equal grey are not told apart without lines between them, so grains come out too large."
        yield _finding("boundaries-by-contrast", "warning", sentence, _LENGTHS)


def _of_intercepts(sample: str, micrographs: Sequence[MicrographResult], pooled: Pooled) -> Iterator[Finding]:
    measured = [one for one in micrographs if one.intercepts and one.pixel_m is not None]
    if not measured:
        return
    few = [one.name for one in measured if _crossed_grains(one) < _LEAST_INTERCEPTS]
    if few:
        sentence = f"{', '.join(few)}: fewer than {_LEAST_INTERCEPTS} grains' worth of intercepts in the field, too few for E112. Take a larger field."
        yield _finding("few-intercepts", "warning", sentence, _LENGTHS)
    if len(measured) < _LEAST_FIELDS:
        sentence = (
            f"The grain size of {sample} comes from {len(measured)} field{'s' if len(measured) > 1 else ''}; E112 asks for at least {_LEAST_FIELDS}, and the "
            "uncertainty does not know how the others would differ."
        )
        yield _finding("few-fields", "notice", sentence, ())
    values = dict(pooled.values)
    ratio = values["intercept_anisotropy"]
    if isinstance(ratio, Estimate) and ratio.value > _ANISOTROPIC and _is_clear(values):
        sentence = f"The intercepts of {sample} differ by a factor of {ratio.value:.2f} with the direction: the grains are elongated, or the picture was tilted or stretched."
        yield _finding("grains-anisotropic", "notice", sentence, ())
    spread = _spread(measured)
    if spread is not None:
        sentence = f"The {len(measured)} pictures of {sample} differ in their mean intercept by more than their own uncertainties ({spread}): the section is not uniform; the uncertainty is that between pictures."
        yield _finding("pictures-differ", "notice", sentence, ())


def _crossed_grains(one: MicrographResult) -> float:
    """Intercepts that lines two thirds of a mean intercept apart would give: neighbouring rows count the same grains."""
    step = max(1.0, (one.intercept_px or 1.0) / 1.5)
    return sum(direction.count for direction in one.intercepts) / step


def _is_clear(values: Mapping[str, Quantity]) -> bool:
    directions = [
        one
        for name in ("intercept_0", "intercept_45", "intercept_90", "intercept_135")
        if isinstance(one := values[name], Estimate)
    ]
    low, high = min(directions, key=lambda e: e.value), max(directions, key=lambda e: e.value)
    if low.std is None or high.std is None:
        return False
    return high.value - low.value > 3 * float(np.hypot(low.std, high.std))


def _spread(measured: Sequence[MicrographResult]) -> str | None:
    means = [
        ((one.intercept_px or 0) * (one.pixel_m or 0), (one.intercept_std_px or 0) * (one.pixel_m or 0))
        for one in measured
    ]
    if len(means) < 2 or any(std <= 0 for _, std in means):
        return None
    weights = np.array([1 / std**2 for _, std in means])
    values = np.array([mean for mean, _ in means])
    chi2 = float(np.sum(weights * (values - np.average(values, weights=weights)) ** 2)) / (len(means) - 1)
    if chi2 < 4:
        return None
    return f"{values.min() * 1e6:.3g} to {values.max() * 1e6:.3g} µm"


def _of_sizes(sample: str, pooled: Pooled) -> Iterator[Finding]:
    law = pooled.law
    if law is None or not law.is_abnormal:
        return
    sentence = (
        f"Some grains of {sample} have outgrown the others: d90/d50 is {law.d90_over_d50_number_ratio:.2f} by number and {law.d90_over_d50_area_ratio:.2f} by area (a log-normal law has "
        f"{law.law_d90_over_d50_ratio:.2f}), and the distribution differs from that law (Kolmogorov-Smirnov {law.ks_statistic:.3f} against {law.ks_critical:.3f}). Abnormal grain growth, or two "
        "kinds of grains; a mean alone does not describe it."
    )
    yield _finding(
        "abnormal-grain-growth", "warning", sentence, ("intercept_mean", "ecd_mean_number", "mendelson_diameter")
    )


def _of_porosity(
    sample: str, micrographs: Sequence[MicrographResult], pooled: Pooled, density: RelativeDensity | None
) -> Iterator[Finding]:
    value = dict(pooled.values)["porosity"]
    if not isinstance(value, Estimate) or pooled.porosity_band is None:
        return
    low, high = pooled.porosity_band
    if high - low > _WIDE_BAND:
        sentence = f"The porosity of {sample} on the pictures is {100 * value.value:.1f} %, but thresholds give {100 * low:.1f} to {100 * high:.1f} %: the grey levels of pores and grains overlap."
        yield _finding("porosity-band-wide", "warning", sentence, ("porosity",))
    overlapping = [one.name for one in micrographs if one.porosity is not None and one.porosity.is_overlapping]
    if overlapping:
        sentence = f"{', '.join(overlapping)}: the greys of pores and grains overlap, no threshold lies between them. The porosity is a guess; a picture with less noise or more contrast would have one."
        yield _finding("porosity-greys-overlap", "warning", sentence, ("porosity",))
    cut = [
        f"{t.method} ({one.name})"
        for one in micrographs
        if one.porosity
        for t in one.porosity.thresholds
        if not t.is_used
    ]
    if cut:
        sentence = f"Left out of the porosity band of {sample}, since they cut through the grey of the grains: {', '.join(cut)}."
        yield _finding("threshold-cuts-grains", "info", sentence, ())
    if density is None:
        return
    expected = 1.0 - density.relative_density.value
    difference = value.value - expected
    if abs(difference) <= _RECONCILED:
        return
    numbers = f"The porosity of {sample} on the pictures is {100 * value.value:.1f} % (thresholds {100 * low:.1f} to {100 * high:.1f} %), its density leaves {100 * expected:.1f} % ({density.given_by})"
    reason = (
        "grains pulled out in polishing, cracks, or a field richer in pores than the pellet"
        if difference > 0
        else "closed pores too small for the picture or smeared over in polishing, a field poorer in pores, or a theoretical density that is too high"
    )
    yield _finding("porosity-disagrees-with-density", "warning", f"{numbers}: {reason}.", ("porosity",))


def _of_powder(sample: str, pooled: Pooled, powder: ParticleSize | None) -> Iterator[Finding]:
    size = dict(pooled.values)["mendelson_diameter"]
    if powder is None or not isinstance(size, Estimate) or powder.basis != "volume":
        return
    if size.value < 0.8 * powder.d50_m.value:
        sentence = (
            f"The grains of {sample} ({size.value * 1e6:.3g} µm) are smaller than the particles of its powder (d50 {powder.d50_m.value * 1e6:.3g} µm by volume): the powder was "
            "agglomerated or its particles hold several grains, or a scale is wrong."
        )
        yield _finding("grains-smaller-than-powder", "warning", sentence, ("mendelson_diameter",))
