# Nightlight. Needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SHELL := /bin/bash

.PHONY: sandbox run test check lint types arrows unit bench crash-test simulate pictures docs lock clean help

help:
	@echo "make sandbox     try it: the bot, example people and phones on a local page"
	@echo "make run         run it with config.toml against Telegram"
	@echo "make test        everything that CI checks"
	@echo "make bench       measurements (docs/BENCHMARKS.md)"
	@echo "make crash-test  500 kills of a writing process"
	@echo "make simulate    seeded days of a whole service (SEEDS=, DAYS=)"

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Nightlight runs on …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

sandbox: $(VENV)/.installed
	@$(PY) main.py sandbox

run: $(VENV)/.installed
	@$(PY) main.py run

test: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory lint types arrows docs unit

lint: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: $(VENV)/.installed-dev
	@$(VENV)/bin/mypy

arrows: $(VENV)/.installed-dev
	@$(VENV)/bin/lint-imports

docs: $(VENV)/.installed-dev
	@$(PY) -m protocol.document --check

unit: $(VENV)/.installed-dev
	@$(PY) -m pytest -q -n 2 --dist worksteal

bench: $(VENV)/.installed-dev
	@$(PY) -m bench

crash-test: $(VENV)/.installed-dev
	@$(PY) -m tests.storage.crash --kills 500

SEEDS ?= 8
DAYS ?= 7
simulate: $(VENV)/.installed-dev
	@$(PY) -m tests.simulation --seeds $(SEEDS) --days $(DAYS)

pictures: $(VENV)/.installed-dev
	@$(PY) -m sandbox.pictures

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis mutants
