"""Least squares, covariance, intervals. Knows no technique."""
