"""How much a peer may ask, and a connection may send."""
