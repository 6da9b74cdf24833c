"""The physics and the image analysis of micrographs: pure functions of arrays, lengths in pixels."""
