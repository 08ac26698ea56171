# Everything a newcomer needs: `make run` and `make test`. Nothing is written outside this folder.
PYTHON ?= python3
BIN := .venv/bin
export UV_CACHE_DIR := $(CURDIR)/.cache/uv
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export UV_SYSTEM_CERTS := 1
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help install run test check format lock golden flows bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/.installed ## a private environment, from hash-pinned locks

.venv/.installed: requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "allervers needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

run: install ## migrates, loads the demonstration territory, serves on http://127.0.0.1:8000
	@$(BIN)/allervers demo
	@$(BIN)/allervers serve --port $(PORT)

test: install ## the whole suite, on SQLite and on a real PostgreSQL
	@$(BIN)/pytest -n 2 --dist worksteal

check: install ## format, lint, types, import arrows, authored content
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/allervers flows check
	@$(BIN)/allervers flows draw --check
	@$(BIN)/allervers nlu check
	@$(BIN)/allervers directory check

format: install ## rewrites the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: install ## rewrites the golden transcripts; read the difference before committing
	@$(BIN)/pytest tests/scenarios --update-golden

flows: install ## redraws docs/flows
	@$(BIN)/allervers flows draw

bench: install ## turns/s, parse and directory timings beside the machine's bare commit rate
	@$(BIN)/python -m tests.bench

lock: ## resolves the locks anew
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	@grep -E '^uv==' requirements/dev.txt | sed 's/ .*//' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/uv.txt

clean: ## removes the environment and the local data
	@rm -rf .venv .cache var .mypy_cache .ruff_cache .pytest_cache .hypothesis
