"""Read the world into a Case, and a Case and a Scenario into a Problem."""
