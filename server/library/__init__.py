"""The library: saved builds, their versions, and what finds them."""
