"""Guesses at passwords, counted in the database for all processes together."""
