"""The table behind the revisions."""

from django.db import models


class Revision(models.Model):
    """Which state the tables of a topic are in: grows with every change, and no value ever comes twice.

    Written by triggers alone (see ``triggers``).
    """

    topic = models.CharField(max_length=30, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.topic} {self.value}"
