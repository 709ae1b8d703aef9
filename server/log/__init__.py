"""A session's truth in Redis: its log, the scripts that write it, and the hints that tell of it."""
