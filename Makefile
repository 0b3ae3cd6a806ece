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
# What the kit is compared with needs a newer Python: an environment of its own.
RIVALS = .venv-rivals
NEWER  = $(firstword $(shell for python in python3.14 python3.13 python3.12 python3 \
	"$$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do \
	$$python -c 'import sys; sys.version_info >= (3, 12) and print(sys.executable)'; done 2>/dev/null))
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

.PHONY: help check check-model test test-rivals baseline lint clean

help:
	@echo 'make check [TARGET=module:factory] [PROFILE=quick|ci|nightly] [ARGS=...]  verify a saga'
	@echo 'make check-model       the model itself: proof, small worlds, decisions; no target'
	@echo 'make test [ARGS=...]   the tests of the kit itself'
	@echo 'make test-rivals       those that need Python 3.12: the rivals of benchmarks/baseline'
	@echo 'make baseline [ARGS=...]  the kit against its rivals, side by side'
	@echo 'make lint              ruff and mypy'
	@echo 'make clean             remove the environment, caches and reports'

check: $(VENV)/installed
	$(RUN) pytest properties -q -n auto $(target)--saga-profile=$(PROFILE)$(if $(ARGS), $(ARGS))

check-model: $(VENV)/installed-fast
	$(RUN) pytest properties -q -n auto --saga-model$(if $(ARGS), $(ARGS))

# A file at a time to each worker, since its tests share what takes long.
test: $(VENV)/installed-dev
	$(RUN) pytest tests -n auto --dist loadfile --no-loadscope-reorder$(if $(ARGS), $(ARGS))

test-rivals: $(RIVALS)/installed
	SAGA_REQUIRED=rivals $(RIVALS)/bin/python -m pytest tests/benchmarks/test_baseline.py$(if $(ARGS), $(ARGS))

baseline: $(RIVALS)/installed
	$(RIVALS)/bin/python -m benchmarks.baseline --jobs 2$(if $(ARGS), $(ARGS))

lint: $(VENV)/installed-dev
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

clean:
	rm -rf $(VENV) $(RIVALS) .hypothesis .mypy_cache .pytest_cache .ruff_cache reports/out
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

# What the fast engine needs, which the larger ones of the small worlds take.
$(VENV)/installed-fast: pyproject.toml $(VENV)/installed
	@$(requirements) fast > $@.txt && $(PIP) install -r $@.txt || $(failed)
	@touch $@

$(VENV)/installed-dev: pyproject.toml $(VENV)/bin/python
	@$(requirements) dev > $@.txt && $(PIP) install -r $@.txt || $(failed)
	@touch $@ $(VENV)/installed $(VENV)/installed-fast

$(RIVALS)/installed: pyproject.toml $(VENV)/installed
	@test -n '$(NEWER)' || { echo 'simloom and simloop need Python 3.12 or newer, and there is none:' \
		'make ... NEWER=/path/to/python3.12' >&2; exit 1; }
	@$(NEWER) -m venv --clear $(RIVALS) || $(failed)
	@$(requirements) benchmarks > $@.txt && $(RIVALS)/bin/python -m pip --disable-pip-version-check \
		--no-input --quiet --quiet install -r $@.txt || $(failed)
	@touch $@
