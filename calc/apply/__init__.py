"""What each operation does to a build."""
