"""The one store of all layers: PostGIS tables made from the catalogue, with history and a change feed."""
