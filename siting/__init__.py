"""Plan EV supercharging networks, with a proof."""

__version__ = "0.1.0"
