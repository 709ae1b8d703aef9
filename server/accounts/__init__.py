"""Accounts: who somebody is for good, how they prove it, and what was done to them."""
