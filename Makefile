# Everything is installed into .venv from uv.lock; nothing else on the machine is touched, but that
# the tests bring Debian's Chromium where they may and there is no browser.
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
SPARK4 := 4.2.0
VENV := .venv
RUN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Else each worker would compile all tests anew, where the shell says that nothing is to be kept.
COMPILED := PYTHONDONTWRITEBYTECODE=

.PHONY: bench-faults coverage help setup run test test-cloud browser test-faults test-engines check lab bench bench-chain bench-flatten bench-scale bench-profile notebooks pictures environment

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(STAMP)

$(STAMP): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Python 3.11 is needed, and '$(PYTHON)' is not it. Install it, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(RUN)/uv || { $(PYTHON) -m venv $(VENV) && \
	  $(RUN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(RUN)/uv sync --frozen --quiet --compile-bytecode --python $(RUN)/python
	@$(RUN)/python -m compileall -q lib
	@touch $@

run: setup ## run the chain on data/input: tables, charts and a report
	@$(RUN)/workbench run --source data/input --ingestion-date 2022-01-18

test: setup browser $(VENV)/spark-classes ## check, and run all tests but those of AWS, on both engines, and every notebook
	@$(COMPILED) $(RUN)/python -P tests/support/whole.py "not cloud" --check

$(VENV)/spark-classes: $(STAMP) # what Spark's JVMs load, which the tests start many times
	@PYTHONPATH=tests $(RUN)/python -m support.spark_classes
	@touch $@

test-cloud: setup browser $(VENV)/spark-classes ## run what needs stand-ins of AWS, which it starts and stops, and Terraform
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(RUN)/uv sync --frozen --quiet --inexact --group cloud --python $(RUN)/python
	@$(COMPILED) $(RUN)/python -P tests/support/whole.py cloud

coverage: setup browser $(VENV)/spark-classes ## run all tests, and print which lines and branches of lib they reach
	@rm -rf .coverage && mkdir .coverage
	@# Printed where tests fail too: those that fill disks do, with what would be noted of them.
	@$(RUN)/coverage run -m pytest -n 2 --dist loadgroup -m "not cloud"; failed=$$?; \
	$(RUN)/coverage combine --quiet; $(RUN)/coverage report && exit $$failed

browser: ## install Chromium for the browser tests, as root on Debian, unless it is there
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && grep -q '^ID=debian' /etc/os-release && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends chromium >/dev/null; } || \
	  echo "Chromium is not here and cannot be installed; without CI set, the browser tests are skipped."

test-faults: setup ## kill runs at 50 seeded moments (some minutes)
	@WORKBENCH_MOMENTS=50 $(RUN)/python -m pytest tests/runs/test_kill.py -k seeded_moments

test-engines: setup ## run the tests of DataFrames on all engines: on Spark 4 too, classic, Connect, and its client on Sail
	@$(RUN)/python -m pytest -m engine
	@WORKBENCH_TEST_ENGINES="sail spark connect" \
	  $(RUN)/uv run --frozen --with 'pyspark[connect]==$(SPARK4)' --with 'pandas<3' --with 'numpy<2' --with 'pyarrow<22' \
	  python -m pytest -n 2 --dist loadgroup -m engine

check: setup ## ruff, mypy, and which room may import which
	@$(RUN)/ruff check lib tests
	@$(RUN)/ruff format --check --quiet lib tests
	@$(RUN)/mypy
	@$(RUN)/lint-imports --no-logo >/dev/null || $(RUN)/lint-imports

lab: setup data/lake/gold/user_scores ## open JupyterLab on the notebooks
	@$(RUN)/workbench lab

data/lake/gold/user_scores: | setup # something to look at
	@$(MAKE) --no-print-directory run

notebooks: setup ## execute the notebooks on the sample and keep their outputs
	@$(RUN)/python tests/notebooks/execute.py notebooks/0*.ipynb notebooks/explore.ipynb

pictures: setup browser ## make the README's pictures again, in a browser
	@$(RUN)/python -m pytest tests/browser/pictures.py

environment: setup ## bring environment.yml in step with uv.lock
	@{ sed '/^  - pip:$$/q' environment.yml; \
	  $(RUN)/uv export --frozen --no-hashes --no-emit-project --no-annotate --no-header --quiet \
	  | sed -E 's/^(.* ; .*)$$/"\1"/; s/^/      - /'; echo '      - -e .'; } > environment.yml.part
	@mv environment.yml.part environment.yml

bench: bench-chain bench-flatten bench-faults ## time the chain and flattening beside other ways, count what is survived

bench-chain: setup ## time the chain beside Spark, DuckDB and pandas scripts to the same tables
	@$(RUN)/python tests/bench/bench.py

bench-faults: setup ## what the chain survives: bombs, forgeries, changed tables, kills, full disks, hangs, damaged dumps
	@$(RUN)/python tests/bench/reliability.py

bench-flatten: setup ## time flattening beside quinn, dlt, DuckDB and pandas, and count what each keeps
	@$(RUN)/uv run --frozen --group bench python tests/bench/flatten_bench.py
	@$(RUN)/uv sync --frozen --quiet

bench-profile: setup ## CPU seconds of each process of a run, and when each cell ended
	@$(RUN)/python tests/bench/where_time_goes.py $(if $(USERS),--users $(USERS))

bench-scale: setup ## how time, memory and disk grow up to ten million users (ten minutes, 20 GB of disk)
	@$(RUN)/python tests/bench/scale.py $(if $(USERS),--users $(USERS))
