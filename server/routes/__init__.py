"""The live socket and the REST interface of sessions, a module for each kind of thing."""
