"""The Rietveld core: structures, profile, refinement, quantities. Import the modules by name; numba and gemmi load late."""
