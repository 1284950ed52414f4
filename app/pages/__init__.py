"""Pages for people: the map that folium composes."""
