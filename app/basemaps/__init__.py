"""Basemaps of others under our layers: configured sources, fetched by the server for the page, their failure harmless."""
