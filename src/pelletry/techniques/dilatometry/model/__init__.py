"""Shrinkage, density, onset, swelling and master sintering curve. Pure functions."""
