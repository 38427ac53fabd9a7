"""Let drivers use a plan: choose a station, wait, charge, and tell what they met."""
