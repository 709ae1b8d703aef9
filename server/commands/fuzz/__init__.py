"""`cohort fuzz`: random people and random faults, and whether the promises hold."""
