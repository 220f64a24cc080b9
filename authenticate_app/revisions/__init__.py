"""What processes remember, and how they learn that it has changed.

A *topic* is a set of tables that are remembered together (roles, keys, routing). Triggers in the database raise
the topic's revision whenever one of its tables changes, whoever changes it and by whatever way. A process keeps
what it made from the tables together with the revision that it read before, and whoever relies on it compares.
"""
