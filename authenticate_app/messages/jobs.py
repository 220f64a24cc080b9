"""Background jobs: each is a trigger alone, and may come twice; what is to be done stands in the tables."""
