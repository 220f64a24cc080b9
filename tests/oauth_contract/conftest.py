from tests.oauth_contract.installation import (
    application,
    directly_connected,
    installation,
    integration,
    other_application,
    person,
)
from tests.world import nothing_remembered, world

__all__ = [
    "application",
    "directly_connected",
    "installation",
    "integration",
    "nothing_remembered",
    "other_application",
    "person",
    "world",
]
