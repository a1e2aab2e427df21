# Two commands are enough: `make run` to try it, `make test` to check it. GNU make 3.81 and newer.

# The first of these that is new enough; `make PYTHON=/path/to/python3.12 run` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; done)
SAMPLE ?= yes
BENCH ?= short
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input
LOCKED := $(INSTALL) --require-hashes --only-binary :all:

.PHONY: help run venv test check format bench pictures lock clean

help:
	@echo "make run      start everything on http://127.0.0.1:8000 (SAMPLE=no: without the sample county)"
	@echo "make test     check, then the whole suite, on SQLite, PostgreSQL and in a browser"
	@echo "make check    format, lint, types, import rules"
	@echo "make venv     the environment with the test tools alone"
	@echo "make format   put code into form and mend what can be mended by itself"
	@echo "make bench    measure (BENCH=full: the largest sizes)"
	@echo "make pictures take the pictures of docs/pictures anew"
	@echo "make lock     write the locks anew after a change of pyproject.toml (UPGRADE=--upgrade: newer versions)"
	@echo "make clean    remove the environment and caches; data/ stays"

run: $(VENV)/.run-ready
	@exec $(BIN)/yinling up $(if $(filter no,$(SAMPLE)),,--sample)

venv: $(VENV)/.test-ready

test: $(VENV)/.test-ready
	@sh .ci/prepare
	@$(MAKE) --no-print-directory check
	@exec $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.test-ready
	@$(BIN)/ruff format --check --quiet --output-format concise . || { echo "Not in form: 'make format' puts it right."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.test-ready
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.test-ready
	@BENCH=$(BENCH) exec $(BIN)/python -m bench

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Yinling needs Python 3.11 or newer. Install it," \
		"or name it: make PYTHON=/path/to/python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is too old: Yinling needs Python 3.11 or newer." >&2; exit 1; }
	@echo "Making the environment in $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This Python cannot make environments: on Debian and Ubuntu, 'apt install python3-venv'." >&2; exit 1; }

$(VENV)/.run-ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what runs (a minute at the first time) ..."
	@$(LOCKED) -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-ready: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what runs and what tests (a minute or two at the first time) ..."
	@$(LOCKED) -r requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.run-ready $@

pictures: $(VENV)/.test-ready
	@sh .ci/prepare
	@$(BIN)/python -m tests.pictures && ls -l docs/pictures

# Names no registry: whoever installs uses the one that is set up, and the hashes say whether it is the same thing.
COMPILE = $(VENV)/lock/bin/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	--only-binary :all: --generate-hashes --no-emit-index-url --no-header --quiet $(UPGRADE)

lock: | $(VENV)/bin/python
	@test -x $(VENV)/lock/bin/uv || { $(BIN)/python -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip \
		--disable-pip-version-check install --quiet uv; }
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@! grep -n '://' requirements.lock requirements-dev.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
