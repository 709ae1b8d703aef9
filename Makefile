# Two commands: `make run` starts Cohort, `make test` checks it. Each does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run setup test lint types pytest browser lock

run: setup
	$(BIN)/cohort serve

setup: $(VENV)/installed

test: $(VENV)/installed-dev browser lint types pytest

$(VENV)/bin/pip:
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing Cohort into $(VENV) ..."
	@$(PIP_INSTALL) -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing what the checks need ..."
	@$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@

# The browser tests drive Debian's Chromium.
browser:
	@command -v chromium >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq chromium >/dev/null; }

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

pytest:
	$(BIN)/pytest

# Pin every dependency anew (needs `uv` on the PATH).
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-header --no-annotate pyproject.toml --extra build
lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --output-file requirements-dev.lock
