"""Finding things in the XML of instruments by their names without namespaces, since schema versions differ in those."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from pelletry.core.errors import FormatError
from pelletry.formats.rawfile import RawFile

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["child", "descendants", "local_name", "root_of", "text_at", "written"]

_MOST_TAGS = 4_000_000


def root_of(raw: RawFile, content: bytes, *, inside: str = "") -> Element:
    """The root of an XML document; ``inside`` names the member of an archive in messages.

    Raises
    ------
    RefusedFileError
        When it declares a document type or entities, or has more than four million tags.
    BrokenFileError
        When it is not well formed (a truncated file, say); names the line.
    """
    from pelletry.formats.xml_text import parsed_xml

    if content.count(b"<") > _MOST_TAGS:
        raise raw.refused(f"the XML {inside} has more than {_MOST_TAGS} tags", expected="one measurement")
    try:
        return parsed_xml(raw, content.lstrip(b" \t\r\n"))
    except FormatError as error:
        if not inside:
            raise
        said = [attrs.evolve(mistake, what=f"{mistake.what} in {inside}") for mistake in error.mistakes]
        raise type(error)(mistakes=said) from None


def local_name(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of that name, of its first child of the next name, and so on; None when one is missing."""
    for name in path:
        if element is None:
            return None
        element = next((one for one in element if local_name(one) == name), None)
    return element


def descendants(element: Element, name: str) -> Iterator[Element]:
    """All elements of that name below, in the order of the file."""
    return (one for one in element.iter() if local_name(one) == name)


def text_at(element: Element | None, *path: str) -> str:
    """The text of :func:`child`, stripped; empty when it is missing."""
    found = child(element, *path)
    return "" if found is None or found.text is None else found.text.strip()


def written(element: Element) -> str:
    """An element in one line for the header: its name or text and what its children say, with their units."""
    parts = [element.get("name") or (element.text or "").strip()]
    for one in element:
        said = written(one)
        if said:
            parts.append(f"{local_name(one)} {said} {one.get('unit', '')}".rstrip())
    return "; ".join(part for part in parts if part)[:500]
