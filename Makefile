# waspect's errands. `make help` lists them. Everything they make stays inside this folder: target/, .venv/, .cache/, dist/.
# Needed: Linux, Rust (see rust-version in Cargo.toml), one or more CPython 3.11–3.13 with `venv`, make, a C linker.
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test lint fuzz cpython-suite ecosystem attach-suite soak bench wheel fmt clean agents cli debug-builds rust-tests
SHELL := /bin/sh

export CARGO_TARGET_DIR := $(CURDIR)/target
export PIP_CACHE_DIR := $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1

comma := ,
tools := python/tools
arch := $(shell uname -m)
# `3.12=/usr/bin/python3.12` for each CPython found; `make test PYTHONS=3.12=/path/python3.12` narrows it. Clean needs none.
ifeq ($(filter-out clean help fmt fuzz,$(or $(MAKECMDGOALS),help)),)
PYTHONS :=
else
PYTHONS := $(shell python3 $(tools)/pythons.py)
ifeq ($(PYTHONS),)
$(error no CPython from 3.11 to 3.13 with `venv` found; on Debian: apt install python3 python3-venv)
endif
endif
minors := $(foreach p,$(PYTHONS),$(firstword $(subst =, ,$(p))))
python = $(patsubst $(1)=%,%,$(filter $(1)=%,$(PYTHONS)))
# Tools, lint and demo run on the newest.
newest := $(lastword $(minors))
tool_python := $(call python,$(newest))

agent = python/waspect/_core.cpython-$(subst .,,$(1))-$(arch)-linux-gnu.so
agents := $(foreach m,$(minors),$(call agent,$(m)))
# The same with doors for the tests, beside the tests.
door = tests/python/doors/_core.cpython-$(subst .,,$(1))-$(arch)-linux-gnu.so
cli := target/cli/waspect
rust := Cargo.toml Cargo.lock build.rs $(shell find src probe-sdk python/waspect/_bootstrap -type f 2>/dev/null)
# What only the command line has.
cli_only := $(addprefix src/,lang/% inject/% cli/% render/% drain/% compile/% module/% main.rs) $(addprefix probe-sdk/,rust/% macros/%)
package := $(shell find python/waspect -name '*.py' -o -name '*.pyi' -o -name py.typed)
wheel := dist/.built
environments := $(foreach m,$(minors),.venv/$(m)/.made)
installed := $(foreach m,$(minors),.venv/$(m)/.ready)
peers := $(foreach m,$(minors),.venv/peers-$(m)/.made)

# What probes in Rust are compiled for; a folder of the toolchain.
wasm_target := $(shell rustc --print sysroot 2>/dev/null)/lib/rustlib/wasm32-unknown-unknown

help:  ## list these
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# Whatever else is to be made beside the agents: linking one of these keeps one core busy, and there are six. Agent and door of one
# CPython after each other, so that the layer over CPython's headers is compiled once for both.
test: $(wasm_target)  ## build, then Rust and Python tests on every CPython found
	@$(tool_python) $(tools)/together.py "$(MAKE) $(cli) rust-tests $(environments) debug-builds" \
	"$(MAKE) $(foreach m,$(minors),$(call agent,$(m)) $(call door,$(m)))"
	@$(MAKE) $(installed)
	@$(tool_python) $(tools)/run_tests.py $(minors)

demo: $(wasm_target) .venv/demo/.ready .venv/$(newest)/.ready  ## httpbin under load, with and without probes, which are built first
	@$(tool_python) $(tools)/demo.py --waspect .venv/$(newest)/bin/waspect --python .venv/demo/bin/python

cpython-suite: $(foreach m,$(minors),$(call door,$(m))) $(installed) debug-builds  ## CPython's own tests with every function instrumented, on every CPython found
	@set -e; for m in $(minors); do suite=".venv/$$m/bin/python $(tools)/cpython_suite.py"; $$suite; $$suite --prove; \
	$$suite --debug || [ $$? = 2 ]; done

# Fetches sources from PyPI; ECOSYSTEM='--only click' narrows it.
ECOSYSTEM :=
ecosystem: $(installed) $(foreach m,$(minors),.venv/ecosystem-$(m)/.made)  ## the tests of well-known packages with every function of theirs probed, on every CPython found
	@status=0; for m in $(minors); do .venv/$$m/bin/python $(tools)/ecosystem.py $(ECOSYSTEM) || status=1; done; exit $$status

