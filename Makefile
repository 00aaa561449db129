# SPDX-License-Identifier: Apache-2.0
# The three front doors. Everything is in ./dev.
.PHONY: run test bench
run test bench:
	@./dev $@
