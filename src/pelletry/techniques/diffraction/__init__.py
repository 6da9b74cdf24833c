"""Powder diffraction: phases, cells, weight fractions and expansion."""
