#!/bin/sh
# Brings .venv up to date with one of the lock files: scripts/install.sh run|dev
# PYTHON names the interpreter; without it, python3.11 or any newer python3 is taken.
set -eu

lock="requirements/$1.txt"
stamp=".venv/installed-$1"

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" || fail "PYTHON is '$PYTHON', but there is no such program."
        return
    fi
    command -v python3.11 || command -v python3 || fail "Python 3.11 is missing. Install it (Debian: apt install python3.11 python3.11-venv), or name one: make PYTHON=/path/to/python3.11"
}

check_python() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$1 is older than Python 3.11. Install that, or name one: make PYTHON=/path/to/python3.11"
    "$1" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$1 lacks the modules venv and ensurepip. Install them (Debian: apt install python3.11-venv)."
}

create_environment() {
    python="$(find_python)"
    check_python "$python"
    echo "Creating the virtual environment .venv with $("$python" --version) ..."
    "$python" -m venv --clear .venv
}

install_packages() {
    echo "Installing the locked packages of $lock (the first time takes a minute) ..."
    began="$(date +%s)"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --require-hashes --requirement "$lock" ||
        fail "The packages could not be installed; the lines above say why. They come from the network: is there a proxy to be set?"
    echo "Installed in $(($(date +%s) - began)) s."
}

if cmp -s "$lock" "$stamp" && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi
.venv/bin/python -c '' 2>/dev/null || create_environment
install_packages
cp "$lock" "$stamp"
