#!/bin/sh
# Make the virtual environment $1 and install exactly what uv.lock names. Nothing outside this folder is touched.
set -eu
venv=$1
say() { printf '%s\n' "$*" >&2; }

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || { say "setup: python3 is missing. Install it: apt-get install python3 python3-venv"; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "setup: Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Set PYTHON to a newer one."; exit 1; }

if command -v uv >/dev/null 2>&1; then
    uv=uv
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "$python" "$venv"
else
    if [ ! -x "$venv/bin/pip" ]; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null || { say "setup: Python's venv module is missing. Install it: apt-get install python3-venv"; exit 1; }
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    uv=$venv/bin/uv
    [ -x "$uv" ] || "$venv/bin/pip" install --quiet --disable-pip-version-check uv
fi

UV_PROJECT_ENVIRONMENT=$venv "$uv" sync --locked --inexact --all-extras --quiet
