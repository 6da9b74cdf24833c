"""Sizes from a distribution: percentiles, means, modes, a log-normal. Pure functions."""
