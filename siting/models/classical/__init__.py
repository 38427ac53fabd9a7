"""Answer the classical questions of location science on one set of arrays."""
