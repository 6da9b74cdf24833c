"""Virtual instruments: a known truth turned into raw files in the vendors' own layouts.

What comes out is simulated and says so wherever a file has room for a word. The formulas are written here anew and not
taken from the technique that will analyse the files, so that a mistake in one is not hidden by the same mistake in the other. The
diffractometer is the exception: its patterns come from the forward model of the refinement, which is held against independent
programs and certified cells.
"""
