"""Show a plan: the interactive map and the printed report."""
