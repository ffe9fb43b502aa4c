# `make up` deploys the laptop platform and asks each model one question; `make test` runs every gate.
PYTHON ?= python3
PLATFORM ?= laptop
RUN := tools/run

unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help prepare prepare-gates up down status test synth lint faults bench generated requirements diff clean

help:  ## show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

prepare:
	@$(PYTHON) tools/prepare.py

prepare-gates:
	@$(PYTHON) tools/prepare.py --gates

up: prepare  ## deploy platforms/laptop.yaml on the embedded AWS and ask each model one question
	@$(RUN) inferctl up

down: prepare  ## destroy the laptop platform with the stock CDK CLI; leftovers are a failure
	@$(RUN) inferctl down

status: prepare  ## what the embedded AWS holds and serves
	@$(RUN) inferctl local status

test: prepare-gates  ## every gate that CI runs
	@$(RUN) python tools/gates.py

synth: prepare  ## synthesize PLATFORM (laptop, dev, prod) into cdk.out
	@$(RUN) cdk synth --quiet --context platform=$(PLATFORM)

lint: prepare  ## will it serve? check the models of PLATFORM
	@$(RUN) inferctl lint --platform platforms/$(PLATFORM).yaml

faults: prepare-gates  ## every fault of the compile fleet; make test plays 42 of the 96
	@FAULT_MATRIX=all $(RUN) python -m pytest -q tests/inferctl/compile_faults

bench: prepare  ## archives, synthesis, invocation, load client, state machine: each beside its peer or its smaller self
	@$(RUN) python benchmarks/archive.py
	@$(RUN) python benchmarks/synth_scale.py
	@$(RUN) python benchmarks/invoke_overhead.py
	@$(RUN) python benchmarks/client_overhead.py
	@$(RUN) python benchmarks/perf_analyzer.py
	@$(RUN) python benchmarks/distributed_map.py
	@$(RUN) python benchmarks/compile_plan.py
	@$(RUN) python benchmarks/planner.py

generated: prepare  ## rewrite platforms/schema.json, the reference pages and the pictures in docs
	@$(RUN) python -m stacks.config --write-schema
	@$(RUN) python -m stacks.platform.document
	@$(RUN) python -m model_lint.document
	@$(RUN) cdk synth --quiet --context platform=dev
	@$(RUN) inferctl diagram dev --chips --output docs/neuron-on-ecs.svg
	@for name in comparison gpu-endpoint yolov4 prod; do \
		$(RUN) cdk synth --quiet --context platform=$$name \
			&& $(RUN) inferctl diagram $$name --output docs/$$name.svg || exit 1; \
	done
	@$(RUN) inferctl dashboard prod --output docs/monitoring.svg

diff: prepare  ## what BASE (a commit, default origin/main) and this tree deploy differently
	@$(RUN) inferctl diff $(or $(BASE),origin/main)

requirements: prepare  ## recompile requirements*.txt from requirements*.in
	@$(RUN) python tools/compile_requirements.py

clean:  ## remove everything that make built; the embedded AWS must be down
	rm -rf .venv node_modules .cache .local cdk.out
