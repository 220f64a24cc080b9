"""What happened to somebody's access and what was changed, as events with a fixed vocabulary."""
