"""The print sheet: what is on the map put on paper by the server, true to scale, with its legend, its dates and the answers."""
