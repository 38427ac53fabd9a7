"""Put a plan's stations on a real network, and let power flow say whether it holds."""
