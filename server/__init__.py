"""Everything that touches a socket, a clock, Redis, a database or a browser."""
