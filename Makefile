# Shorthands of one pytest line each; the line is printed. Nothing is needed but Python 3.11, make
# and git: the first target makes an environment of its own in .venv, with the dependencies that
# pyproject.toml names. The kit itself is not installed; it runs from this clone.
#
#   make check [TARGET=module:factory] [PROFILE=quick|ci|nightly] [ARGS="--saga-seed=7 -n 0"]

PYTHON  = python3
TARGET  =
PROFILE = ci
ARGS    =

VENV = .venv
RUN  = $(VENV)/bin/python -m
PIP  = $(RUN) pip --disable-pip-version-check --no-input --quiet --quiet

# Words as the shell must see them, whatever is in them.
quote = '$(subst ','\'',$(1))'
target = $(if $(TARGET),--saga-target=$(call quote,$(TARGET)) )

# The requirements of pyproject.toml, one a line: its dependencies, then those of the extras named.
requirements = $(VENV)/bin/python -c 'import sys, tomllib; \
	project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	extras = [project["optional-dependencies"][name] for name in sys.argv[1:]]; \
	print(*project["dependencies"], *sum(extras, []), sep="\n")'

failed = { echo "Setting up $(VENV) failed, as said above. To begin afresh: make clean" >&2; exit 1; }

.PHONY: help check test lint clean

help:
	@echo 'make check [TARGET=module:factory] [PROFILE=quick|ci|nightly] [ARGS=...]  verify a saga'
	@echo 'make test [ARGS=...]   the tests of the kit itself'
	@echo 'make lint              ruff and mypy'
	@echo 'make clean             remove the environment, caches and reports'

check: $(VENV)/installed
	$(RUN) pytest properties -q -n auto $(target)--saga-profile=$(PROFILE)$(if $(ARGS), $(ARGS))

test: $(VENV)/installed-dev
	$(RUN) pytest tests -n auto$(if $(ARGS), $(ARGS))

lint: $(VENV)/installed-dev
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

clean:
	rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache reports/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "The kit needs Python 3.11 or newer, and $(PYTHON) is" \
			"$$($(PYTHON) --version 2>/dev/null || echo missing): make ... PYTHON=python3.11" >&2; exit 1; }
	@echo "Making $(VENV), once."
	@$(PYTHON) -m venv --clear $(VENV) || $(failed)

$(VENV)/installed: pyproject.toml $(VENV)/bin/python
	@$(requirements) > $@.txt && $(PIP) install -r $@.txt || $(failed)
	@touch $@

$(VENV)/installed-dev: pyproject.toml $(VENV)/bin/python
	@$(requirements) dev > $@.txt && $(PIP) install -r $@.txt || $(failed)
	@touch $@ $(VENV)/installed
