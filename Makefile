# The words below are the interface; `make` alone lists them. Nothing but Python (3.11 or newer) and make is needed:
# the first use of a word sets up .venv with what that word needs, with uv where it is there and venv + pip otherwise.

VENV ?= .venv
BIN := $(VENV)/bin
# Extra arguments for pytest, for example: make test ARGS="-k money -x"
ARGS ?=
# The blocks of a page of the docs build on one another: a file stays with one worker.
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile
# Examples a law, in `make thorough`
EXAMPLES ?= 10000
# Writers killed on each database, in `make chaos`
KILLS ?= 300

.DEFAULT_GOAL := help
.PHONY: checked-types checked-wheel checked-tests help mutants chaos demo test test-databases check thorough fast fix docs notebooks bench decay step clean

help: ## say what the words do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.ready-cli ## import the invented example and show who is overdrawn, and why
	$(BIN)/goodwill demo

test: $(VENV)/.ready-test ## all tests, the README and the docs among them
	$(PYTEST) $(ARGS)

test-databases: $(VENV)/.ready-test ## the stores' tests on SQLite, PostgreSQL and MariaDB, found or started
	CI=true GOODWILL_WHOLE=1 $(PYTEST) tests/stores tests/acceptance/test_histories.py tests/compat $(ARGS)

fast: $(VENV)/.ready-test ## the ground floor and the first one, in under ten seconds
	GOODWILL_EXAMPLES=20 $(BIN)/python -m pytest -q -m "not slow" tests/domain tests/policies $(ARGS)

check: $(VENV)/.ready-dev ## what CI runs: lint, types, imports, the wheel, all tests with coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	@# Side by side: types and the wheel take one core each, and wait for the disk.
	@$(MAKE) --no-print-directory -j3 checked-types checked-wheel checked-tests

checked-types:
	$(BIN)/mypy

checked-wheel:
	$(BIN)/python tools/check_wheel.py

checked-tests:
	GOODWILL_EXAMPLES=$${GOODWILL_EXAMPLES:-20} $(PYTEST) --cov --cov-report=term $(ARGS)

fix: $(VENV)/.ready-dev ## let ruff repair and format what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

thorough: $(VENV)/.ready-test ## the laws and the faults at full size; writes docs/explanation/evidence.md
	GOODWILL_EXAMPLES=$(EXAMPLES) $(BIN)/python tools/evidence.py
	GOODWILL_KILLS=$(KILLS) $(BIN)/python tools/chaos.py

chaos: $(VENV)/.ready-test ## kill writers, servers and connections, fill disks, race: what the store survives
	GOODWILL_KILLS=$(KILLS) $(BIN)/python tools/chaos.py $(ARGS)

mutants: $(VENV)/.ready-dev ## change the lower floors line by line and see whether the tests notice: an hour
	$(BIN)/python tools/mutants.py $(PACKAGES)

docs: $(VENV)/.ready-dev ## build the site into site/
	$(BIN)/python tools/gallery.py
	$(BIN)/python tools/notebooks.py
	$(BIN)/zensical build --clean --strict

notebooks: $(VENV)/.ready-dev ## execute the tutorial's notebooks and put the new outputs into them
	$(BIN)/python tools/notebooks.py --write

bench: $(VENV)/.ready-test ## measure speed
	$(BIN)/python -m benchmarks.balance
	$(BIN)/python -m benchmarks.all_accounts 20000
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.seal
	$(BIN)/python -m benchmarks.standings
	$(BIN)/python -m benchmarks.portfolio

decay: $(VENV)/.ready-dev ## begin a new decay: make decay NAME=ebbinghaus
	$(BIN)/python tools/new_member.py decay "$(NAME)"

step: $(VENV)/.ready-dev ## begin a new step of a valuation: make step NAME=gratitude
	$(BIN)/python tools/new_member.py step "$(NAME)"

clean: ## take away what make made
	rm -rf $(VENV) site docs/reference/gallery docs/reference/gallery.md docs/tutorial/notebooks dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

# What is installed depends on pyproject.toml alone; PYTHON= chooses the interpreter.
$(VENV)/.ready-%: pyproject.toml tools/setup.sh
	@sh tools/setup.sh $(VENV) $*
	@touch $@

# Everything that the tests need is in the larger set too.
$(VENV)/.ready-test: pyproject.toml tools/setup.sh
