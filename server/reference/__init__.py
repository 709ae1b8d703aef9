"""The references of the live protocol and of the REST interface, made from the code."""
