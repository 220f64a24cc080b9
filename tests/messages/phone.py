"""What a phone does to a token, written anew from the standards: SEC 1, ANSI X9.63, NIST SP 800-38D.

It shares no code with what it tests: the curve and the key derivation are computed here, and AES-GCM comes from the
streaming cipher rather than from AESGCM.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

P = 2**384 - 2**128 - 2**96 + 2**32 - 1
B = 0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
GENERATOR = (
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a phone makes for one token: its ephemeral point, uncompressed, and the secret that it then shares."""

    ephemeral: bytes
    shared_secret: bytes
    """The x-coordinate, 48 bytes."""


def exchanges(response_encryption_key: str, *, first_scalar: int) -> Iterator[Exchange]:
    """Those of the ephemeral scalars from ``first_scalar`` on; each costs two additions."""
    key = read(base64.b64decode(response_encryption_key))
    ephemeral, shared = multiply(first_scalar, GENERATOR), multiply(first_scalar, key)
    while True:
        yield Exchange(write(ephemeral), shared[0].to_bytes(48, "big"))
        ephemeral, shared = add(ephemeral, GENERATOR), add(shared, key)


def encrypt(plaintext: bytes, exchange: Exchange) -> bytes:
    """The token as the phone sends it, before base64."""
    derived = derive(exchange.shared_secret, shared_info=exchange.ephemeral, length=48)
    encryptor = Cipher(algorithms.AES(derived[:32]), modes.GCM(derived[32:])).encryptor()
    return exchange.ephemeral + encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def derive(secret: bytes, *, shared_info: bytes, length: int) -> bytes:
    """The key derivation of ANSI X9.63 with SHA-256."""
    blocks = (sha256(secret + number.to_bytes(4, "big") + shared_info).digest() for number in count(1))
    derived = b""
    while len(derived) < length:
        derived += next(blocks)
    return derived[:length]


def write(point: Point) -> bytes:
    """Uncompressed."""
    return b"\x04" + point[0].to_bytes(48, "big") + point[1].to_bytes(48, "big")


def read(uncompressed: bytes) -> Point:
    return int.from_bytes(uncompressed[1:49], "big"), int.from_bytes(uncompressed[49:], "big")


def is_on_curve(point: Point) -> bool:
    x, y = point
    return (y * y - (x * x * x - 3 * x + B)) % P == 0


def multiply(scalar: int, point: Point) -> Point:
    """Double and add; ``scalar`` is at least 1 and below the order."""
    result = point
    for bit in bin(scalar)[3:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def add(one: Point, other: Point) -> Point:
    """Points that are not each other's negative."""
    (x1, y1), (x2, y2) = one, other
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P
