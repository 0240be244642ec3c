#!/bin/sh
# Make the virtual environment $1 and install what uv.lock names, at those versions. What else is in it stays, such as a
# uv of its own. Nothing outside this folder is touched.
set -eu
venv=$1
say() { printf '%s\n' "$*" >&2; }

# Whether the uv $1 is there and of a version that pyproject.toml admits: one that is too old fails at any command, and
# one that is older still complains that it cannot read that file.
fits() { command -v "$1" >/dev/null 2>&1 && complaint=$("$1" cache dir 2>&1 >/dev/null) && [ -z "$complaint" ]; }

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 || { say "setup: python3 is missing. Install it: apt-get install python3 python3-venv"; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "setup: Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Set PYTHON to a newer one."; exit 1; }

say "setup: $venv, with the locked dependencies (under a minute)"
if fits uv; then
    uv=uv
    [ -x "$venv/bin/python" ] || uv venv --quiet --seed --python "$python" "$venv"
else
    if [ ! -x "$venv/bin/pip" ]; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null || { say "setup: Python's venv module is missing. Install it: apt-get install python3-venv"; exit 1; }
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    uv=$venv/bin/uv
    fits "$uv" || "$venv/bin/pip" install --quiet --disable-pip-version-check 'uv>=0.8,<1'
fi

UV_PROJECT_ENVIRONMENT=$venv "$uv" sync --locked --inexact --all-extras --quiet
