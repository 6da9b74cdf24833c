"""The two fonts of the figures, given to matplotlib without the tables that only other scripts need.

For every PDF matplotlib reads the fonts with fontTools and cuts them to the letters used. Four fifths of that time go into
the positioning rules (GPOS, GSUB, GDEF: 77 KB for scripts that no figure here is written in; Latin pairs stand in ``kern``,
which stays). So each process works with copies that lack them, in a folder of its own that goes with the process. What is
installed and what lands in a PDF are the letters of the unmodified files beside this module.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

__all__ = ["add_fonts"]

_FILES = ("LiberationSans-Regular.ttf", "LiberationSans-Italic.ttf")
_UNNEEDED = ("GPOS", "GSUB", "GDEF")


@functools.cache
def add_fonts() -> None:
    """Make matplotlib know the fonts; once in a process."""
    folder = _copies()
    for name in _FILES:
        if folder is not None:
            _add(folder / name)
            continue
        with resources.as_file(resources.files("pelletry.render") / "fonts" / name) as path:
            _add(path)


def _add(path: Path) -> None:
    """Ahead of a font of the same name that the machine may have: of equals matplotlib takes the first."""
    from matplotlib import font_manager

    known = font_manager.fontManager
    known.addfont(str(path))
    known.ttflist.insert(0, known.ttflist.pop())


def _copies() -> Path | None:
    """A folder with the lighter copies; None where there is no room for temporary files: then the fonts are used as they are."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="pelletry-fonts-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for name in _FILES:
            with resources.as_file(resources.files("pelletry.render") / "fonts" / name) as path:
                _write_lighter(path, folder / name)
    except OSError:
        return None
    return folder


def _write_lighter(source: Path, target: Path) -> None:
    font: Any = importlib.import_module("fontTools.ttLib").TTFont(
        str(source), recalcTimestamp=False, recalcBBoxes=False
    )
    with font:
        for table in _UNNEEDED:
            if table in font:
                del font[table]
        font.save(str(target), reorderTables=None)
