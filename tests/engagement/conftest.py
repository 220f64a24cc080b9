from tests.world import nothing_remembered, world

__all__ = ["nothing_remembered", "world"]
