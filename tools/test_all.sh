#!/bin/sh
# Run the tests with each of the Python versions $1 (such as "3.11 3.12") that is installed, in an environment of its own
# below .venvs. What stands after $1 goes to pytest. The exit code is not 0 if a run failed, or if there was none.
set -u
cd "$(dirname "$0")/.." || exit 1
versions=$1
shift
uv=$(command -v .venv/bin/uv || command -v uv) || { echo "test-all: uv is missing. Run: make setup" >&2; exit 1; }
export UV_PYTHON_DOWNLOADS=never

# pyenv's own names for interpreters work only for the versions that are switched on, so its folder is looked into too.
find_python() {
    "$uv" python find --system "$1" 2>/dev/null && return
    for python in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/"python$1"; do
        [ -x "$python" ] && echo "$python" && return
    done
    return 1
}

ran= failed=
for version in $versions; do
    if ! python=$(find_python "$version"); then
        echo "test-all: Python $version is not installed here. Its tests are skipped."
        continue
    fi
    echo "test-all: Python $version"
    ran="$ran $version"
    if ! UV_PROJECT_ENVIRONMENT=.venvs/$version "$uv" sync --locked --all-extras --quiet --python "$python" ||
        ! ".venvs/$version/bin/python" -m pytest "$@"; then
        failed="$failed $version"
    fi
done
[ -n "$ran" ] || { echo "test-all: no Python of these is installed: $versions"; exit 1; }
[ -z "$failed" ] || { echo "test-all: failed with Python$failed"; exit 1; }
echo "test-all: passed with Python$ran"
