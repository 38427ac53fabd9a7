"""Measure siting beside its peers: the same question, each in a process of its own."""
