# Everything here does its own set-up: a Python >= 3.11, git and make are all that a machine needs.
.DEFAULT_GOAL := help
.PHONY: help talk test devices lint audit format promises events coverage mutation soak bench bench-full lock clean

VENV ?= .venv
RUN := $(VENV)/bin
export VENV

help: ## Show this list
	@sed -n 's/^\([a-z-]*\): .*## /\1	/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf 'make %-10s %s\n' "$$name" "$$what"; done

talk: ## Set up, then talk; ARGS="--vad" and the like go to the program
	@scripts/setup.sh talk
	@$(RUN)/realtime-chat talk $(ARGS)

test: ## Set up, then run the tests; ARGS="tests/core -k log" narrows
	@scripts/setup.sh dev
	$(RUN)/python -m pytest -n auto --maxprocesses 8 $(ARGS)

devices: ## The tests that need a sound card, on a virtual one (Linux)
	@scripts/setup.sh dev
	@scripts/devices.sh $(ARGS)

lint: ## Style, types, import contracts, lock file, shell scripts: all that CI checks beside the tests
	@scripts/setup.sh dev
	@scripts/lint.sh

audit: ## Look the locked dependencies up among known vulnerabilities; says so where that cannot be done
	@scripts/setup.sh dev
	@scripts/audit.sh

format: ## Lay out the code, and mend what can be mended without thinking
	@scripts/setup.sh dev
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

promises: ## Write into docs/promises.md which tests prove what
	@scripts/setup.sh dev
	$(RUN)/python scripts/promises.py

events: ## Write docs/events.md from the code
	@scripts/setup.sh dev
	$(RUN)/python -m scripts.events_page

coverage: ## How much of core and tools the tests reach, branches too (minutes); fails under 95 %
	@scripts/setup.sh dev
	@scripts/coverage.sh $(ARGS)

mutation: ## Break the machine in small ways, and count what the tests notice (half an hour); fails under 85 %
	@scripts/setup.sh dev
	$(RUN)/python -m scripts.mutation $(ARGS)

soak: ## The long runs (minutes)
	@scripts/setup.sh dev
	$(RUN)/python -m pytest -m "soak and not device" --timeout 1800 $(ARGS)
	scripts/with-virtual-audio $(RUN)/python -m pytest -m "soak and device" --timeout 1800 $(ARGS)

bench: ## The measurements that docs and goals speak of, beside other programs (5 minutes)
	@scripts/setup.sh dev
	@$(RUN)/python -m benchmarks $(ARGS)

bench-full: ## The same with more rounds, heavier programs and a whole talk (half an hour)
	@scripts/setup.sh dev
	@$(RUN)/python -m benchmarks --full $(ARGS)

lock: ## Write requirements.lock anew; ARGS=--upgrade for the newest versions
	@scripts/setup.sh dev
	@scripts/lock.sh $(ARGS)

clean: ## Remove all that was made here, the virtual environment too
	rm -rf $(VENV) .bench build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage* snapshot_report.html mutants
	find realtime_chat tests -name __pycache__ -type d -prune -exec rm -rf {} +
