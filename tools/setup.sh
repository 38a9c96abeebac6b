#!/bin/sh
# setup.sh VENV WHAT: make a virtual environment and install goodwill into it, editable.
# WHAT is cli, test or dev. PYTHON names the interpreter; without it the first of Python 3.11 or newer is taken.
set -eu
venv=$1
what=$2

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python python3.14 python3.13 python3.12 python3.11; do
        if [ -n "$candidate" ] && new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
        if [ -n "${PYTHON:-}" ]; then
            echo "goodwill: PYTHON=$PYTHON is not a Python of 3.11 or newer" >&2
            exit 1
        fi
    done
    echo "goodwill: needs Python 3.11 or newer, and none was found; say where it is: make PYTHON=/path/to/python3 ..." >&2
    exit 1
}

case $what in
    cli) extras=cli ;;
    test) extras=test ;;
    dev) extras=test,lint,docs ;;
    *) echo "setup.sh: cli, test or dev, not '$what'" >&2; exit 2 ;;
esac

export UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1
if ! new_enough "$venv/bin/python"; then
    python=$(find_python)
    echo "goodwill: making $venv with $("$python" --version)"
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --python "$(command -v "$python")" "$venv"
    elif ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        echo "goodwill: this Python cannot make a virtual environment; install its venv package, or uv" >&2
        exit 1
    fi
fi

echo "goodwill: installing what '$what' needs (the first time this takes a while)"
if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" --editable ".[$extras]"
else
    "$venv/bin/python" -m pip install --quiet --editable ".[$extras]"
fi
