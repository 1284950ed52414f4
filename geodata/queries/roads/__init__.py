"""Answers by road: travel time, routes and what is reached, on a graph kept in step with the layer that is the road network."""
