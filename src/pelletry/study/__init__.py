"""A study folder: what was asked, what to compute, what came out."""
