"""Tables, data and bundles for other programs."""
