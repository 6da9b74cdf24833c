"""What a technique or the audit has to say in words."""

from __future__ import annotations

import attrs

__all__ = ["SEVERITIES", "Finding"]

SEVERITIES = ("info", "notice", "warning", "error")


@attrs.frozen(kw_only=True)
class Finding:
    """One sentence about the data, with a stable code.

    ``severity``: info (good to know), notice (a choice was made), warning (a number is flagged), error (a number withheld).
    ``quantities`` names the results it concerns, as in :class:`~pelletry.core.quantity.Reported`.
    """

    code: str
    severity: str = attrs.field(validator=attrs.validators.in_(SEVERITIES))
    sentence: str
    samples: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
