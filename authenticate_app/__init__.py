"""Who is it? Users, roles, passwords, signing keys, and what happened."""
