"""Set plans of one city side by side: figures, stations, substations, and what was asked."""
