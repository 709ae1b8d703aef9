"""The catalogue by REST: what there is, what fits, and what gives a stat."""
