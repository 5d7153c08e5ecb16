#!/bin/bash
# What otelue run says of children that are on their way, or have their parent's memory, and where it cannot count.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
otelue=$OTELUE_BUILD/otelue

a_program_runs_where_nothing_can_be_counted() {
	# shellcheck disable=SC2016 # the shell's there
	run bash -c 'ulimit -f 1; exec "$1" run -- sh -c "exit 3"' - "$otelue"
	expect_code 3
	expect_output ""
	expect_equal "$(wc -l <<<"$errors")" 3
	[[ $errors == *"/tmp either (File too large): sh runs, but is not counted"$'\n'"otelue: 0 processes counted in "* ]] || fail "$errors"
}

# What a child has of its parent's memory is its parent's: all together have what was allocated and not freed.
children_do_not_have_their_parents_memory_again() {
	cat >parent.py <<-'PYTHON'
		import os, signal
		kept = [bytes(1000) for _ in range(20000)]
		for end in (0, 1, 2):
		    child = os.fork()
		    if child == 0:
		        if end == 0:
		            os._exit(0)
		        if end == 1:
		            os.kill(os.getpid(), signal.SIGKILL)
		        os.execv("/bin/true", ["true"])
		    os.waitpid(child, 0)
	PYTHON
	run "$otelue" run --json --output result.json -- python3 parent.py
	expect_code 0
	allocated=$("$metrics" value libc.memory.allocated result.json)
	((allocated > 20000000)) || fail "only $allocated bytes allocated"
	expect_equal "$("$metrics" value libc.memory.used result.json)" "$((allocated - $("$metrics" value libc.memory.freed result.json)))" "bytes in use"
}

# Between exec and its start a program cannot be seen.
a_child_that_is_being_executed_is_no_stranger() {
	local round
	for round in {1..20}; do
		run "$otelue" run -- sh -c 'sleep 0.3 & exit 0'
		expect_code 0
		[[ $errors != *"is not seen"* ]] || fail "$round: $errors"
	done
	sleep 0.5
	"$otelue" run -q -- true # clears up after them
}

test_case a_program_runs_where_nothing_can_be_counted
test_case children_do_not_have_their_parents_memory_again
test_case a_child_that_is_being_executed_is_no_stranger
test_done
