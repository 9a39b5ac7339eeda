# The course's commands, each a few lines over pip, jupyter-book and pytest. `make help` lists them.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
INSTALLED := .venv/.installed
SITE := _build/html/index.html
NOTEBOOKS := chapters exercises
MUTANTS := _build/mutants
# The release whose behaviour the chapters describe; a newer one is a decision, not an update.
TORCH := 2.13.0
SOURCES := $(shell find chapters exercises lossfns -type f \
	-not -path '*/.*' -not -path '*/__pycache__/*') _config.yml _toc.yml
# An activated environment or a reader's own packages must not stand in for the locked ones.
unexport PYTHONPATH PYTHONHOME

.DELETE_ON_ERROR:
.PHONY: book test pdf bench mutants lab serve execute format lock clean help

book: $(SITE) ## the site, in _build/html

test: $(SITE) ## the site, then every check
	@$(BIN)/python -m pytest

pdf: $(SITE) ## the whole course as one PDF, in _build/html/loss-functions.pdf
	@$(BIN)/python chapters/_ext/print_edition.py _build/html

bench: $(INSTALLED) ## how fast the losses are beside PyTorch's (some: LOSSES="mse_loss l1_loss")
	@$(BIN)/python -m tests.benchmarks $(LOSSES)

mutants: $(INSTALLED) ## change lossfns in small ways: does a test notice? (some: ONLY="lossfns.margin*")
	@mkdir -p $(MUTANTS)
	@cp -R pyproject.toml lossfns tests chapters exercises $(MUTANTS)
	@cd $(MUTANTS) && OMP_NUM_THREADS=1 $(CURDIR)/$(BIN)/mutmut run $(ONLY)
	@$(BIN)/python -m tests.mutants $(MUTANTS)

lab: $(INSTALLED) ## JupyterLab on the course
	@$(BIN)/jupyter lab

serve: $(SITE) ## the site on http://localhost:8000 (another port: make serve PORT=9000)
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

execute: $(INSTALLED) ## run every notebook and store its outputs (some: NOTEBOOKS=chapters/regression)
	@$(BIN)/python chapters/_ext/notebooks.py execute $(NOTEBOOKS)

format: $(INSTALLED) ## ruff's style, in modules and notebooks
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff format --quiet --line-length=80 $(filter %.ipynb,$(SOURCES))

lock: ## requirements.lock anew, with the newest versions that pyproject.toml allows
	@mkdir -p _build && echo "torch==$(TORCH)" >_build/constraints.txt
	@$(PYTHON) -m venv --clear _build/lock
	@_build/lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	@_build/lock/bin/pip-compile --quiet --upgrade --constraint _build/constraints.txt \
		--extra book --extra test --strip-extras \
		--allow-unsafe --no-header --no-emit-options --no-emit-index-url --no-emit-find-links \
		--no-annotate --output-file _build/requirements.lock pyproject.toml
# A version ends in +cpu or the like where this machine has a build of its own; others have not.
	@sed -E 's/\+[a-z0-9.]+$$//; /^#|^$$/d' _build/requirements.lock >requirements.lock

clean: ## remove what the other commands made
	@rm -rf .venv _build *.egg-info

help: ## this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | expand -t 17

define SET_UP
say() { echo "make: $$*" >&2; exit 1; }; \
command -v "$(PYTHON)" >/dev/null || say "there is no $(PYTHON); install Python 3.11, 3.12 or 3.13"; \
"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	say "$(PYTHON) is Python $$("$(PYTHON)" -c 'import platform; print(platform.python_version())');" \
	"the course needs 3.11, 3.12 or 3.13 (make PYTHON=python3.12)"; \
"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || \
	say "$(PYTHON) has no venv module; install it (Debian and Ubuntu: apt install python3-venv)"; \
echo "Installing the locked packages into .venv; this takes some minutes, once."; \
"$(PYTHON)" -m venv .venv >.venv.log 2>&1 || say "cannot make .venv; see .venv.log"; \
mv .venv.log .venv/install.log; \
( $(BIN)/python -m pip install --disable-pip-version-check --no-input --retries 1 \
	-r requirements.lock && \
$(BIN)/python -m pip install --disable-pip-version-check --no-input --no-deps \
	--no-build-isolation -e . && \
$(BIN)/npm install --prefix .venv/katex --no-save --no-package-lock --ignore-scripts \
	--fetch-retries 1 "katex@$$($(BIN)/python -c \
	'from sphinxcontrib import katex; print(katex.katex_version)')" \
) >>.venv/install.log 2>&1 </dev/null || \
	say "cannot install the packages: is there a network? Details in .venv/install.log"
endef

$(INSTALLED): requirements.lock pyproject.toml
	@$(SET_UP)
	@touch $@

# The list changes when a file is removed, which no file's date tells.
_build/sources.txt: FORCE
	@mkdir -p _build
	@printf '%s\n' $(sort $(SOURCES)) | cmp -s - $@ || printf '%s\n' $(sort $(SOURCES)) >$@

FORCE:

# Sphinx starts from nothing each time: what it keeps between builds hides the warnings of the last.
$(SITE): $(INSTALLED) _build/sources.txt $(SOURCES)
	@$(BIN)/python chapters/_ext/notebooks.py check $(NOTEBOOKS)
	@rm -rf _build/raw
	@$(BIN)/jupyter-book build . --path-output _build/raw -q -W -n --keep-going >_build/book.log
	@$(BIN)/python chapters/_ext/publish.py _build/raw/_build/html _build/html
	@echo "The site is in _build/html; make serve shows it."
