"""Physics of cycled cells: half cycles, resistances, capacities, polarisation."""
