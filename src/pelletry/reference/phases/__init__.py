"""The shipped library of crystalline phases: facts typed into small CIF texts of our own, one file each in ``data/``.

What a file holds: name, formula, cell, Z, space group, a published density where one is known, and atoms where their coordinates could be
checked. ``_pelletry_reliability`` says how far they may be believed:

======  ==============================================================================================================
S       cell and coordinates read in a public copy of the work that ``_pelletry_source`` names, or positions fixed by symmetry and the
        cell read where that work is quoted
T       coordinates read for another structure of the type (calculated, other temperature or composition), or fixed by symmetry with a
        recalled cell; ``_pelletry_source`` says which
D       coordinates derived from distances or from ideal packing: lines stand right, intensities roughly
cell    cell only (recalled or from an abstract): tells where lines may stand, not how strong they are
======  ==============================================================================================================

Listing names needs no crystallography package. Numbers of COD entries name the same phase, not necessarily the same refinement.
"""

from pelletry.reference.phases.entries import GROUPS, RELIABILITIES, LibraryPhase, library, phase

__all__ = ["GROUPS", "RELIABILITIES", "LibraryPhase", "library", "phase"]
