# Nightlight. Needs Python 3.11 or newer and make.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
VALIDATOR := .venv-validator
SHELL := /bin/bash
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q pyproject.toml

.PHONY: help sandbox run test lint types arrows docs unit words database takeover coverage mutants pythons bench crash-test simulate month pictures sbom lock clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target what; do printf 'make %-11s %s\n' "$$target" "$$what"; done

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

# The validator of the SSDA903 return needs older pandas, numpy and rich, and Python 3.11.
$(VALIDATOR)/.installed: requirements-validator.txt
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
	  echo "Installing the validator of the return …" && $(PYTHON) -m venv $(VALIDATOR) && \
	  $(VALIDATOR)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
	    --require-hashes -r requirements-validator.txt && touch $@; \
	else echo "The validator of the return needs Python 3.11: its tests are left out."; fi

sandbox: $(VENV)/.installed ## try it: the bot, example people and phones on a local page
	@$(PY) main.py sandbox $(SANDBOX)

run: $(VENV)/.installed ## run it with config.toml against Telegram
	@$(PY) main.py run

# Types are looked at beside the first tests, on what these leave idle; said when both are done.
test: $(VENV)/.installed-dev ## everything that CI checks
	@$(MAKE) --no-print-directory lint arrows docs
	@said=$$(mktemp); $(MAKE) --no-print-directory types >$$said 2>&1 & types=$$!; \
	  $(MAKE) --no-print-directory unit; unit=$$?; \
	  wait $$types; types=$$?; cat $$said; rm $$said; exit $$((unit || types))

lint: $(VENV)/.installed-dev ## style and form of the code
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: $(VENV)/.installed-dev ## types, strictly
	@$(VENV)/bin/mypy

arrows: $(VENV)/.installed-dev ## imports between rooms point one way
	@$(VENV)/bin/lint-imports

docs: $(VENV)/.installed-dev ## docs/PROTOCOL.md is what the packs say
	@$(PY) -m protocol.document --check

# Three on two cores: a story waits for processes and browsers half of its time.
unit: $(VENV)/.installed-dev $(VALIDATOR)/.installed ## the tests alone
	@$(PY) -m pytest -q -n 3 --dist worksteal

words: $(VENV)/.installed-dev ## all stories, with words typed on pages and none in the chat
	@STORIES_WORDS=pages $(PY) -m pytest -q -n 2 --dist worksteal tests/stories

database: $(VENV)/.installed-dev ## all stories, with the records in PostgreSQL
	@STORIES_BOOK=database $(PY) -m pytest -q -n 2 --dist worksteal tests/stories

takeover: $(VENV)/.installed-dev ## time to the next reminder after a leader's death, with PostgreSQL
	@$(PY) -m tests.storage.takeover

coverage: $(VENV)/.installed-dev ## the tests, and which branches they reach
	@rm -rf .coverage && mkdir .coverage
	@$(PY) -m coverage run -m pytest -q -n 2 --dist worksteal $(TESTS)
	@$(PY) -m coverage combine -q && $(PY) -m coverage report --skip-covered --sort=cover

mutants: $(VENV)/.installed-dev ## the changes of the code that its tests must notice (docs/MUTATION.md)
	@$(PY) -m tests.mutants

pythons: ## the tests on every Python from 3.11 that this machine has
	@for minor in 11 12 13 14; do \
	  python3.$$minor -c '' 2>/dev/null || continue; \
	  echo "Python 3.$$minor"; \
	  $(MAKE) --no-print-directory unit PYTHON=python3.$$minor VENV=.venv-3.$$minor || exit 1; \
	done

bench: $(VENV)/.installed-dev ## measurements (docs/BENCHMARKS.md)
	@$(PY) -m bench

crash-test: $(VENV)/.installed-dev ## 500 kills of a writing process
	@$(PY) -m tests.storage.crash --kills 500

SEEDS ?= 8
DAYS ?= 7
simulate: $(VENV)/.installed-dev ## seeded days of a whole service (SEEDS=, DAYS=)
	@$(PY) -m tests.simulation --seeds $(SEEDS) --days $(DAYS)

month: $(VENV)/.installed-dev ## a month of a whole service: what stood in its chats, and for how long
	@$(PY) -m tests.simulation --seeds 4 --days 31 --jobs 2 --keep-going

pictures: $(VENV)/.installed-dev ## the pictures of the documents
	@$(PY) -m sandbox.pictures
	@$(PY) -m bench.report_pictures

sbom: $(VENV)/.installed-dev ## the list of parts, CycloneDX (sbom.json)
	@$(VENV)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml \
		--output-reproducible --of JSON -o sbom.json
	@echo "sbom.json is written. Known faults: pip install pip-audit && pip-audit -r requirements.txt"

lock: ## requirement files with hashes, from pyproject.toml
	$(LOCK) -o requirements.txt
	$(LOCK) --extra dev -o requirements-dev.txt
	echo csc-validator-be-903==0.1.17 | uv pip compile --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -q - -o requirements-validator.txt

clean: ## remove what was made
	rm -rf $(VENV) $(VALIDATOR) .venv-3.* .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info mutants
