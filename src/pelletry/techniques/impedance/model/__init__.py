"""The physics of impedance spectra of pellets: circuits, fits, consistency, and what the numbers mean."""
