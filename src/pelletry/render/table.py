"""Table to text for a terminal, HTML, LaTeX (booktabs) and CSV (machine columns). Nothing from a file is taken for markup."""

from __future__ import annotations

import csv
import html
import io
import math
import textwrap
from collections.abc import Sequence

from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.units import displayed
from pelletry.render.cells import NO_VALUE, NOT_RESOLVED, Shown, footnotes, head_unit, shown
from pelletry.render.typography import html_label, latex_escaped, latex_unit, number_text, unit_text

__all__ = ["machine_rows", "safe_text", "table_to_csv", "table_to_html", "table_to_latex", "table_to_text"]

_NARROWEST, _NARROWEST_NAME, _LEAST_NAME = 8, 24, 12
_NARROW_ROOM = 60
_SHORT = 26


def table_to_text(table: Table, *, width: int = 100) -> str:
    """Aligned columns, at most ``width`` characters; long texts go on in the next line, nothing is cut."""
    notes = footnotes(table)
    heads = [_text_head(c) for c in table.columns]
    rows = [[_text_cell(shown(c, k), notes) for c, k in zip(row, table.columns, strict=True)] for row in table.rows]
    are_numbers = [any(shown(row[j], k).is_number for row in table.rows) for j, k in enumerate(table.columns)]
    widths = [max([*(len(h) for h in heads[j]), *(len(row[j]) for row in rows)]) for j in range(len(heads))]
    columns = range(len(heads))
    least = [max(_longest_word(text) for text in [*heads[j], *(row[j] for row in rows)]) for j in columns]
    # Numbers are never broken; only the words above them go on in the next line.
    least = [max([least[j], *(len(row[j]) for row in rows)]) if are_numbers[j] else least[j] for j in columns]
    _narrow(widths, are_numbers, least, width - 2 * (len(widths) - 1))
    line = "  ".join("─" * w for w in widths)
    lines = [table.title + (" (simulated)" if table.is_simulated else ""), line]
    for part in (0, 1):
        if any(h[part] for h in heads):
            lines += _text_lines([h[part] for h in heads], widths, are_numbers)
    lines.append(line)
    lines += [text for row in rows for text in _text_lines(row, widths, are_numbers)]
    lines.append(line)
    for text in [*(f"[{letter}] {reason}" for reason, letter in notes.items()), *table.notes]:
        lines += textwrap.wrap(_printable(text), max(width, 20), subsequent_indent="    ")
    return "\n".join(lines) + "\n"


def _text_head(column: TableColumn) -> tuple[str, str]:
    unit = unit_text(head_unit(column))
    return _printable(column.title), f"({unit})" if unit else ""


def _text_cell(cell: Shown, notes: dict[str, str]) -> str:
    return f"{cell.text} [{notes[cell.reason]}]" if cell.reason else _printable(cell.text)


def _longest_word(text: str) -> int:
    return max((len(word) for word in text.split()), default=0)


def _narrow(widths: list[int], are_numbers: list[bool], words: list[int], room: int) -> None:
    # The first column names the row and gives way last. Words are broken only where whole ones leave no room, the last
    # columns first.
    whole = [max(_NARROWEST, word) for word in words]
    texts = [j for j in range(1, len(widths)) if not are_numbers[j]]
    for columns in (texts, range(1, len(widths)), range(1)):
        _shrink(widths, columns, whole, room)
    for j in reversed(texts):
        _shrink(widths, [j], [_NARROWEST] * len(widths), room)
    if not are_numbers[0]:
        _shrink(widths, [0], [_NARROWEST_NAME] * len(widths), room)
        if room < _NARROW_ROOM:  # a name is broken only where the page is hardly wider than a phone's
            _shrink(widths, [0], [_LEAST_NAME] * len(widths), room)


def _shrink(widths: list[int], columns: Sequence[int], least: list[int], room: int) -> None:
    while sum(widths) > room:
        widest = max((j for j in columns if widths[j] > least[j]), key=lambda j: widths[j], default=None)
        if widest is None:
            break
        widths[widest] -= 1


def _text_lines(cells: list[str], widths: list[int], are_numbers: list[bool]) -> list[str]:
    """The lines of one row; a text that is wider than its column goes on below."""
    parts = [
        [c] if len(c) <= w else textwrap.wrap(c, w, break_on_hyphens=False) for c, w in zip(cells, widths, strict=True)
    ]
    lines = []
    for i in range(max(1, *(len(p) for p in parts))):
        texts = [p[i] if i < len(p) else "" for p in parts]
        placed = [t.rjust(w) if n else t.ljust(w) for t, w, n in zip(texts, widths, are_numbers, strict=True)]
        lines.append("  ".join(placed).rstrip())
    return lines


