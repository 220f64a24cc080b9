from tests.engagement.stage import stage
from tests.world import nothing_remembered, world

__all__ = ["nothing_remembered", "stage", "world"]
