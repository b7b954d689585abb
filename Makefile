# Two commands: `make demo` sets everything up and runs the main job, `make test` proves it.
# Everything lives inside the checkout: .venv, and .cutroom for data unless CUTROOM_HOME says else.

PYTHON ?= python3
BIN := .venv/bin
export CUTROOM_HOME ?= $(CURDIR)/.cutroom
MODEL := $(CUTROOM_HOME)/models/face_detection_short_range.tflite

.PHONY: demo run test bench chaos setup check clean

demo: setup
	@$(BIN)/cutroom sample "$(CUTROOM_HOME)/sample.mp4"
	@$(BIN)/cutroom video "$(CUTROOM_HOME)/sample.mp4" --out demo

run: setup
	@test -n "$(VIDEO)" || { echo 'usage: make run VIDEO=<path or URL>'; exit 2; }
	@$(BIN)/cutroom video "$(VIDEO)" --out out $(ARGS)

test: setup check
	@$(BIN)/pytest -n 2 --dist worksteal

check: setup
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m benchmarks

chaos: setup
	@$(BIN)/python -m benchmarks.chaos

setup: .venv/.ready $(MODEL)

# Fetched for each data folder; jobs run without faces where it cannot be had.
$(MODEL): | .venv/.ready
	@$(BIN)/python -m deployments.models

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -m venv .venv || { echo 'hint: this Python lacks venv; on Debian: apt install python3-venv'; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv hatchling
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --no-build-isolation --editable '.[bench,demo,dev]'
	@$(BIN)/python -m compileall -q -j 0 .venv/lib cutroom tasks flows blocks deployments >/dev/null || true
	@$(BIN)/python -m deployments.server
	@touch $@

clean:
	rm -rf .venv .cutroom demo out
