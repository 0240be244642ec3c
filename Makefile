# Every target does its own set-up, inside this folder and nowhere else.
VENV := .venv
PY   := $(VENV)/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all clients docs lint lock serve bench soak clean

help:  ## what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready  ## a virtual environment with the locked dependencies

# What draws the built-in avatar counts too: it is drawn when the package is installed.
DRAWING := hatch_build.py $(wildcard tools/draw_avatar/*.py) src/bithuman/engine/pack.py

$(VENV)/.ready: pyproject.toml uv.lock tools/setup.sh $(DRAWING)
	@sh tools/setup.sh $(VENV)
	@touch $@

# Checks the console's pages. Without npm its tests are skipped.
AXE := tests/console/node_modules/.package-lock.json

$(AXE): tests/console/package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund --prefix tests/console; fi

demo: setup  ## server, secret, speaking avatar, rotation, receipt (WAV=path speaks a recording)
	@$(PY) -m tools.demo $(if $(WAV),--wav "$(WAV)")

test: setup $(AXE)  ## every test
	@$(PY) -m pytest

PYTHONS ?= 3.11 3.12 3.13

test-all: setup  ## every test with each Python from 3.11 to 3.13 that is installed
	@sh tools/test_all.sh "$(PYTHONS)"

# Each client has an environment of its own, in which this package stands in the place of the one that it asks for.
CLIENTS := livekit_plugin pipecat_service
UV = $(shell command -v $(VENV)/bin/uv || echo uv)

clients: setup  ## the ecosystem's own clients, unmodified, with this package and its server
	@set -e; for client in $(CLIENTS); do \
		UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-clients/$$client \
			$(UV) sync --locked --quiet --python $(PY) --project ecosystem/$$client; \
		.venv-clients/$$client/bin/python -m pytest -c ecosystem/pytest.ini ecosystem/$$client; \
	done

docs: setup  ## the documentation site, into out/site; a broken link fails
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venvs/docs $(UV) sync --locked --quiet --python $(PY) --only-group docs
	@NO_MKDOCS_2_WARNING=1 .venvs/docs/bin/mkdocs build --quiet --clean

# Not after `setup`, which refuses dependencies that are not in the lock yet.
lock:  ## the locks, after a change of what is depended on
	@test -e $(VENV)/.ready || $(MAKE) setup
	@set -e; for project in . $(CLIENTS:%=ecosystem/%); do $(UV) lock --quiet --project $$project; done

lint: setup  ## ruff, type checker, import-linter, declared imports
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/deptry .

serve: setup  ## the platform's server on the loopback address
	@$(VENV)/bin/bithuman serve

bench: setup  ## the server, the engine and its voice, beside their ceilings (twenty minutes)
	@$(PY) -m benchmarks.server
	@$(PY) -m benchmarks.engine
	@$(PY) -m benchmarks.say

soak: setup  ## two hours of speech and 1,000 interruptions: nothing drifts, grows or is lost (half an hour)
	@$(PY) -m benchmarks.soak

clean:  ## remove what make made
	@rm -rf $(VENV) .venvs .venv-clients out dist
