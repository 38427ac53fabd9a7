"""Make cases of OpenStreetMap data: from an extract on disk, or from Overpass answers."""
