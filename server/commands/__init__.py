"""The commands of `cohort`, a module each."""
