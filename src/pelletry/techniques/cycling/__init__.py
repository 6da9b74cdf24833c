"""The cycling of cells."""
