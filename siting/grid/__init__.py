"""Place a plan's load on its substations, hour by hour."""