# A process that may not be traced cannot be entered either: its own user's where kernel.yama.ptrace_scope is 0, or root.
attach-suite: $(installed)  ## attaching to programs in every state, what it adds to them, and killed at any moment, on every CPython found
	@status=0; for m in $(minors); do .venv/$$m/bin/python $(tools)/attach_suite.py || status=1; done; exit $$status

# Races for a minute first: who attaches, imports and calls at once.
soak: $(installed)  ## a service under load with probes coming and going for SOAK_SECONDS (300), on every CPython found
	@status=0; for m in $(minors); do .venv/$$m/bin/python tests/python/races.py 60 && \
	.venv/$$m/bin/python $(tools)/soak.py || status=1; done; exit $$status

bench: $(foreach m,$(minors),$(call agent,$(m)) $(call door,$(m))) $(installed) $(peers)  ## what it costs: per operation, per import, and per probed call beside its peers on every CPython found
	cargo bench
	@set -e; for m in $(minors); do echo "== CPython $$m"; \
	.venv/$$m/bin/python benches/python/overhead.py --plot target/overhead-$$m.svg; \
	.venv/$$m/bin/python benches/python/language.py; .venv/$$m/bin/python benches/python/hogtrace.py; \
	.venv/$$m/bin/python benches/python/scaling.py; .venv/$$m/bin/python benches/python/drain.py; done
	.venv/$(newest)/bin/python benches/python/imports.py

# What `run_tests.py` has cargo run. Tests are code too, and most of what they take is being compiled.
quick = $(shell $(tool_python) $(tools)/run_tests.py --quick)
rust-tests:
	cargo test $(quick) --workspace --no-run
	cargo test --locked --manifest-path probes/Cargo.toml --target-dir target/probes --no-run

# Builds of CPython with assertions, where the distribution has them; without, their tests say so.
debug-builds:
	@$(tool_python) $(tools)/debug_python.py $(minors)

