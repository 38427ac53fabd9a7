"""Fetch a city from OpenStreetMap: places by Nominatim, everything else by Overpass."""
