"""Measurements of our answers beside those of peers, on generated data, in one run."""
