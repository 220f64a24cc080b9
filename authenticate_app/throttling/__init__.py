"""Guesses at passwords, codes and secrets, and e-mails asked for: counted in the database, for all processes."""
