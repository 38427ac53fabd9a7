"""Hold plans against history: our network, a greedy one, and what was built, by one measure."""
