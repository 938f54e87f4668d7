# The commands of the project. Each sets up .venv first if need be; settings come from the
# environment (see README.md).

PYTHONS ?= python3.13 python3.12 python3.11 python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help refresh check test pytest lint dagster digest docs rollback clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) \
	    | while IFS='|' read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

# ACCEPT="name name" accepts what a failed run named.
refresh: $(INSTALLED) ## Land what is new, build, audit, publish; show the scorecard
	@$(BIN)/sales-kpis refresh $(foreach name,$(ACCEPT),--accept '$(name)')

check: $(INSTALLED) ## Read extracts and configuration without building anything; tell what was understood
	@$(BIN)/sales-kpis check

test: $(INSTALLED) ## Every check there is: linters, pytest, dbt build with all tests on the fixture company
	@$(MAKE) --no-print-directory -j2 lint pytest

# Beside the linters; its closing lines come last.
pytest: $(INSTALLED)
	@$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

lint: $(INSTALLED) ## The linters alone: ruff and sqlfluff
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar models tests/data

dagster: $(INSTALLED) ## The Dagster UI and daemon, with schedules and sensors on
	@$(BIN)/sales-kpis dagster

digest: $(INSTALLED) ## Print the week's digest of the scorecard
	@$(BIN)/sales-kpis digest

docs: $(INSTALLED) ## Make the site that documents every model and column
	@$(BIN)/sales-kpis docs

rollback: $(INSTALLED) ## Point the published file back at the version before
	@$(BIN)/sales-kpis rollback

clean: $(INSTALLED) ## Remove what runs have built and the demo's extracts; keep yours, what is published, Dagster's history
	@$(BIN)/sales-kpis clean

# Made once, and again when the lock or the project's definition changes.
$(INSTALLED): requirements.lock pyproject.toml
	@python=; \
	for candidate in $(PYTHONS); do \
	    if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	    then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Python 3.11, 3.12 or 3.13 is needed, and none was found among: $(PYTHONS)." >&2; \
	    echo "Name yours with: make PYTHONS=/path/to/python3.12" >&2; exit 1; \
	fi; \
	echo "Setting up .venv with $$($$python --version); this takes a minute or two, once."; \
	$$python -m venv .venv || { \
	    echo "$$python cannot make a virtual environment (on Debian: apt install python3-venv)." >&2; \
	    exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
