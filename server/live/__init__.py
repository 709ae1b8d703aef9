"""What a worker does with the sessions that people are in."""
