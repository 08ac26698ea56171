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

# Rasa beside us, in nlu/rasa: its own Python, its own environment, nothing of it in ours.
RASA := nlu/rasa
RASA_PORT ?= 5005
RASA_CONFIG ?= config.yml
RASA_HOME := $(CURDIR)/var/rasa
RASA_MODEL = $(RASA_HOME)/$(basename $(RASA_CONFIG)).tar.gz
export RASA_TELEMETRY_ENABLED := false
export RASA_CACHE_DIRECTORY := $(RASA_HOME)/cache
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help install run demo-channels test check format lock golden flows knowledge bench load bench-nlu rasa rasa-train rasa-check rasa-install rasa-test clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/.installed ## a private environment, from hash-pinned locks

.venv/.installed: requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "allervers needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 1; }
	@echo "Installing into .venv: half a minute, longer on a slow line…" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

run: install ## migrates, loads the demonstration territory, serves on http://127.0.0.1:8000
	@$(BIN)/allervers demo
	@$(BIN)/allervers serve --port $(PORT)

demo-channels: install ## SMS, WhatsApp, Telegram and the leads' group on one page, with nothing outside; Ctrl-C stops
	@$(BIN)/python -m tests.demo_channels --port $(PORT)

test: install ## the whole suite, on SQLite and on a real PostgreSQL
	@$(BIN)/pytest -n 2 --dist worksteal

check: install ## format, lint, types, import arrows, authored content
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/allervers flows check
	@$(BIN)/allervers flows draw --check
	@$(BIN)/allervers knowledge check
	@$(BIN)/allervers knowledge table --check
	@$(BIN)/allervers nlu check
	@$(BIN)/allervers directory check

format: install ## rewrites the code in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: install ## rewrites the golden transcripts; read the difference before committing
	@$(BIN)/pytest tests/scenarios --update-golden

flows: install ## redraws docs/flows
	@$(BIN)/allervers flows draw

knowledge: install ## rewrites docs/knowledge.md from the answers
	@$(BIN)/allervers knowledge table

bench: install ## turns/s, parse and directory timings beside the machine's bare commit rate
	@$(BIN)/python -m tests.bench

load: install ## signed webhooks at a steady rate on loopback: how soon acknowledged and answered (LOAD="--kill 3")
	@$(BIN)/python -m tests.load $(LOAD)

bench-nlu: install ## ours beside Rasa's DIET and Rasa light: TRAIN=file TEST=file, any Rasa NLU YAML
	@$(BIN)/python -m tests.bench.nlu $(or $(TRAIN),nlu/data) $(or $(TEST),tests/nlu/heldout.yml) $(BENCH)

rasa: rasa-train ## installs Rasa, trains it on nlu/data, serves it on 127.0.0.1:5005 with a token
	@test -s $(RASA_HOME)/token || (umask 077; $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(32))' > $(RASA_HOME)/token)
	@echo "Rasa: ALLERVERS_NLU_URL=http://127.0.0.1:$(RASA_PORT) ALLERVERS_NLU_TOKEN=\$$(cat var/rasa/token) make run"
	@cd $(RASA) && ALLERVERS_NLU_TOKEN=$${ALLERVERS_NLU_TOKEN:-$$(cat $(RASA_HOME)/token)} .venv/bin/python -W ignore serve.py $(RASA_MODEL) --port $(RASA_PORT)

rasa-train: rasa-install ## trains it; RASA_CONFIG=config.diet.yml or config.light.yml for Rasa's own pipelines
	@cd $(RASA) && .venv/bin/python -W ignore -m rasa train nlu --quiet -u ../data -c $(RASA_CONFIG) --out $(RASA_HOME) --fixed-model-name $(basename $(RASA_CONFIG))

rasa-check: rasa-install ## what Rasa itself says of our training data
	@cd $(RASA) && .venv/bin/python -W ignore -m rasa data validate --data ../data -c config.yml

rasa-test: install ## the contract both engines keep, on Rasa; says so loudly where Rasa cannot be had
	@if $(RASA_PYTHON) >/dev/null 2>&1; then $(MAKE) --no-print-directory rasa-train && $(BIN)/pytest -m rasa tests/nlu; \
	else echo "!!! RASA IS NOT TESTED HERE: it needs Python 3.10, and there is none. Install one (pyenv install 3.10) and run: make rasa-test !!!" >&2; fi

RASA_PYTHON := $(BIN)/uv --directory $(RASA) python find --no-project

rasa-install: install $(RASA)/.venv/.installed

$(RASA)/.venv/.installed: $(RASA)/requirements.txt
	@$(RASA_PYTHON) >/dev/null 2>&1 || { echo "Rasa needs Python 3.10, and there is none here; install one: pyenv install 3.10" >&2; exit 1; }
	@test -x $(RASA)/.venv/bin/python || $(BIN)/uv --directory $(RASA) venv --quiet --no-project
	@$(BIN)/uv --directory $(RASA) pip sync --quiet --require-hashes --compile-bytecode requirements.txt
	@touch $@

lock: ## resolves the locks anew
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv; }
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	@grep -E '^uv==' requirements/dev.txt | sed 's/ .*//' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/uv.txt
	@$(BIN)/uv --directory $(RASA) pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.txt

clean: ## removes the environment and the local data
	@rm -rf .venv $(RASA)/.venv .cache var .mypy_cache .ruff_cache .pytest_cache .hypothesis
