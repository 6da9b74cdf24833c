"""The techniques: each a folder with one card. Cards are loaded when first asked for, so that listing none costs nothing.

``TECHNIQUES`` holds the built-in cards and those of installed packages (entry points in the group ``pelletry.techniques``,
each naming a :class:`~pelletry.core.technique.Technique`).
"""

from __future__ import annotations

import functools
import importlib
from importlib.metadata import entry_points
from typing import Any

from pelletry.core.errors import PelletryError, quoted
from pelletry.core.technique import Technique

__all__ = ["TECHNIQUES", "TECHNIQUE_NAMES", "technique_named", "techniques"]

#: The built-in techniques in the order in which reports show them.
TECHNIQUE_NAMES = (
    "diffraction",
    "granulometry",
    "dilatometry",
    "thermogravimetry",
    "density",
    "microscopy",
    "edx",
    "impedance",
    "cycling",
    "xps",
)


@functools.cache
def techniques() -> tuple[Technique, ...]:
    """All cards, the built-in ones first.

    Raises
    ------
    PelletryError
        When an installed package offers something that is not a card, or a name that is taken.
    """
    cards = [importlib.import_module(f"{__name__}.{name}").CARD for name in TECHNIQUE_NAMES]
    for entry in sorted(entry_points(group="pelletry.techniques"), key=lambda e: e.name):
        card = entry.load()
        if not isinstance(card, Technique):
            raise PelletryError(
                f"the entry point {quoted(entry.name)} of pelletry.techniques is a {type(card).__name__}",
                expected="a Technique",
                do="update or remove the package that offers it",
            )
        if any(card.name == other.name for other in cards):
            raise PelletryError(f"two techniques are named {quoted(card.name)}", do="remove one of the packages")
        cards.append(card)
    return tuple(cards)


def technique_named(name: str) -> Technique:
    """The card of that name.

    Raises
    ------
    PelletryError
        When there is none; the message lists those there are.
    """
    for card in techniques():
        if card.name == name:
            return card
    raise PelletryError(
        f"there is no technique {quoted(name)}", expected=" or ".join(card.name for card in techniques())
    )


def __getattr__(name: str) -> Any:
    if name == "TECHNIQUES":
        return techniques()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
