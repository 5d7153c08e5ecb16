#!/bin/bash
# What hot paths cost, counted in instructions: repeats where time does not.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/..}/tests/lib/test.sh"

instructions() {
	need valgrind python3
	run python3 -B "$OTELUE_SRC/bench/instructions.py" --build "$OTELUE_BUILD" "$@"
}

hot_paths_keep_to_their_limits_of_instructions() {
	instructions
	((code == 0)) || fail "$output" "$errors"
	note "$output"
}

one_instruction_more_is_seen() {
	instructions --self-test
	((code == 0)) || fail "$output" "$errors"
	[[ $output == *malloc_64* ]] || fail "not in malloc: $output"
}

limits_that_are_too_low_fail() {
	sed '/^malloc_64 /s/ .*/ 1/' "$OTELUE_SRC/bench/instruction-limits.txt" >limits
	instructions --limits limits
	expect_code 1
	[[ $errors == *"over the limit of instructions: malloc_64"* ]] || fail "$errors"
}

test_case hot_paths_keep_to_their_limits_of_instructions
test_case one_instruction_more_is_seen
test_case limits_that_are_too_low_fail
test_done
