# Two commands matter: `make run` and `make test`. `make help` lists the rest.
# Python 3.11 first, and the system's own before another: it is built with profiles, which saves a sixth of the tests' work
# and a third of pure Python's beside one that was compiled without them, as pyenv does.
PYTHON ?= $(shell /usr/bin/python3.11 -c 'import ensurepip' 2>/dev/null && echo /usr/bin/python3.11 || command -v python3.11 || command -v python3)
unexport PYTHONDONTWRITEBYTECODE  # or each of many processes compiles all of our code, and what it uses, again
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Three processes finish soonest on two cores: many tests wait. ARGS="-n 0 tests/chat" runs a part in one.
ARGS ?= -n 3 --dist loadfile --no-loadscope-reorder
CHECK_ENV := DJANGO_SETTINGS_MODULE=dify_project.settings.test
.DEFAULT_GOAL := help
.PHONY: help run dev test check format bench soak docs words schema pictures

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## install what is missing and start everything; Ctrl-C stops it
	@exec $(BIN)/python manage.py up

dev: $(VENV)/.test ## the same, with error pages that show tracebacks
	@DJANGO_SETTINGS_MODULE=dify_project.settings.dev exec $(BIN)/python manage.py up

test: $(VENV)/.test ## the whole suite (ARGS="-n 0 tests/chat" for a part)
	@exec $(BIN)/pytest $(ARGS)

check: $(VENV)/.test ## format, lint, types, imports between apps, templates, spelling, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(CHECK_ENV) $(BIN)/mypy apps dify_project sandbox tests manage.py
	$(BIN)/lint-imports --no-logo
	$(BIN)/djhtml --check templates
	$(BIN)/codespell
	$(CHECK_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	$(CHECK_ENV) $(BIN)/python manage.py check --fail-level WARNING

format: $(VENV)/.test ## bring code and templates into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djhtml templates

bench: $(VENV)/.test ## cold start, idle memory, CPU per request, indexing; takes minutes, wants a quiet machine
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/chat.py
	$(BIN)/python bench/flows.py
	$(BIN)/python bench/sandbox.py
	$(BIN)/python bench/indexing.py
	$(BIN)/python bench/retrieve.py

soak: $(VENV)/.test ## a long mixed load, and kills; looks for growth, leaks, and work lost or done twice
	$(BIN)/python bench/soak.py
	$(BIN)/python bench/sandbox_soak.py
	$(BIN)/python bench/knowledge_soak.py

words: $(VENV)/.run ## bring the catalogues up to date with templates, scripts and code (wants gettext)
	$(CHECK_ENV) $(BIN)/python -m apps.common.catalogues

docs: $(VENV)/.run ## write the pages that are made from code
	$(BIN)/python -m dify_project.supervisor.variables > docs/settings.md
	$(BIN)/python -m apps.workflows.node_pages docs/nodes

schema: $(VENV)/.run ## write the tables of an empty database anew, after a new migration
	$(BIN)/python -m dify_project.schema

pictures: $(VENV)/.test ## draw every page anew for docs/tour.md (wants Chromium)
	PICTURES=docs/pictures $(BIN)/pytest -n 0 tests/e2e/test_pages.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make run PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) pip==26.3  # the one that comes with Python takes three times as long

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.test: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(PIP) --no-compile -r requirements-dev.txt
	@touch $@ $(VENV)/.run
