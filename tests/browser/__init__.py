"""Journeys of the live page in a real browser, on a real server and the demonstration data."""
