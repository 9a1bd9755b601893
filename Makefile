# `make` lists what a person can do. Every target makes the virtual environment it needs.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
PY := .venv/bin/python
PORT ?= 8000
EXTRAS := book,export,lab,sweep,test,oracles
PINS := pyproject.toml constraints.txt

.PHONY: help setup book site lab test check links bench serve clean soak gpu-check

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: .venv/.all ## make .venv and install everything, exactly as pinned in constraints.txt

book: .venv/.book ## execute the notebooks and build the book
	@.venv/bin/oneshot book

test: .venv/.all ## run all tests (about twenty minutes; page tests need chromium, else they are skipped)
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n auto --dist loadfile

check: .venv/.all ## lint, formatting, types, and no outputs in the notebooks
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/basedpyright
	@.venv/bin/nbstripout --verify notebooks/*.ipynb

links: book ## follow every link of the book to other sites
	@.venv/bin/jupyter-book build book/_build/source --builder linkcheck -q --path-output book/_build/links

bench: .venv/.all ## time ours against plain versions of the released recipe
	@.venv/bin/oneshot bench

site: .venv/.book ## build the book as it is published (URL=https://... is where, REPOSITORY=... its source)
	@test -n "$(URL)" || { echo "say where it is published: make site URL=https://..." >&2; exit 1; }
	@ONESHOT_SITE="$(URL)" ONESHOT_REPOSITORY="$(REPOSITORY)" .venv/bin/oneshot book

lab: .venv/.all ## open the notebooks in JupyterLab, where sliders draw
	@.venv/bin/jupyter lab notebooks/

serve: book ## build, then serve the book at http://localhost:8000 (PORT=... for another port)
	@echo "http://localhost:$(PORT) (stop with Ctrl-C)"
	@$(PY) -m http.server --bind 127.0.0.1 --directory book/_build/html $(PORT)

soak: .venv/.all ## the long tests: broken inputs, kills, races; their table goes into SECURITY.md
	@OMP_NUM_THREADS=1 $(PY) -m pytest tests -m soak -n auto --dist loadfile --soak-table=SECURITY.md

gpu-check: .venv/.all ## the short list for a machine with a GPU
	@$(PY) -m pytest -m gpu

clean: ## remove what was built; keeps .venv and trained artefacts
	rm -rf book/_build .pytest_cache .ruff_cache .hypothesis
	find oneshot tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: an environment is made again only when what it is made from changes.
.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is not Python 3.11 or later; say which one is: make PYTHON=python3.11 ..." >&2; exit 1; }
	@echo "making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.book: $(PINS) | .venv/.made
	@echo "installing the pinned packages for the book (once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[book,export]'
	@touch $@

.venv/.all: $(PINS) | .venv/.made
	@echo "installing all pinned packages (once)"
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch .venv/.book $@