def _printable(text: str) -> str:
    """Text without control characters: a file name must not move the cursor of a terminal."""
    return "".join(c if c.isprintable() else "·" for c in " ".join(text.split()))


def table_to_html(table: Table, *, identifier: str = "") -> str:
    """A ``<table>`` with its caption and notes; numbers with a trace are buttons that carry ``data-trace``."""
    name = html.escape(identifier or table.key, quote=True)
    notes = footnotes(table)
    are_numbers = [any(shown(row[j], k).is_number for row in table.rows) for j, k in enumerate(table.columns)]
    heads = "".join(
        f'<th scope="col"{_class(n)}{_title(c.note)}>{_html_head(c)}</th>'
        for c, n in zip(table.columns, are_numbers, strict=True)
    )
    body = []
    for i, row in enumerate(table.rows):
        traces = table.traces[i] if i < len(table.traces) else ()
        cells = [
            _html_cell(
                cell,
                column,
                traces[j] if j < len(traces) else "",
                notes,
                name,
                is_head=j == 0,
                is_among_numbers=are_numbers[j],
            )
            for j, (cell, column) in enumerate(zip(row, table.columns, strict=True))
        ]
        body.append("<tr>" + "".join(cells) + "</tr>")
    simulated = ' <span class="simulated-tag">simulated</span>' if table.is_simulated else ""
    lines = [f'<li id="{name}-note-{k}"><sup>{k}</sup> {html.escape(reason)}</li>' for reason, k in notes.items()]
    lines += [f"<li>{html.escape(note)}</li>" for note in table.notes]
    return (
        f'<div class="table-frame" tabindex="0" role="region" aria-label="{html.escape(table.title)}">'
        f'<table id="{name}"><caption>{html.escape(table.title)}{simulated}</caption>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{chr(10).join(body)}</tbody></table></div>"
        + (f'<ul class="table-notes">{"".join(lines)}</ul>' if lines else "")
    )


def _html_head(column: TableColumn) -> str:
    unit = html.escape(unit_text(head_unit(column)))
    return html_label(column.title) + (f' <span class="unit">{unit}</span>' if unit else "")


def _class(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _title(text: str) -> str:
    return f' title="{html.escape(text)}"' if text else ""


def _html_cell(
    cell: Cell,
    column: TableColumn,
    trace: str,
    notes: dict[str, str],
    name: str,
    *,
    is_head: bool,
    is_among_numbers: bool,
) -> str:
    what = shown(cell, column)
    if what.reason:
        letter = notes[what.reason]
        inner = f'<span class="unresolved">{NOT_RESOLVED}</span>'
        inner += f'<sup><a href="#{name}-note-{letter}" aria-label="reason {letter}">{letter}</a></sup>'
    else:
        inner = html.escape(number_text(what.text) if what.is_number else what.text)
    if trace and not what.reason and what.is_number:
        inner = f'<button data-trace="{html.escape(trace)}"{_title(what.interval)}>{inner}</button>'
    elif what.hover:
        inner = f"<span{_title(what.hover)}>{inner}</span>"
    if is_head:
        return f'<th scope="row"{_class(what.is_number)}>{inner}</th>'
    is_gap = is_among_numbers and what.text == NO_VALUE and not what.reason
    kind = ' class="short"' if not what.is_number and _is_short(what.text) else _class(what.is_number or is_gap)
    return f"<td{kind}>{inner}</td>"


def _is_short(text: str) -> bool:
    """A few words that read better in one line (``ball-milled, d50 0.31 µm``); a single word never breaks anyway."""
    return " " in text and len(text) <= _SHORT


def table_to_latex(table: Table) -> str:
    r"""A ``table`` with booktabs rules, ready for ``\usepackage{booktabs}`` and nothing else."""
    notes = footnotes(table)
    are_numbers = [any(shown(row[j], k).is_number for row in table.rows) for j, k in enumerate(table.columns)]
    heads = [latex_escaped(c.title) for c in table.columns]
    units = [f"({latex_unit(head_unit(c))})" if head_unit(c) else "" for c in table.columns]
    rows = [
        " & ".join(_latex_cell(shown(c, k), notes) for c, k in zip(row, table.columns, strict=True)) + r" \\"
        for row in table.rows
    ]
    remarks = [rf"\textsuperscript{{{k}}}{latex_escaped(reason)}" for reason, k in notes.items()]
    remarks += [latex_escaped(note) for note in table.notes]
    return "\n".join(
        [
            *(["% simulated data"] if table.is_simulated else []),
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{latex_escaped(table.title)}{' (simulated)' if table.is_simulated else ''}}}",
            rf"  \label{{tab:{''.join(c if c.isalnum() else '-' for c in table.key)}}}",
            rf"  \begin{{tabular}}{{{''.join('r' if n else 'l' for n in are_numbers)}}}",
            r"    \toprule",
            "    " + " & ".join(heads) + r" \\",
            *(["    " + " & ".join(units) + r" \\"] if any(units) else []),
            r"    \midrule",
            *("    " + row for row in rows),
            r"    \bottomrule",
            r"  \end{tabular}",
            *([r"  \par\smallskip\footnotesize " + r"\\ ".join(remarks)] if remarks else []),
            r"\end{table}",
            "",
        ]
    )


