"""Find one plan that is good in several futures."""
