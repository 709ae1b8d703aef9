"""A session's rules, without a socket, a clock, Redis or a database."""
