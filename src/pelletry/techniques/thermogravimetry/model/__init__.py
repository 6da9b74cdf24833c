"""Steps of a mass curve and the test for no loss. Pure functions."""
