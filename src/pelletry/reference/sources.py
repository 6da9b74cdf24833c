"""The works behind formulas and tables: ``data/sources.bib`` read into :class:`Source`, by key.

Only the small part of BibTeX that the file uses is read: entries ``@kind{Key, field = {value}, ...}``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from types import MappingProxyType

import attrs

__all__ = ["Source", "bibtex", "citation", "source", "sources"]

_ENTRY = re.compile(r"^@(?P<kind>\w+)\{(?P<key>\w+),\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\s*(?P<name>\w+)\s*=\s*\{(?P<value>.*)\},?\s*$", re.MULTILINE)
_ACCENTS = {'{\\"o}': "ö", '{\\"u}': "ü", "{\\'e}": "é", "{\\'a}": "á", "--": "–"}
LICENCE = "facts cited, no text taken"


@attrs.frozen(kw_only=True)
class Source:
    """One work. ``doi`` is empty when it has none, then ``url`` says where it is."""

    key: str
    kind: str
    title: str
    authors: str
    journal: str = ""
    year: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    url: str = ""
    note: str = ""
    licence: str = LICENCE

    @property
    def citation(self) -> str:
        """One line: authors, journal volume (year) pages, doi."""
        names = self.authors.split(" and ")
        first = [name.partition(",")[0].strip() for name in names if name.strip() != "others"]
        shown = ", ".join(first) if len(names) <= 3 and "others" not in names else f"{first[0]} et al."
        where = f"{self.journal} {self.volume}".strip()
        address = f"doi:{self.doi}" if self.doi else self.url
        pages = f", {self.pages}" if self.pages else ""
        return f"{shown}, {where} ({self.year}){pages}, {address}"


def _plain(text: str) -> str:
    for coded, letter in _ACCENTS.items():
        text = text.replace(coded, letter)
    return text


@functools.cache
def _bib_text() -> str:
    return (files("pelletry.reference") / "data" / "sources.bib").read_text(encoding="utf-8")


@functools.cache
def sources() -> Mapping[str, Source]:
    """Every work of ``sources.bib`` by its key, in the order of the file."""
    found: dict[str, Source] = {}
    for entry in _ENTRY.finditer(_bib_text()):
        fields = {m["name"]: _plain(m["value"]) for m in _FIELD.finditer(entry["body"])}
        fields["authors"] = fields.pop("author")
        if entry["key"] in found:
            raise ValueError(f"sources.bib has the key {entry['key']} twice")
        found[entry["key"]] = Source(key=entry["key"], kind=entry["kind"], **fields)
    return MappingProxyType(found)


def source(key: str) -> Source:
    """The work of that key; a KeyError names the keys that exist."""
    known = sources()
    if key not in known:
        raise KeyError(f"no source {key!r}; known: {', '.join(known)}")
    return known[key]


def citation(key: str) -> str:
    """One line to print for a key: ``Hsu, Mansfeld, Corrosion 57 (2001), 747–748, doi:10.5006/1.3280607``."""
    return source(key).citation


def bibtex(keys: Iterable[str]) -> str:
    """The BibTeX entries of those keys, each once, in the order of the file; for the reader's own bibliography."""
    wanted = {source(key).key for key in keys}
    return "\n\n".join(e.group(0) for e in _ENTRY.finditer(_bib_text()) if e["key"] in wanted) + "\n"