wheel: $(wheel)  ## the one wheel, into dist/
	@ls dist/*.whl

agents: $(agents)  ## the extension for every CPython found
cli: $(cli)  ## the binary

lint: $(wasm_target) .venv/lint/.ready .cache/cargo-deny/bin/cargo-deny  ## formatting, clippy, dependencies, types; warnings are errors
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	PYO3_PYTHON=$(tool_python) cargo clippy --profile agent --lib --no-default-features --features python -- -D warnings
	PYO3_PYTHON=$(tool_python) cargo clippy --profile agent --lib --no-default-features --features doors -- -D warnings
	cd probes && cargo fmt --all --check
	cd fuzz && cargo fmt --check
	cd probes && cargo clippy --target-dir $(CURDIR)/target/probes --all-targets -- -D warnings
	cd probes && cargo clippy --target-dir $(CURDIR)/target/probes --release --target wasm32-unknown-unknown -- -D warnings
	@$(tools)/deny.sh .cache/cargo-deny/bin/cargo-deny
	.venv/lint/bin/ruff check .
	.venv/lint/bin/ruff format --check .
	.venv/lint/bin/mypy
	.venv/lint/bin/python -m mypy.stubtest --concise --ignore-missing-stub waspect._core

# Targets and what they hold: fuzz/README.md.
FUZZ_SECONDS := 60
FUZZ_SANITIZER := none
FUZZ_TARGETS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs))) slowest
fuzz:  ## each fuzz target for FUZZ_SECONDS (60)
	@$(tools)/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_SANITIZER) $(FUZZ_TARGETS)

fmt:  ## format Rust and Python
	cargo fmt --all
	cd probes && cargo fmt --all
	cd fuzz && cargo fmt
	@if [ -x .venv/lint/bin/ruff ]; then .venv/lint/bin/ruff check --fix-only . && .venv/lint/bin/ruff format .; \
	else echo "Python not formatted: ruff comes with \`make lint\`"; fi

clean:  ## remove everything made here
	rm -rf target probes/target fuzz/artifacts dist .venv .cache python/waspect/*.so tests/python/doors/*.so

# --- what they are made of

# Copied, because `cargo test` links its own in the same place.
$(cli): $(rust)
	cargo build --release
	@mkdir -p $(@D) && cp target/release/waspect $@

$(wasm_target):
	@command -v rustup >/dev/null || { echo "tests, lint and demo build probes: install Rust's target wasm32-unknown-unknown, with rustup" \
	"or as the distribution's package (Debian: libstd-rust-dev-wasm32, Fedora: rust-std-static-wasm32-unknown-unknown)"; exit 1; }
	rustup target add wasm32-unknown-unknown

# One target folder for all: the engine is compiled once, only the thin layer over CPython again.
# Code that runs inside of other people's programs is small: what must be inlined on the fire path says so itself, and no loop
# there is worth vectors. Folding identical functions is asked of the linker that rustc brings along, where it brings one.
lld := $(wildcard $(shell rustc --print sysroot 2>/dev/null)/lib/rustlib/$(arch)-unknown-linux-gnu/bin/gcc-ld/ld.lld)
agent_flags := -C llvm-args=-inline-threshold=12 -C llvm-args=-inlinecold-threshold=0 \
  -C llvm-args=-inlinehint-threshold=225 -C llvm-args=-unroll-threshold=20 \
  -C no-vectorize-loops -C no-vectorize-slp -C force-frame-pointers=yes $(if $(and $(filter x86_64,$(arch)),$(lld)),-C link-arg=-Wl$(comma)--icf=all)
define agent_rule
$(2): $(filter-out $(cli_only),$(rust))
	PYO3_PYTHON=$(call python,$(1)) cargo rustc --profile agent --lib --no-default-features --features $(3) --crate-type cdylib -- $(agent_flags)
	@cp target/agent/libwaspect.so $$@.new && mv $$@.new $$@
endef
$(foreach m,$(minors),$(eval $(call agent_rule,$(m),$(call agent,$(m)),python)))
$(foreach m,$(minors),$(eval $(call agent_rule,$(m),$(call door,$(m)),doors)))

$(wheel): $(cli) $(agents) $(package) $(wildcard $(tools)/wheel.py $(tools)/elf.py) pyproject.toml README.md LICENSE
	@$(tool_python) $(tools)/wheel.py $(minors)
	@touch $@

# An environment is made anew when its requirements change; a new wheel is only installed over the old one.
define environment_rule
.venv/$(1)/.made: $(tools)/requirements-$(2).txt
	@echo "environment .venv/$(1)"
	@rm -rf .venv/$(1) && $(3) -m venv .venv/$(1)
	@.venv/$(1)/bin/python -m pip install --quiet -r $$<
	@touch $$@
endef
$(foreach m,$(minors),$(eval $(call environment_rule,$(m),test,$(call python,$(m)))))
$(eval $(call environment_rule,lint,lint,$(tool_python)))
$(eval $(call environment_rule,demo,demo,$(tool_python)))

# Each peer alone: one that does not install on some CPython is left out there, and the tables say why.
define peers_rule
.venv/peers-$(1)/.made: $(tools)/requirements-peers.txt
	@echo "environment .venv/peers-$(1)"
	@rm -rf .venv/peers-$(1) && $(call python,$(1)) -m venv .venv/peers-$(1)
	@grep '^[a-z]' $$< | while read -r each; do \
	said=$$$$(.venv/peers-$(1)/bin/python -m pip install --quiet --only-binary :all: "$$$$each" 2>&1 </dev/null) || \
	printf '%s\t%s\n' "$$$${each%%==*}" "$$$$(echo "$$$$said" | grep -m1 ERROR | sed 's/ (from .*//')" >> .venv/peers-$(1)/refused; done
	@touch $$@
endef
$(foreach m,$(minors),$(eval $(call peers_rule,$(m))))

# Packages are installed from their own sources over what came with the others' needs.
define ecosystem_rule
.venv/ecosystem-$(1)/.made: $(tools)/requirements-ecosystem.txt $(tools)/ecosystem-sources.txt
	@echo "environment .venv/ecosystem-$(1)"
	@rm -rf .venv/ecosystem-$(1) && $(call python,$(1)) -m venv .venv/ecosystem-$(1)
	@.venv/ecosystem-$(1)/bin/python -m pip install --quiet -r $$<
	@$(call python,$(1)) $(tools)/ecosystem.py --prepare .venv/ecosystem-$(1)/bin/python
	@touch $$@
endef
$(foreach m,$(minors),$(eval $(call ecosystem_rule,$(m))))

$(installed) .venv/lint/.ready: .venv/%/.ready: .venv/%/.made $(wheel)
	@.venv/$*/bin/python -m pip install --quiet --force-reinstall --no-deps --no-index dist/*.whl
	@touch $@

# The demo's application has no waspect in its environment.
.venv/demo/.ready: .venv/demo/.made
	@touch $@

.cache/cargo-deny/bin/cargo-deny:
	cargo install --quiet --locked --root .cache/cargo-deny cargo-deny@0.20.2
