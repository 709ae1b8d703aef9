"""Logging in elsewhere: with Discord, or with an OpenID Connect provider."""
