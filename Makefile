# The two commands that matter: `make demo` and `make test`. `make help` lists all.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Trust what this machine trusts, as pip and git do.
export UV_SYSTEM_CERTS := 1

# The distribution's own Python where it is new enough: its security updates come with the machine's,
# and it is built with a profile, which others often are not (docs/performance.md, "Which Python").
PYTHON ?= $(shell /usr/bin/python3 tests/system.py python 2>/dev/null || echo python3)
HOME_DIR ?= ./demo
READER_PORT ?= 8000
NEWSROOM_PORT ?= 8001
DESK_PORT ?= 8002
MAILBOX_PORT ?= 8003
PROCESSOR_PORT ?= 8004
# Test processes; two is what the suite is measured with.
JOBS ?= 2
PYTEST_OPTIONS ?=

BIN := .venv/bin
TAMIZDAT := $(BIN)/tamizdat
# Compiled now, not while somebody waits for the first page.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes
NPM_CI := npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
PORTS := --reader-port $(READER_PORT) --newsroom-port $(NEWSROOM_PORT) --desk-port $(DESK_PORT)

.PHONY: help demo serve test test-long test-all check suite suite-sqlite suite-postgres system golden bench lock clean

help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

demo: .venv/installed ## build a sample newsroom in HOME_DIR (./demo) and serve it
	@exec $(TAMIZDAT) demo --home '$(HOME_DIR)' $(PORTS) --mailbox-port $(MAILBOX_PORT) --processor-port $(PROCESSOR_PORT)

serve: .venv/installed ## serve the newsroom in HOME_DIR
	@exec $(TAMIZDAT) serve --home '$(HOME_DIR)' $(PORTS)

test: .venv/installed-dev .venv/installed-tools system ## what tests need, the quick checks, the suite on both databases
	@$(MAKE) check
	@$(MAKE) suite

test-long: .venv/installed-dev .venv/installed-tools system ## what is long: browsers, whole programs, days of a newsroom
	@$(MAKE) suite-sqlite PYTEST_OPTIONS='--long $(PYTEST_OPTIONS)'

test-all: .venv/installed-dev .venv/installed-tools .venv/installed-heavy system ## all of it and what is heavy: every case, every look, Mozilla's Observatory
	@$(MAKE) check
	@$(MAKE) suite PYTEST_OPTIONS='--everything $(PYTEST_OPTIONS)'

check: .venv/installed-dev ## the quick ones: format, lint, types, layers, templates
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet tamizdat

# Both runs happen whatever the first one says; their summaries stand together at the end.
suite: .venv/installed-dev
	@failed=0; \
	$(MAKE) suite-sqlite 2>&1 | tee .venv/suite-sqlite.txt || failed=1; \
	$(MAKE) suite-postgres 2>&1 | tee .venv/suite-postgres.txt || failed=1; \
	echo; \
	echo "On SQLite:     $$(grep -aE '(passed|failed|error).* in [0-9.]+s' .venv/suite-sqlite.txt | tail -n 1 | tr -d =)"; \
	echo "On PostgreSQL: $$(grep -aE '(passed|failed|error).* in [0-9.]+s' .venv/suite-postgres.txt | tail -n 1 | tr -d =)"; \
	exit $$failed

suite-sqlite: .venv/installed-dev ## the suite on SQLite
	@$(BIN)/python -m pytest -n $(JOBS) $(PYTEST_OPTIONS)

suite-postgres: .venv/installed-dev ## what asks a database, on a throw-away PostgreSQL
	@$(BIN)/python -m tests.postgres $(BIN)/python -m pytest -n $(JOBS) $(PYTEST_OPTIONS)

system: ## the system packages that tests need: Chromium, PostgreSQL, nginx, Java
	@$(PYTHON) tests/system.py

golden: .venv/installed-dev ## pin the golden edition anew (tests/golden); then look at git diff
	@RENEW_GOLDEN=1 $(BIN)/python -m pytest -n 0 -q tests/golden
	@git --no-pager diff --stat tests/golden

bench: .venv/installed-dev ## every figure that we promise, as JSON
	@for each in bench/[a-z]*.py; do \
	  if grep -q '__main__' "$$each"; then echo "== $$each"; $(BIN)/python "$$each"; fi; done

# UPGRADE=--upgrade takes the newest versions; without it only what pyproject.toml asks for changes.
UPGRADE ?=
LOCK := $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11
lock: .venv/uv ## renew the lock files from pyproject.toml
	@$(LOCK) $(UPGRADE) pyproject.toml -o requirements.lock
	@$(LOCK) $(UPGRADE) --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

clean: ## take away the environment and what tools left behind; newsrooms stay
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@rm -rf tests/tools/node_modules tests/tools/observatory/node_modules bench/tools/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed. Each stamp is newer than what it was made from, so the second time nothing
# is done and no network is needed.

.venv/made:
	@$(PYTHON) tests/system.py venv
	@echo "Making .venv …"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/uv: .venv/made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@touch $@

.venv/installed: .venv/uv requirements.lock
	@echo "Installing the packages of requirements.lock …"
	@$(INSTALL) -r requirements.lock
	@$(MAKE) .venv/ourselves
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
	@echo "Installing the packages of requirements-dev.lock …"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

# Judges from the npm registry (tests/tools). Without npm their tests are skipped, and say so.
.venv/installed-tools: .venv/made tests/tools/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "Installing the packages of tests/tools/package-lock.json …"; \
	  (cd tests/tools && $(NPM_CI)); touch $@; \
	else echo "npm is missing (Node.js 18 or newer): the tests that judge HTML will be skipped"; fi

# Mozilla's HTTP Observatory and the two hundred packages that it brings, for test-all alone.
.venv/installed-heavy: .venv/made tests/tools/observatory/package-lock.json
	@echo "Installing the packages of tests/tools/observatory/package-lock.json …"
	@cd tests/tools/observatory && $(NPM_CI)
	@touch $@

# Lighthouse, for bench/page.py alone: large, and no test needs it.
.venv/installed-bench: .venv/made bench/tools/package-lock.json
	@echo "Installing the packages of bench/tools/package-lock.json …"
	@cd bench/tools && $(NPM_CI)
	@touch $@

# Ourselves, from this checkout: a path and a command. Building a package would fetch a builder.
.venv/ourselves: .venv/made
	@site=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); \
	pwd > "$$site/tamizdat.pth"
	@printf '#!%s/.venv/bin/python\nfrom tamizdat.cli import main\n\nmain()\n' "$$PWD" > $(TAMIZDAT)
	@chmod +x $(TAMIZDAT)
	@touch $@
