# Everything a fresh machine needs is set up by `make demo` and `make test` themselves:
# Python 3.11 and make are enough.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready

.PHONY: help install setup demo test check format bench lock docs clean

help:  ## What can be asked of this Makefile
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

$(BIN)/python:
	@tools/make-venv $(PYTHON) $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Setting up watchword in $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "Setting up the tools of the tests in $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@tools/need curl
	@touch $@

install: $(RUNTIME)  ## Set up .venv with the program alone

setup: $(DEV)  ## Set up .venv with the program and every tool of the tests

demo: $(RUNTIME)  ## Set up and run a server with invented people on 127.0.0.1:8080
	@$(BIN)/watchword demo

test: $(DEV) check  ## Set up and run every check and every test
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal --cov --cov-report=term

check: $(DEV)  ## Lint, types, import contracts, made pages up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/pyright --warnings
	$(BIN)/python tools/reference.py --check

format: $(DEV)  ## Put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV)  ## Make the reference pages from the code
	$(BIN)/python tools/reference.py

bench: $(DEV)  ## Measure the token endpoint and the guard beside the floor
	@tools/need wrk
	$(BIN)/python benchmarks/run.py

lock: $(DEV)  ## Pin the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --group pyproject.toml:build --output-file requirements/runtime.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --group pyproject.toml:build --group pyproject.toml:dev \
	  --constraint requirements/runtime.txt --output-file requirements/dev.txt pyproject.toml

clean:  ## Remove what the commands made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
