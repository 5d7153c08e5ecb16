#!/bin/bash
# Ends of a process that libc does not make: it ends all the same, with its own exit code, and its counts are there.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

ends_and_is_counted() {
	local allocations
	expect_transparent timeout 20 "$programs/end" "$1"
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/end" "$1" >out || true
	allocations=$("$metrics" count 'libc.memory.allocation.size{libc.memory.operation=malloc}' run.json)
	expect_between 100 "$allocations" 110 "allocations"
}

for way in alone alone-by-libc main-first main-first-raw; do
	test_case ends_and_is_counted "$way"
done
test_done
