"""The game's facts: one checked catalogue, compiled from the public export."""
