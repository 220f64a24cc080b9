"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idPasswordHasher(Argon2PasswordHasher):
    """Argon2id (RFC 9106) as Django sets it, 100 MB and two passes, but in one lane.

    A lane is a thread. Eight of them, Django's default, make a hash no dearer for those who guess, and take the
    processors away from everybody else's requests: measured in docs/performance.md, "A crowd of wrong passwords".
    """

    parallelism = 1
