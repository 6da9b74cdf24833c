"""Reference tables: phases, lines, constants, sources. Each entry has a unit, a source and a licence."""
