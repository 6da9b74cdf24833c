"""Options that several commands share, each with its text once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["SIZES", "as_json", "given_sizes", "sizes"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

#: Option -> column of samples.csv. The text holds the unit.
SIZES: dict[str, tuple[str, str]] = {
    "diameter": ("diameter", "Diameter of the pellet, such as '8.70(5) mm'."),
    "thickness": ("thickness", "Thickness of the pellet, such as '0.461; 0.466 mm'."),
    "electrode-diameter": ("electrode_diameter", "Diameter of the electrode, or 'face' when it covers the pellet."),
    "electrode-area": ("electrode_area", "Area of the electrode, such as '0.503 cm2'."),
    "mass": ("mass", "Mass of the pellet, such as '0.0812(1) g'."),
    "composition": ("composition", "Formula of the material."),
    "theoretical-density": ("theoretical_density", "Density without pores, such as '2.94 g/cm3'."),
    "theoretical-density-source": ("theoretical_density_source", "Where that density comes from."),
}

as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for other programs.")


def sizes(command: _Command) -> _Command:
    """Add the options of :data:`SIZES`."""
    for option, (_, text) in reversed(SIZES.items()):
        command = click.option(f"--{option}", metavar="TEXT", help=text)(command)
    return command


def given_sizes(values: dict[str, Any]) -> dict[str, str]:
    """The columns of samples.csv that were given as options."""
    by_argument = {option.replace("-", "_"): column for option, (column, _) in SIZES.items()}
    return {by_argument[key]: value for key, value in values.items() if key in by_argument and value is not None}
