from tests.world import cheap_hashes, nothing_remembered, world

__all__ = ["cheap_hashes", "nothing_remembered", "world"]
