"""Who may be in a session, and who runs it, in SQL."""
