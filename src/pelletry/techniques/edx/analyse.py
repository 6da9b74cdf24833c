"""EDX of one sample: thickness of its layer from lines and maps, elements from spectra."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

import pelletry
from pelletry.core.errors import PelletryError
from pelletry.core.provenance import Lineage
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved
from pelletry.core.technique import Inputs
from pelletry.techniques.edx.findings import findings_of
from pelletry.techniques.edx.layers import (
    clearest_element,
    edge_widths_m,
    fitted_map,
    fitted_scan,
    pooled_thickness,
    thickness_of_map,
    thickness_of_profile,
)
from pelletry.techniques.edx.measurement import EdxSpectrum, ElementMap, LineScan
from pelletry.techniques.edx.model.interaction import electron_range_m, mean_atomic
from pelletry.techniques.edx.read import EdxMeasurement
from pelletry.techniques.edx.result import EdxResult, MapLayer, ProfileLayer
from pelletry.techniques.edx.settings import EdxSettings
from pelletry.techniques.edx.spectra import looked_at

__all__ = ["REFERENCES", "analyse"]

REFERENCES = ("KanayaOkayama1972", "Goldstein2018", "Bearden1967")
#: Below this a layer is refused when nothing is known of the beam's spread.
_COMMON_FLOOR_M = 1e-6


@attrs.frozen(kw_only=True)
class _Fits:
    profiles: tuple[ProfileLayer, ...]
    maps: tuple[MapLayer, ...]
    without_scale: tuple[str, ...]


def analyse(measurements: Sequence[EdxMeasurement], inputs: Inputs, /) -> EdxResult:
    """Every line, map and spectrum by itself, then the thickness from all that show the chosen element."""
    settings: EdxSettings = inputs.settings
    sample = inputs.sample
    beam_keV = settings.beam_keV or next((one.beam_keV for one in measurements if one.beam_keV is not None), None)
    layer_elements = tuple(_elements(settings.layer))
    floor_m, floor_source = _floor(settings, beam_keV)
    fits = _fitted(measurements, settings)
    element = clearest_element(fits.profiles, wanted=settings.element, layer_elements=layer_elements)
    expected = sorted({*layer_elements, *_elements(sample.composition or "")})
    spectra = tuple(
        looked_at(one, settings, expected=expected, beam_keV=one.beam_keV or settings.beam_keV)
        for one in measurements
        if isinstance(one, EdxSpectrum)
    )
    has_profiles = bool(fits.profiles or fits.without_scale)
    quantities = _quantities(fits, element, floor_m, floor_source) if has_profiles else {}
    conditions = (("element", element), ("layer", settings.layer)) if element else ()
    return EdxResult(
        sample=sample.name,
        layer=settings.layer,
        element=element,
        floor_m=floor_m,
        floor_source=floor_source,
        profiles=fits.profiles,
        maps=fits.maps,
        spectra=spectra,
        values=tuple(
            Reported(sample=sample.name, technique="edx", name=name, quantity=quantity, conditions=conditions)
            for name, quantity in quantities.items()
        ),
        findings=findings_of(
            sample.name,
            measurements=measurements,
            settings=settings,
            profiles=fits.profiles,
            maps=fits.maps,
            without_scale=fits.without_scale,
            element=element,
            thickness=quantities.get("layer_thickness"),
            floor_source=floor_source,
            spectra=spectra,
            expected=expected,
        ),
        lineage=Lineage(
            origins=tuple(dict.fromkeys(one.origin for one in measurements)),
            settings=tuple((key, str(value)) for key, value in settings.model_dump().items()),
            references=REFERENCES,
            technique="edx",
            version=pelletry.__version__,
        ),
        is_simulated=sample.is_simulated,
    )


def _elements(formula: str) -> tuple[str, ...]:
    """Elements of a formula; none of a text that is no formula (a sample may be called LATP)."""
    from pelletry.reference.elements import elements_of

    if not formula:
        return ()
    try:
        return tuple(elements_of(formula))
    except PelletryError:
        return ()


def _floor(settings: EdxSettings, beam_keV: float | None) -> tuple[float, str]:
    from pelletry.reference.elements import atomic_weights, elements_of

    if settings.interaction_width_m is not None:
        return settings.interaction_width_m, "stated"
    if settings.layer and settings.layer_density_kg_per_m3 is not None and beam_keV is not None:
        weight, number = mean_atomic(elements_of(settings.layer), atomic_weights())
        range_m = electron_range_m(
            atomic_weight_g_per_mol=weight,
            atomic_number=number,
            density_kg_per_m3=settings.layer_density_kg_per_m3,
            beam_keV=beam_keV,
        )
        return range_m, f"Kanaya-Okayama range of {settings.layer} at {beam_keV:g} kV"
    return _COMMON_FLOOR_M, ""


def _fitted(measurements: Sequence[EdxMeasurement], settings: EdxSettings) -> _Fits:
    profiles: list[ProfileLayer] = []
    maps: list[MapLayer] = []
    without_scale: list[str] = []
    for one in measurements:
        if isinstance(one, LineScan):
            profiles.extend(fitted_scan(one, settings))
        elif isinstance(one, ElementMap):
            pixel_m = one.pixel_m or settings.pixel_size_m
            if pixel_m is None:
                without_scale.append(one.name)
                continue
            fitted = fitted_map(one, settings, pixel_m=pixel_m)
            profiles.append(fitted.whole)
            if fitted.layer is not None:
                maps.append(fitted.layer)
    return _Fits(profiles=tuple(profiles), maps=tuple(maps), without_scale=tuple(without_scale))


def _quantities(fits: _Fits, element: str, floor_m: float, floor_source: str) -> dict[str, Quantity]:
    reason = _why_none(fits, element)
    strips = {one.name: both for one in fits.maps if one.element == element and (both := thickness_of_map(one))}
    mine = [one for one in fits.profiles if one.element == element and not one.fit.refusal]
    estimates = [strips[one.name][0] if one.name in strips else thickness_of_profile(one) for one in mine]
    names = ("layer_thickness", "layer_roughness", "layer_edge_width_start", "layer_edge_width_end")
    if not estimates:
        return {name: Unresolved(reason=reason, unit="m") for name in names}
    thickness = pooled_thickness(estimates)
    if thickness.value < floor_m:
        source = floor_source or "taken as 1 µm, since beam, layer and density were not all given"
        reason = f"the two edges lie {thickness.value * 1e6:.2g} µm apart, less than the {floor_m * 1e6:.2g} µm from which X-rays come ({source})"
        return {name: Unresolved(reason=reason, unit="m") for name in names}
    found: dict[str, Quantity] = {"layer_thickness": thickness}
    spreads = [both[1] for both in strips.values()]
    found["layer_roughness"] = (
        Estimate(value=sum(spreads) / len(spreads), unit="m", method="standard deviation between strips of a map")
        if spreads
        else Unresolved(
            reason="a single line does not show how the thickness varies; measure a map or several lines"
            if len(mine) == 1
            else f"what the {len(mine)} lines differ by is in the error of the thickness; a map shows the roughness",
            unit="m",
        )
    )
    for k, name in enumerate(names[2:]):
        widths = [edge_widths_m(one.fit)[k] * one.cosine_ratio for one in mine]
        found[name] = Estimate(
            value=sum(widths) / len(widths), unit="m", method="10 to 90 %; beam, interdiffusion and roughness together"
        )
    return found


def _why_none(fits: _Fits, element: str) -> str:
    if not fits.profiles and fits.without_scale:
        return "the map does not say how large a pixel is; state pixel_size_m"
    if element and not any(one.element == element for one in fits.profiles):
        return f"no profile of {element}"
    reasons = [
        f"{one.element}: {one.fit.refusal}" for one in fits.profiles if one.fit.refusal and element in ("", one.element)
    ]
    return "no element shows a layer (" + "; ".join(dict.fromkeys(reasons)) + ")"
