# Two commands: `make run` starts Cohort, `make test` checks it. Each does its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run setup test lint types pytest system reference lock

run: setup
	$(BIN)/cohort serve

setup: $(VENV)/installed

test: $(VENV)/installed-dev system $(VENV)/npm/installed lint types pytest

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

# What the tests run besides our own: Debian's Chromium, a library that Playwright's driver needs,
# PostgreSQL, Debian's Redis, and npm for the next. Installed only where it is missing.
system:
	@missing=; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	/sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || missing="$$missing libatomic1"; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	{ command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 || missing="$$missing postgresql"; \
	[ -z "$$missing" ] || { echo "Installing$$missing ..."; \
		$(SUDO) apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }

# AsyncAPI's own schema, and axe, which knows what makes a page accessible: by npm alone.
$(VENV)/npm/installed: tests/wire/official/package-lock.json | system
	@mkdir -p $(@D)
	@cp tests/wire/official/package.json tests/wire/official/package-lock.json $(@D)
	@npm ci --silent --ignore-scripts --no-audit --no-fund --prefix $(@D) && touch $@ \
		|| echo "AsyncAPI's schema and axe cannot be fetched: the checks with them are skipped."

# Write the references of the live protocol and of the REST interface anew, from the Structs and
# from what tests see.
reference: $(VENV)/installed-dev
	$(BIN)/pytest -q tests/wire/test_reference.py tests/wire/test_openapi.py -k up_to_date --write-reference

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

# Compiled first: where Python is to write no bytecode, each of the many servers would do it anew.
pytest:
	$(BIN)/python -m compileall -q calc gamedata server migrations
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Pin every dependency anew (needs `uv` on the PATH).
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-header --no-annotate pyproject.toml --extra build
lock:
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --output-file requirements-dev.lock
