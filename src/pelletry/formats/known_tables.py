"""Tables of a workbook's sheet that are those of an instrument: asked in the same words as the same tables in text files."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pelletry.core.record import Record
from pelletry.formats import edx_table, powder_table, size_table, xps_table
from pelletry.formats.rawfile import RawFile
from pelletry.formats.table_text import Block

__all__ = ["records_of_known_tables"]


def records_of_known_tables(
    raw: RawFile, format_name: str, blocks: Sequence[Block], *, title: str, words: str
) -> list[Record]:
    """Powder patterns, photoelectron spectra, size distributions or EDX spectra among the tables of a sheet, none when none is one.

    ``title`` is that of the sheet, ``words`` are the first lines of it.
    """
    found = (
        powder_table.records_of_blocks(raw, blocks, words)
        or xps_table.records_of_blocks(raw, blocks)
        or size_table.records_of_blocks(raw, blocks)
        or edx_table.records_of_blocks(raw, blocks)
    )
    return [
        attrs.evolve(
            record,
            name=f"{record.name}, {title}",
            header={"sheet": title, **record.header},
            origin=attrs.evolve(record.origin, format=format_name),
        )
        for record in found
    ]
