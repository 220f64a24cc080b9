"""Programs for those who develop chatauth."""
