# Every task of the project: `make help` lists them.

export DJANGO_SETTINGS_MODULE ?= tests.settings
BIN := .venv/bin
MANAGE := $(BIN)/python -W ignore::RuntimeWarning manage.py
LOCK_TOOLS := var/lock-tools
COMPILE := $(LOCK_TOOLS)/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--custom-compile-command "make lock" pyproject.toml
# Tests to run and further options: make test ARGS="tests/project -k health"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench bench-chat bench-crowd bench-entering bench-growth bench-hour simulate compliance accessibility docs screenshots lock translations install clean

help:  ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run:  ## Try the product: server with database and data (PORT, HOST change the address; TLS=1: the chat over TLS)
	@scripts/install.sh run
	@exec env TLS=$(TLS) DJANGO_SETTINGS_MODULE=chatauth_project.settings $(BIN)/python manage.py demonstration

install:  ## Install what developers need into .venv
	@scripts/install.sh dev

test: install  ## Run the tests on a real PostgreSQL (ARGS chooses some)
	@$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

lint: install  ## Run every check that needs no database
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	$(MANAGE) docs --check
	$(MANAGE) check --deploy --fail-level WARNING
	$(BIN)/python -m scripts.translations check

format: install  ## Bring the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: install  ## Measure the server under load (needs wrk; ARGS="--only oauth --seconds 5 --write")
	@$(BIN)/python -m benchmarks speed $(ARGS)

simulate: install  ## Chats of hundreds of people while processes are killed (ARGS="--minutes 10 --seed 7")
	@$(BIN)/python -m tests.simulation $(ARGS)

bench-hour: install  ## An hour of tokens by a moved clock: do the tables stay as small as they are?
	@$(BIN)/python -m benchmarks hour $(ARGS)

bench-chat: install  ## Let ten thousand customers wait on the chat server, and write to them (six minutes)
	@$(BIN)/python -m benchmarks chat $(ARGS)

bench-entering: install  ## What letting a customer into the chat costs, as a multiple of what cannot be spared
	@$(BIN)/python -m benchmarks entering $(ARGS)

bench-crowd: install  ## A thousand customers at once for fifty agents: who is offered to whom, and how soon
	@$(BIN)/python -m benchmarks crowd $(ARGS)

bench-growth: install  ## The same with an empty and a big database, by turns (15 GB of disk for a while)
	@$(BIN)/python -m benchmarks growth $(ARGS)

compliance: install  ## Hold the OAuth server against its specifications, and write the table of docs/oauth-compliance.md
	@$(BIN)/python -m scripts.compliance

docs: install  ## Write the pages of docs/ that come from the code
	$(MANAGE) docs

accessibility: install  ## Hold every page against the rules of WCAG, and write docs/accessibility.md (needs Chromium)
	@$(BIN)/python -m tests.browser.accessibility

screenshots: install  ## Take the pictures of docs/screenshots (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots

translations: install  ## Take marked texts over into locale/, compile, list what is not translated
	$(BIN)/python -m scripts.translations write

lock: $(LOCK_TOOLS)/bin/uv  ## Write requirements/ from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) --output-file requirements/production.txt
	$(COMPILE) $(UPGRADE) --group embedded --constraint requirements/production.txt --output-file requirements/run.txt
	$(COMPILE) $(UPGRADE) --group dev --constraint requirements/run.txt --output-file requirements/dev.txt

$(LOCK_TOOLS)/bin/uv:
	python3 -m venv $(LOCK_TOOLS)
	$(LOCK_TOOLS)/bin/pip install --quiet --disable-pip-version-check uv

clean:  ## Remove everything that was made, the demonstration's data included
	-$(BIN)/python -m chatauth_project.embedded_postgres stop
	rm -rf .venv var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
