"""Turn a Problem into a proven answer."""
