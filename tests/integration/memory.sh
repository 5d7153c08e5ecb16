#!/bin/bash
# The allocator's hooks leave a program's output and exit code as they are.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

the_shim_is_loaded() {
	run shim cat /proc/self/maps
	expect_code 0
	[[ $output == *"$OTELUE_PRELOAD"* ]] || fail "no shim in: $output" "$errors"
}

test_case the_shim_is_loaded
test_case expect_transparent sort "$OTELUE_SRC/LICENSE"
test_case expect_transparent bash -c 'for i in {1..50}; do /bin/echo "$i"; done; exit 3'
test_done
