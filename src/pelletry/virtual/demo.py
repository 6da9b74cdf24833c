"""The demo studies: folders of simulated raw files whose truth is what a paper printed.

A demo is a folder with raw files in the instruments' layouts and the study files; its truth, published or assumed, is nowhere in
that folder.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from pathlib import Path

from pelletry.core.errors import StudyError, quoted
from pelletry.virtual import demo_latp, demo_lzp
from pelletry.virtual.demo_kit import Demo, missing_programs

__all__ = ["DEMOS", "build_demo"]

DEMOS: dict[str, Demo] = {"latp": demo_latp.DEMO, "lzp": demo_lzp.DEMO}


def build_demo(name: str, folder: Path, *, parts: Collection[str] | None = None) -> Path:
    """Write the raw files and the study files of a demo into ``folder`` and return it.

    The folder appears whole or not at all. A demo that is there already is left as it is, with the user's changes in it.

    Parameters
    ----------
    parts
        Which of the demo's parts to write (``DEMOS[name].parts``); None: all.

    Raises
    ------
    StudyError
        If there is no demo or part of that name, the folder holds something else, or a part needs a package that is not installed.
    """
    demo = DEMOS.get(name)
    if demo is None:
        raise StudyError(f"there is no demo {quoted(name)}", expected=" or ".join(sorted(DEMOS)))
    wanted = demo.chosen(parts)
    if folder.exists() and any(folder.iterdir()):
        if _is_demo(folder, demo):
            return folder
        raise StudyError("the folder holds something else", where=folder, do="name a new folder")
    if missing := missing_programs(demo, wanted):
        raise StudyError(
            f"the demo {quoted(name)} needs {' and '.join(missing)}",
            do="install them with: pip install 'pelletry[all]'",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pelletry-demo-", dir=folder.parent) as temporary:
        whole = Path(temporary) / folder.name
        whole.mkdir()
        demo.build(whole, wanted)
        if folder.exists():
            folder.rmdir()
        os.rename(whole, folder)
    return folder


def _is_demo(folder: Path, demo: Demo) -> bool:
    study = folder / "study.toml"
    return study.is_file() and demo.simulated_from in study.read_text(encoding="utf-8", errors="replace")
