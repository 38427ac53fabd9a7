"""Answer a scenario many times, each time with other values, and draw what the answers trade."""
