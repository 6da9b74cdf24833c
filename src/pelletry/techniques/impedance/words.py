"""Numbers as people write them in captions and sentences."""

from __future__ import annotations

__all__ = ["frequency_text", "resistance_text"]


def frequency_text(frequency_Hz: float) -> str:
    """A frequency with its prefix.

    >>> frequency_text(1e6), frequency_text(2500.0), frequency_text(0.1)
    ('1 MHz', '2.5 kHz', '0.1 Hz')
    """
    for factor, unit in ((1e6, "MHz"), (1e3, "kHz")):
        if frequency_Hz >= factor * 0.99995:
            return f"{frequency_Hz / factor:.4g} {unit}"
    return f"{frequency_Hz:.4g} Hz"


def resistance_text(resistance_ohm: float) -> str:
    """A resistance with its prefix.

    >>> resistance_text(2.1e6), resistance_text(450.0)
    ('2.1 MΩ', '450 Ω')
    """
    for factor, unit in ((1e9, "GΩ"), (1e6, "MΩ"), (1e3, "kΩ")):
        if resistance_ohm >= factor:
            return f"{resistance_ohm / factor:.3g} {unit}"
    return f"{resistance_ohm:.3g} Ω"
