"""The header ``REST-Framework-Version`` (docs/compatibility.md)."""

from chat_app.adf import codes
from chat_app.adf.errors import AdfError, Fault

HEADER = "REST-Framework-Version"
OLDEST = 1
"""What is meant when the header is absent, and what an unreadable header is answered in."""
FIRST_WITH_ERROR_DETAILS = 4
"""From this version on errors are JSON; before, they are plain text."""

VERSIONS = {str(version): version for version in range(OLDEST, 10)}


def parse(header: str | None) -> int:
    """Return the version that a request asks for, 1 to 9.

    Raises ``AdfError`` (400) when the header is anything else.
    """
    if header is None:
        return OLDEST
    version = VERSIONS.get(header.strip())
    if version is None:
        raise AdfError(Fault(codes.FRAMEWORK_VERSION, params={"value": header}))
    return version
