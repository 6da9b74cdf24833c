"""What the header of a scan says of wavelengths, monochromator, filter and goniometer, as numbers; nothing is filled in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pelletry.techniques.diffraction.measurement import StatedBeam
from pelletry.techniques.diffraction.model.beam_path import BeamPath

__all__ = ["stated_beam"]

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")
#: Lattice parameters (angstrom) of monochromator crystals and the reflection when the header names none.
#: Graphite 002: d = 3.354 A, which gives the 26.6 degrees that are usually stated for Cu K-alpha1.
_GRAPHITE_D_ANGSTROM = 3.354
_CUBIC_ANGSTROM = {"ge": 5.6579, "si": 5.4310}
_ANGLE = re.compile(r"(\d{1,2}(?:\.\d+)?)\s*(?:°|deg)", re.IGNORECASE)
_INDICES = re.compile(r"(?:ge|si|germanium|silicon)\s*\(?\s*(\d)\s*(\d)\s*(\d)\s*\)?", re.IGNORECASE)
_WRITTEN_HKL = re.compile(r"hkl\s+h\s*(\d)\s*;?\s*k\s*(\d)\s*;?\s*l\s*(\d)", re.IGNORECASE)
_NOTHING = {"", "none", "no", "open", "-", "not used"}


def _number(text: str) -> float | None:
    found = _NUMBER.search(text)
    return None if found is None else float(found.group().replace(",", "."))


def _positive(text: str) -> float | None:
    value = _number(text)
    return value if value is not None and value > 0 else None


def stated_beam(header: Mapping[str, str]) -> StatedBeam:
    """The beam as the header states it; wavelengths that are printed as zero or not at all are None."""
    alpha1 = _positive(header.get("wavelength K-alpha1 (Angstrom)", ""))
    alpha2 = _positive(header.get("wavelength K-alpha2 (Angstrom)", ""))
    other = _positive(header.get("wavelength (Angstrom)", "")) or _positive(
        header.get("wavelength K-alpha (Angstrom)", "")
    )
    words = _monochromator_words(header)
    path = _path(header)
    radius_mm = _positive(header.get("goniometer radius (mm)", ""))
    if radius_mm is None and path is not None:
        radius_mm = path.radius_m * 1e3
    return StatedBeam(
        anode=header.get("anode", "").strip(),
        alpha1_angstrom=alpha1,
        alpha2_angstrom=alpha2,
        other_wavelength_angstrom=other,
        alpha2_ratio=_number(header.get("ratio K-alpha2/K-alpha1", "")),
        monochromator=words,
        monochromator_two_theta_deg=_monochromator_angle(words, alpha1 or other),
        beta_filter="" if header.get("filter", "").strip().lower() in _NOTHING else header.get("filter", "").strip(),
        radius_m=None if radius_mm is None else radius_mm * 1e-3,
        path=path,
    )


def _path(header: Mapping[str, str]) -> BeamPath | None:
    """The path of the beam in the words of the powder dictionary of CIF (lengths in mm, divergences in degrees, full)."""

    def stated(*names: str) -> float | None:
        found = (_positive(header.get(f"pd_instr_{name}", "")) for name in names)
        return next((value for value in found if value is not None), None)

    radius, source, sample = (
        stated("dist_spec/detc", "dist_spec/anal"),
        stated("source_size_ax"),
        stated("beam_size_ax"),
    )
    before = stated("divg_ax_src/spec", "divg_ax_mono/spec")
    after = stated("divg_ax_spec/detc", "divg_ax_spec/anal")
    if radius is None or source is None or sample is None or before is None or after is None:
        return None
    slit_mm = stated("slit_ax_spec/detc", "slit_ax_spec/anal")
    return BeamPath(
        radius_m=radius * 1e-3,
        source_length_m=source * 1e-3,
        sample_length_m=sample * 1e-3,
        slit_length_m=None if slit_mm is None else slit_mm * 1e-3,
        soller_incident_deg=before,
        soller_diffracted_deg=after,
        divergence_deg=stated("divg_eq_src/spec", "divg_eq_mono/spec"),
        source="the file",
    )


def _monochromator_words(header: Mapping[str, str]) -> str:
    keys = ("monochromator", "incident monochromator", "diffracted monochromator")
    found = (header.get(key, "").strip() for key in keys)
    return "; ".join(text for text in found if text.lower() not in _NOTHING and "adaptor" not in text.lower())


def _monochromator_angle(words: str, wavelength_angstrom: float | None) -> float | None:
    """2theta of the monochromator: the angle in the words, else that of the crystal that they name."""
    stated = _ANGLE.search(words)
    if stated is not None and 5.0 < float(stated[1]) < 90.0:
        return float(stated[1])
    d_angstrom = _spacing(words.lower())
    if d_angstrom is None or wavelength_angstrom is None or wavelength_angstrom >= 2 * d_angstrom:
        return None
    return 2 * math.degrees(math.asin(wavelength_angstrom / (2 * d_angstrom)))


def _spacing(words: str) -> float | None:
    if "graphite" in words or "pyrolytic" in words:
        return _GRAPHITE_D_ANGSTROM
    indices = _WRITTEN_HKL.search(words) or _INDICES.search(words)
    crystal = next((a for name, a in _CUBIC_ANGSTROM.items() if re.search(rf"{name}(?:\d|\b)", words)), None)
    if crystal is None or indices is None:
        return None
    squared = sum(int(n) ** 2 for n in indices.groups())
    return crystal / math.sqrt(squared) if squared else None
