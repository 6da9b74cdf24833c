"""A study's result as one self-contained HTML document."""
