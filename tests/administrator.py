"""A program that changes an installation from a process of its own: for each line of JSON, a deed, one line back."""

import json
import sys

import django


def main() -> None:
    django.setup()
    from tests.deeds import DEEDS

    for line in sys.stdin:
        name, arguments = json.loads(line)
        answer = DEEDS[name](**arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
