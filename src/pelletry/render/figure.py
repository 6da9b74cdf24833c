"""FigureSpec to SVG, PDF and PNG with matplotlib: publication copies at journal column width, the same bytes every time.

Only matplotlib's object interface is used; its global settings are restored after every call. Sizes are millimetres.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pelletry.core.figure import FigureSpec
from pelletry.render.font_files import add_fonts
from pelletry.render.style import FONT_FAMILY, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "build_figure", "figure_bytes", "figures_bytes", "render_figure", "save_figure"]

FORMATS = ("svg", "pdf", "png")
PNG_DPI = 300
_TOGETHER = 8

_SETTINGS: Any = {
    "font.family": [FONT_FAMILY, "DejaVu Sans"],
    "font.size": 7.5,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.labelpad": 2.5,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "axes.axisbelow": False,
    "text.color": INK,
    "text.usetex": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.6,
    "ytick.minor.size": 1.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "xtick.major.pad": 3.0,
    "ytick.major.pad": 2.5,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "round",
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "mathtext.fontset": "custom",
    "mathtext.rm": FONT_FAMILY,
    "mathtext.it": f"{FONT_FAMILY}:italic",
    **{f"mathtext.{kind}": FONT_FAMILY for kind in ("bf", "bfit", "cal", "sf", "tt")},
    "mathtext.default": "regular",
    "mathtext.fallback": "stixsans",
    "svg.fonttype": "none",
    "svg.hashsalt": "pelletry",
    "svg.image_inline": True,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "path.simplify": True,
    "figure.dpi": 100,
    "savefig.dpi": "figure",
    "savefig.facecolor": "white",
    "savefig.transparent": False,
}

_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
    "png": {"Software": None},
}


def render_figure(spec: FigureSpec, *, format: str) -> bytes:
    """One figure as the bytes of an SVG, PDF or PNG (300 dpi) file; the same figure always gives the same bytes.

    Raises
    ------
    ValueError
        When the format is none of the three.
    """
    return figure_bytes(spec, formats=(format,))[format]


def figure_bytes(spec: FigureSpec, *, formats: Sequence[str] = FORMATS) -> dict[str, bytes]:
    """The figure in several formats, laid out once."""
    return next(iter(figures_bytes([spec], formats=formats)))


def figures_bytes(specs: Iterable[FigureSpec], *, formats: Sequence[str] = FORMATS) -> Iterator[dict[str, bytes]]:
    """Many figures in several formats, in order.

    They are drawn a few at a time, format by format: matplotlib keeps the last fifty set formulas of each kind of output,
    and figures of one study share nearly all of theirs, which halves the time.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"figure format {unknown[0]!r} is not one of {', '.join(FORMATS)}")
    waiting = list(specs)
    for start in range(0, len(waiting), _TOGETHER):
        with _our_settings():
            figures = [_laid_out(spec) for spec in waiting[start : start + _TOGETHER]]
            drawn: list[dict[str, bytes]] = [{} for _ in figures]
            for name in formats:
                for figure, content in zip(figures, drawn, strict=True):
                    content[name] = _saved(figure, name)
        yield from drawn


def save_figure(spec: FigureSpec, stem: Path, formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write ``stem.svg``, ``stem.pdf``, ``stem.png``, each whole or not at all; returns the paths written.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    from pelletry.study.outputs import write_whole

    written = []
    for name, content in figure_bytes(spec, formats=formats).items():
        path = stem.with_name(f"{stem.name}.{name}")
        write_whole(path, content)
        written.append(path)
    return tuple(written)


def build_figure(spec: FigureSpec) -> Figure:
    """The matplotlib Figure itself, laid out, for those who want to change something by hand before saving."""
    with _our_settings():
        return _laid_out(spec)


def _laid_out(spec: FigureSpec) -> Figure:
    from pelletry.render.layout import lay_out

    return lay_out(spec)


@contextmanager
def _our_settings() -> Iterator[None]:
    import matplotlib

    add_fonts()
    with matplotlib.rc_context(_SETTINGS):
        yield


def _saved(figure: Figure, name: str) -> bytes:
    buffer = io.BytesIO()
    dpi = PNG_DPI if name == "png" else 72
    figure.savefig(buffer, format=name, dpi=dpi, metadata=_METADATA[name])
    content = buffer.getvalue()
    if name == "svg":
        content = content.replace(
            f"'{FONT_FAMILY}', 'DejaVu Sans'".encode(), b"'Liberation Sans', Arial, Helvetica, sans-serif"
        )
    return content
