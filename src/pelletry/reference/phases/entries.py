"""Reads the CIF texts of ``data/`` as far as names and facts go; atoms stay text until a technique asks for them."""

from __future__ import annotations

import difflib
import functools
import re
from importlib.resources import files

import attrs

__all__ = ["GROUPS", "LICENCE", "RELIABILITIES", "LibraryPhase", "elements_of", "library", "phase"]

GROUPS = ("electrolyte", "decomposition", "crucible", "jar", "standard", "electrode", "cathode", "precursor")
RELIABILITIES = ("S", "T", "D", "cell")
LICENCE = "facts cited, no file taken"
_CELL_TAGS = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_ELEMENT = re.compile(r"[A-Z][a-z]?")
_TAG = re.compile(r"^_(\S+)[ \t]+(.+?)\s*$", re.MULTILINE)
_TEXT = re.compile(r"^_(\S+)\n;\n(.*?)\n;$", re.MULTILINE | re.DOTALL)


@attrs.frozen(kw_only=True)
class LibraryPhase:
    """One phase of the library.

    ``cif`` is a whole CIF text (without atoms where ``has_coordinates`` is False). ``cell`` is a, b, c [angstrom], alpha, beta, gamma
    [deg]; ``formula_units`` Z counts ``formula``. ``density_kg_per_m3`` is a published value to hold the entry against, None where none is known.
    """

    key: str
    name: str
    formula: str
    elements: frozenset[str]
    group: str = attrs.field(validator=attrs.validators.in_(GROUPS))
    reliability: str = attrs.field(validator=attrs.validators.in_(RELIABILITIES))
    space_group: str
    formula_units: int
    cell: tuple[float, float, float, float, float, float]
    density_kg_per_m3: float | None
    source: str
    note: str = ""
    cod_ids: tuple[str, ...] = ()
    licence: str = LICENCE
    has_coordinates: bool
    cif: str = attrs.field(repr=False)


def elements_of(formula: str) -> frozenset[str]:
    """The element symbols that a formula names.

    >>> sorted(elements_of("Li1.3Al0.3Ti1.7(PO4)3"))
    ['Al', 'Li', 'O', 'P', 'Ti']
    """
    return frozenset(_ELEMENT.findall(formula))


def _read(key: str, text: str) -> LibraryPhase:
    facts = {name: value.strip("'\"") for name, value in _TAG.findall(text)} | dict(_TEXT.findall(text))
    a, b, c, alpha, beta, gamma = (float(facts[f"cell_{tag}"]) for tag in _CELL_TAGS)
    density = facts.get("exptl_crystal_density_diffrn")
    return LibraryPhase(
        key=key,
        name=facts["chemical_name_common"],
        formula=facts["chemical_formula_sum"],
        elements=elements_of(facts["chemical_formula_sum"]),
        group=facts["pelletry_group"],
        reliability=facts["pelletry_reliability"],
        space_group=facts["space_group_name_H-M_alt"],
        formula_units=int(facts["cell_formula_units_Z"]),
        cell=(a, b, c, alpha, beta, gamma),
        density_kg_per_m3=None if density is None else float(density) * 1000.0,
        source=facts["pelletry_source"],
        note=facts.get("pelletry_note", ""),
        cod_ids=tuple(facts.get("pelletry_cod_ids", "").split()),
        has_coordinates="_atom_site_label" in text,
        cif=text,
    )


@functools.cache
def library() -> tuple[LibraryPhase, ...]:
    """Every phase, in the order of the groups and then of the keys."""
    folder = files("pelletry.reference.phases") / "data"
    found = [_read(f.name[:-4], f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".cif")]
    return tuple(sorted(found, key=lambda entry: (GROUPS.index(entry.group), entry.key)))


def phase(key: str) -> LibraryPhase:
    """The phase of that key, or of that name; upper and lower case are alike. A KeyError names the nearest keys."""
    wanted = key.strip().lower()
    for entry in library():
        if wanted in (entry.key, entry.name.lower()):
            return entry
    near = difflib.get_close_matches(wanted, [entry.key for entry in library()], n=4, cutoff=0.4)
    raise KeyError(f"no phase {key!r} in the library; near: {', '.join(near) or 'none'}")
