"""Say what a plan hangs on: prices of its limits, worth of its stations, and the plans next best.

Every number says on what it rests: ``exact`` (the same problem solved to the end, or energy
assigned anew with all else fixed), ``bounds`` (proved to lie between two numbers) or ``estimate``
(a price of the linear relaxation, which forgets that stations are whole).
"""

from __future__ import annotations
