"""One person's connection to a session: its socket, and what goes over it."""
