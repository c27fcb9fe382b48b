# MarketPrism on a bare Debian 12 with git and make. Each command installs what it misses, first.
#   make run [ARGS="--for 20s"]   builds the program and starts its demo: no network, no configuration
#   make test                     builds and runs all tests
#   make build                    leaves the program in build/release/marketprism
#   make pgo                      likewise in build/pgo/marketprism, optimised by a profile of its own work: takes twice as long
#   make test-sinks              sinks with real servers, long, also those that Debian does not have: MP_SEED=n for other chances
#   make faults [SEEDS=10000]     all faults, long: feeds in made-up time, connections of the program, system calls (docs/faults.md)
# JOBS=n compilations at once (default: by cores and memory). MP_INSTALL=no installs nothing.
MAKEFLAGS += --no-print-directory
.PHONY: run build pgo test test-sinks faults install install-test tidy lint format clean

run: build
	@build/release/marketprism demo $(ARGS)

build: install
	@scripts/build.sh release marketprism

pgo: install
	@scripts/pgo.sh

test: install-test
	@scripts/test.sh

test-sinks: install-test
	@scripts/build.sh dev marketprism kafka_peer zeromq_peer
	@servers=$$(scripts/install-servers.sh) && eval "$$servers" && export MP_SINKS=long && \
	 for part in sinks hot disk; do \
	   python3 tests/e2e/sinks/$${part}_test.py build/dev/marketprism || exit; done

faults: install-test
	@scripts/build.sh faults simulation_test faults_test marketprism
	@python3 tests/e2e/faults_test.py build/faults/marketprism --long
	@python3 tests/e2e/families_test.py build/faults/marketprism $(or $(RECORDINGS),../shared/data) --long
	@MP_SWEEP=long build/faults/tests/faults_test --gtest_filter='*Sweep*'
	@MP_DAYS=1 MP_SEEDS=$(or $(SEEDS),10000) build/faults/tests/simulation_test

install:
	@scripts/step.sh 'install what building needs' scripts/install.sh build

install-test:
	@scripts/step.sh 'install what testing needs' scripts/install.sh test

tidy:  # the house rules alone
	@python3 tests/tidy/tidy_test.py

lint:  # clang-tidy, where it is installed, on what `make test` has built
	@git ls-files 'src/*.cpp' | xargs -r -n 1 -P $$(nproc) clang-tidy -p build/dev --quiet

format:  # lays out all sources
	@git ls-files '*.cpp' '*.hpp' | xargs -r clang-format-19 -i

clean:  # all but the DuckDB that was fetched
	@find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +
