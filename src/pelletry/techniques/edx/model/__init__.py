"""The physics of EDX profiles and spectra: pure functions of arrays."""
