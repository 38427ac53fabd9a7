"""Ask whether the grid holds: a plan's load by hour, day, substation, district and city."""