def _latex_cell(cell: Shown, notes: dict[str, str]) -> str:
    if cell.reason:
        return rf"{NOT_RESOLVED}\textsuperscript{{{notes[cell.reason]}}}"
    if not cell.is_number:
        return latex_escaped(cell.text)
    number, _, unit = cell.text.partition(" ")
    mantissa, e, exponent = number.partition("e")
    power = rf" \times 10^{{{int(exponent)}}}" if e else ""
    return f"${mantissa}{power}$" + (rf"\,{latex_escaped(unit)}" if unit else "")


def table_to_csv(table: Table) -> str:
    """Machine columns: each column of numbers as value, std, low, high, unit, method and reason; UTF-8, RFC 4180."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows(machine_rows(table))
    return buffer.getvalue()


_PARTS = ("", "_std", "_low_95", "_high_95", "_unit", "_method", "_reason")


def machine_rows(table: Table) -> list[list[str | float | int | None]]:
    """The head and the rows of a table for machines, in display units, with full digits; None where nothing is known."""
    are_quantities = [
        any(isinstance(row[j], Estimate | Unresolved) for row in table.rows) for j in range(len(table.columns))
    ]
    head: list[str | float | int | None] = []
    for column, is_quantity in zip(table.columns, are_quantities, strict=True):
        key = safe_text(column.key)
        unit = head_unit(column)
        head += [key + part for part in _PARTS] if is_quantity else [f"{key} ({unit})" if unit else key]
    rows = [head]
    for row in table.rows:
        line: list[str | float | int | None] = []
        for cell, column, is_quantity in zip(row, table.columns, are_quantities, strict=True):
            line += _machine_cell(cell, column) if is_quantity else [_machine_plain(cell, column)]
        rows.append(line)
    return rows


def _machine_cell(cell: Cell, column: TableColumn) -> list[str | float | int | None]:
    if isinstance(cell, Unresolved):
        return [None, None, None, None, head_unit(column), None, safe_text(cell.reason)]
    if not isinstance(cell, Estimate):
        return [_machine_plain(cell, column), None, None, None, None, None, None]
    moved = displayed(cell, column.kind)
    low, high = moved.interval or (None, None)
    numbers = [_clean(v) for v in (moved.value, moved.std, low, high)]
    return [*numbers, moved.unit, safe_text(moved.method), None]


def _clean(value: float | None) -> float | None:
    """Twelve significant digits: what a change of unit adds beyond is noise of the multiplication."""
    return None if value is None else float(f"{value:.12g}")


def _machine_plain(cell: Cell, column: TableColumn) -> str | float | int | None:
    if isinstance(cell, bool) or cell is None:
        return None if cell is None else ("yes" if cell else "no")
    if isinstance(cell, float):
        if not math.isfinite(cell):
            return None
        return round(displayed(Estimate(value=cell, unit=column.unit, method=""), column.kind).value, 9)
    return cell if isinstance(cell, int) else safe_text(str(cell))


def safe_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a leading ``= + - @`` tab or return is quoted, unless it is a number."""
    flat = "".join(c if c.isprintable() else " " for c in text)
    if flat.lstrip()[:1] in ("=", "+", "-", "@", "|") or text[:1] in ("\t", "\r"):
        try:
            float(flat)
        except ValueError:
            return "'" + flat
    return flat
