"""Photoelectron physics: line shapes, backgrounds, the fit of a region, averages over models, quantities. No files, no settings."""
