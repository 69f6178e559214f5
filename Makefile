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
# Twice as many as there are processors: tests wait for servers longer than they compute.
TESTERS := $(shell expr $$(nproc) \* 2)
# npm writes this file when everything else is in place.
CLIENTS := tests/clients/node_modules/.package-lock.json
# The packages of the front end, and the file that names what was built of it.
FRONTEND_PACKAGES := frontend/node_modules/.package-lock.json
FRONTEND := src/watchword/web/static/manifest.json
PEERS := build/peers/.ready

.PHONY: help install setup demo test screenshots soak check check-mypy check-others format bench bench-planes bench-scale bench-peers bench-graphql bench-pages lock lock-peers docs docs-security clean

help:  ## What can be asked of this Makefile
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 15

$(BIN)/python:
	@tools/make-venv $(PYTHON) $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Setting up watchword in $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt tools/need $(RUNTIME)
	@echo "Setting up the tools of the tests in $(VENV) ..."
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@tools/need curl nginx caddy chromium
	@touch $@

$(CLIENTS): tests/clients/package-lock.json tests/clients/.npmrc | $(DEV)
	@echo "Setting up the Node.js clients of the tests ..."
	@$(BIN)/npm --prefix tests/clients --loglevel=error ci >/dev/null
	@touch $@

$(FRONTEND_PACKAGES): frontend/package-lock.json frontend/.npmrc tools/npm | $(BIN)/python
	@echo "Setting up what the front end is built of ..."
	@tools/npm --prefix frontend --loglevel=error ci >/dev/null
	@touch $@

$(FRONTEND): $(FRONTEND_PACKAGES) frontend/vite.config.js frontend/accessible-graphiql.js $(shell find frontend/src -type f)
	@echo "Building the front end ..."
	@tools/npm --prefix frontend --loglevel=error run --silent build -- --logLevel=warn

install: $(RUNTIME) $(FRONTEND)  ## Set up .venv with the program alone

setup: $(DEV) $(CLIENTS) $(FRONTEND)  ## Set up .venv with the program and every tool of the tests

demo: $(RUNTIME) $(FRONTEND)  ## Set up and run a server with invented people on 127.0.0.1:8080
	@$(BIN)/watchword demo

# Hundreds of processes start: none is to compile the program anew, whatever the machine prefers.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(CLIENTS) $(FRONTEND) check  ## Set up and run every check and every test
	@$(BIN)/python -m pytest --numprocesses=$(TESTERS) --dist=worksteal --cov --cov-report=term

screenshots: $(CLIENTS) $(FRONTEND)  ## A picture of every page, light and dark, wide and on a phone, into build/screenshots
	@WATCHWORD_SCREENSHOTS=build/screenshots $(BIN)/python -m pytest -q tests/browser/test_every_page.py

soak: $(DEV)  ## Prove the one live token at length: a million calls, 100 crashes; half an hour
	@WATCHWORD_PROOF=soak $(BIN)/python -m pytest tests/proof --capture=no --durations=0

check: $(DEV)  ## Lint, types, import contracts, made pages up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-mypy check-others

# The two that take longest side by side.
check-mypy: $(DEV)
	$(BIN)/mypy

check-others: $(DEV) $(FRONTEND_PACKAGES)
	$(BIN)/pyright --warnings
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/reference.py --check
	tools/npm --prefix frontend --silent run check

format: $(DEV)  ## Put the code into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEV)  ## Make the reference pages from the code
	$(BIN)/python tools/reference.py

docs-security: $(DEV)  ## Make the page of the security behaviours by a run of their tests
	$(BIN)/python tools/security_index.py

bench: $(DEV)  ## Measure the token endpoint, the guard and /authorize beside the floor
	@tools/need wrk
	$(BIN)/python benchmarks/run.py $(OPTIONS)

bench-planes: $(DEV)  ## Measure /authorize behind nginx, and the built-in proxy beside nginx
	@tools/need wrk nginx
	$(BIN)/python benchmarks/run_planes.py $(OPTIONS)

bench-scale: $(DEV)  ## Measure a million service users beside a hundred, and two workers beside one
	@tools/need wrk
	$(BIN)/python benchmarks/scale.py $(OPTIONS)

bench-peers: $(PEERS)  ## Measure token requests and introspection beside other servers
	@tools/need wrk
	$(BIN)/python benchmarks/beside_peers.py $(OPTIONS)

bench-graphql: $(DEV)  ## Measure the Profile service beside Strawberry and Ariadne, on a million people
	@tools/need wrk
	$(BIN)/python benchmarks/beside_graphql.py $(OPTIONS)

bench-pages: $(DEV) $(FRONTEND)  ## Measure how soon pages answer over a million calls
	$(BIN)/python benchmarks/pages.py $(OPTIONS)

$(PEERS): benchmarks/peers/package-lock.json benchmarks/peers/.npmrc benchmarks/peers/requirements.txt | $(DEV)
	@echo "Setting up the servers that the benchmarks compare with in build/peers ..."
	@mkdir -p build/peers
	@cp benchmarks/peers/package.json benchmarks/peers/package-lock.json benchmarks/peers/.npmrc build/peers
	@$(BIN)/npm --prefix build/peers --loglevel=error ci >/dev/null
	@tools/make-venv $(PYTHON) build/peers/venv
	@build/peers/venv/bin/python -m pip --disable-pip-version-check --quiet install \
	  --require-hashes --requirement benchmarks/peers/requirements.txt
	@touch $@

lock-peers: $(DEV)  ## Pin the servers that the benchmarks compare with anew
	$(BIN)/npm --prefix benchmarks/peers --loglevel=error update --package-lock-only
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
	  --no-annotate --output-file benchmarks/peers/requirements.txt benchmarks/peers/requirements.in

lock: $(DEV)  ## Pin the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
	  --no-annotate --group pyproject.toml:build --output-file requirements/runtime.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
	  --no-annotate --group pyproject.toml:build --group pyproject.toml:dev \
	  --constraint requirements/runtime.txt --output-file requirements/dev.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header \
	  --no-annotate --group pyproject.toml:frontend --constraint requirements/dev.txt \
	  --output-file requirements/frontend.txt
	$(BIN)/npm --prefix tests/clients --loglevel=error update --package-lock-only
	tools/npm --prefix frontend --loglevel=error update --package-lock-only

clean:  ## Remove what the commands made
	rm -rf $(VENV) tests/clients/node_modules frontend/node_modules src/watchword/web/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
