"""What the demo studies share: the description of a demo, and its tables as they are written."""

from __future__ import annotations

import csv
import importlib.util
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from pelletry.core.errors import StudyError, quoted

__all__ = ["Demo", "FileRow", "Written", "missing_programs", "table_text"]


@attrs.frozen(kw_only=True)
class Demo:
    """A demo study. ``needs`` names, for a part, the packages that write or read its files and are not always installed."""

    simulated_from: str
    parts: tuple[str, ...]
    build: Callable[[Path, frozenset[str]], None]
    needs: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    def chosen(self, parts: Collection[str] | None) -> frozenset[str]:
        """The parts by name, all for None.

        Raises
        ------
        StudyError
            If there is no such part.
        """
        wanted = frozenset(self.parts if parts is None else parts)
        if unknown := sorted(wanted - frozenset(self.parts)):
            raise StudyError(
                f"the demo has no part {', '.join(map(quoted, unknown))}", expected=" or ".join(self.parts)
            )
        return wanted


@attrs.frozen(kw_only=True)
class FileRow:
    """A row of files.csv: what a raw file is, where its name does not say it."""

    file: str
    sample: str
    temperature: str = ""
    temperature_source: str = ""
    technique: str = ""
    role: str = ""
    run: str = ""
    note: str = "simulated"


@attrs.frozen(kw_only=True)
class Written:
    """What a part of a demo has written: rows of the samples table, rows of files.csv, and files of samples of other parts."""

    samples: tuple[Mapping[str, str], ...] = ()
    files: tuple[FileRow, ...] = ()
    more_files: Mapping[str, str] = attrs.field(factory=dict)


def missing_programs(demo: Demo, parts: Iterable[str]) -> list[str]:
    """Packages that the parts need and that are not installed."""
    needed = sorted({name for part in parts for name in demo.needs.get(part, ())})
    return [name for name in needed if importlib.util.find_spec(name) is None]


def table_text(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    """Rows as csv; a column that no row has a value in is left out."""
    held = list(rows)
    used = [column for column in columns if any(row.get(column) for row in held)]
    out = io.StringIO()
    writer = csv.DictWriter(out, used, lineterminator="\n", extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(held)
    return out.getvalue()
