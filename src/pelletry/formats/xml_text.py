"""XML of instruments, read without what hostile XML can do: no document type, so no entity expands and nothing else is opened."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from pelletry.formats.rawfile import RawFile

__all__ = ["parsed_xml"]

_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DEEPEST = 200


class _Bounded(ElementTree.TreeBuilder):
    """A tree whose depth is bounded: readers walk it recursively."""

    depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:  # type: ignore[override]
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"elements lie more than {_DEEPEST} deep in one another")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self.depth -= 1
        return super().end(tag)


def parsed_xml(raw: RawFile, content: bytes) -> ElementTree.Element:
    """The root element of an XML document; ``raw`` is named in the messages.

    Raises
    ------
    RefusedFileError
        When it declares a document type or entities; no instrument needs them.
    BrokenFileError
        When it is not well formed; names the line.
    """
    plain = content.replace(b"\0", b"") if b"\0" in content[:200] else content  # UTF-16 hides the words otherwise
    if _DECLARATION.search(plain):
        raise raw.refused(
            "the XML declares a document type or entities, which could make it expand or open other files",
            expected="plain XML as instruments write it",
        )
    parser = ElementTree.XMLParser(target=_Bounded())
    try:
        parser.feed(content)
        root = parser.close()
    except ElementTree.ParseError as error:
        raise raw.broken(
            f"the XML is not well formed ({error.msg.partition(':')[0]})",
            line=error.position[0],
            do="copy the file again from its source",
        ) from None
    except (ValueError, LookupError) as error:
        raise raw.broken(f"the XML is not well formed ({error})", do="copy the file again from its source") from None
    if not isinstance(root, ElementTree.Element):
        raise raw.broken("the XML is empty")
    return root
