# Garraway. Needs python3 (3.11 or newer), make, a C compiler and cargo; the rest is fetched into .venv and target.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

ARGS ?=
COMMANDS ?= 2000000
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
NATIVE := python/garraway/_native.abi3.so
RUST := Cargo.toml Cargo.lock $(shell find crates benches \( -name '*.rs' -o -name Cargo.toml \) -not -path '*/target/*')
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
    --python-version 3.11 --custom-compile-command "make lock"

export PATH := $(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PYO3_PYTHON := $(BIN)/python
unexport CLIPPY_CONF_DIR CONDA_PREFIX PYTHONHOME PYTHONPATH UV_SYSTEM_PYTHON

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: $(NATIVE) ## everything the rest needs: environment, tools, native module

$(VENV)/.made: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "python3 is %d.%d, Garraway needs 3.11 or newer" % sys.version_info[:2])'
	@if [ ! -e $(BIN)/uv ] && command -v uv >/dev/null; then uv venv --quiet --allow-existing --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --require-hashes -r $<; fi
	@touch $@

$(VENV)/.requirements: requirements/dev.txt $(VENV)/.made
	uv pip install --quiet --require-hashes --build-constraints requirements/bootstrap.txt -r $<
	@touch $@

$(NATIVE): $(RUST) pyproject.toml $(VENV)/.requirements
	maturin develop --release --locked --uv
	@touch $@

.PHONY: up
up: setup ## start the venue and watch it trade (ARGS="--help" for its options)
	garraway up $(ARGS)

.PHONY: test
test: setup ## all tests of Rust and Python
	cargo test --workspace --locked --exclude garraway-python
	cargo test --release --locked --package garraway-engine --test stream # the same hashes as the build above
	pytest -n $(WORKERS) --dist loadgroup --durations 15 $(ARGS)

.PHONY: differential
differential: setup ## so many commands against the naive model, on two cores (COMMANDS=2000000)
	run() { GARRAWAY_DIFFERENTIAL=$$(( $(COMMANDS) / 2 )) GARRAWAY_DIFFERENTIAL_SEED=$$1 pytest -q --timeout 0 tests/differential/test_engine_equals_model.py; }; \
	run 1000000 & first=$$!; run 2000000; wait $$first

.PHONY: check
check: setup ## format, lint, types, stubs, crate and import rules
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	ruff check
	ruff format --check
	mypy
	python -m mypy.stubtest garraway._native
	lint-imports
	pytest -q tests/architecture

.PHONY: bench
bench: setup ## the figures of docs/performance.md, made again
	python benches/run.py $(ARGS)
	python benches/strategies.py

.PHONY: soak
soak: setup ## the long forms: a hundred million operations of the book, ten million commands, kills, mutated requests
	GARRAWAY_TWIN=100000000 cargo test --release --locked --package garraway-book --test naive_twin --test hidden_twin
	GARRAWAY_PROPERTIES=20000 cargo test --locked --package garraway-book --package garraway-engine --test properties
	$(MAKE) differential COMMANDS=10000000
	GARRAWAY_KILLS=20 pytest --timeout 0 -s tests/e2e/test_kill.py $(ARGS)
	GARRAWAY_KILLS=20 GARRAWAY_DURABILITY=fsync pytest --timeout 0 -s tests/e2e/test_kill.py $(ARGS)
	GARRAWAY_KILLS=50 pytest --timeout 0 -s tests/views/test_kill.py $(ARGS)
	GARRAWAY_KILLS=200 pytest --timeout 0 -s tests/trading/test_live.py -k killed $(ARGS)
	GARRAWAY_VIEWS_COMMANDS=4000 pytest --timeout 0 -q tests/views/test_hostile_streams.py $(ARGS)
	GARRAWAY_SCHEMA_EXAMPLES=20 GARRAWAY_SCHEMA_ROLES=all pytest --timeout 0 -q tests/api/test_schema.py $(ARGS)
	GARRAWAY_CATALOG_LARGE=1 GARRAWAY_CATALOG_KILL_EVERY=47 pytest --timeout 0 -q tests/catalog/test_catalog_recorded.py tests/catalog/test_catalog_store.py $(ARGS)
	GARRAWAY_RAY=1 pytest --timeout 0 -q tests/trading/test_sweep.py $(ARGS) # needs pip install ray
	GARRAWAY_MUTATIONS=1000000 GARRAWAY_TAMPERS=10000 pytest --timeout 0 tests/identity/test_signed_requests.py tests/identity/test_audit.py

.PHONY: mutants
mutants: setup ## plant bugs in a copy of the tree: each must be found (ARGS="--only NAME")
	python tests/mutants/run.py $(ARGS)

.PHONY: fuzz
fuzz: setup ## feed the engine bytes for 60 s, steered by coverage (ARGS=600 for longer)
	python fuzz/run.py $(ARGS)

.PHONY: coverage
coverage: setup ## branches of book and engine that tests take: at least 95 % (ARGS=--missed lists the others)
	python tests/coverage/run.py $(ARGS)

.PHONY: docs
docs: setup ## write the reference pages again from the Rust enums and the settings
	python -m garraway.cli reference

.PHONY: lock
lock: $(VENV)/.made ## renew the pinned requirements (ARGS=--upgrade for newer versions)
	for name in bootstrap runtime dev; do $(COMPILE) $(ARGS) requirements/$$name.in -o requirements/$$name.txt; done

.PHONY: clean
clean: ## remove what was built; venue data in var stays
	rm -rf $(VENV) target dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache python/garraway/*.so
	find python tests benches -name __pycache__ -type d -prune -exec rm -rf {} +
