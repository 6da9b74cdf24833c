"""A canvas whose renderers share what they know of formulas.

Matplotlib keeps a set formula with the renderer that set it and makes a new renderer whenever the page changes its size;
setting ``10^-4`` anew takes longer than drawing the whole axis.
"""

from __future__ import annotations

from typing import Any, ClassVar

from matplotlib.backends.backend_agg import FigureCanvasAgg

__all__ = ["Canvas"]


class Canvas(FigureCanvasAgg):  # type: ignore[misc]
    """Draws pixels, for measuring and for PNG; all its renderers use the formula setter of the first."""

    _formulas: ClassVar[Any] = None

    def get_renderer(self) -> Any:
        """The renderer for the page as it is now."""
        renderer: Any = super().get_renderer()  # type: ignore[no-untyped-call]
        if Canvas._formulas is None:
            Canvas._formulas = renderer.mathtext_parser
        renderer.mathtext_parser = Canvas._formulas
        return renderer
