"""Virtual instruments: a known truth turned into raw files in the vendors' own layouts."""
