#!/bin/bash
# Programs under a debugger, a tracer, valgrind and sanitizers, with the shim.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# sanitized FLAG RUNTIME: such a runtime wants to come first.
a_sanitized_program_runs() {
	local runtime
	runtime=$(gcc -print-file-name="$2")
	[[ -e $runtime ]] || skip "no $2 on this machine"
	gcc -w -g -O1 "-fsanitize=$1" -pthread -o program "$OTELUE_SRC/tests/integration/programs/allocate.c"
	run ./program 4 50
	expected=$output
	run env LD_PRELOAD="$(realpath "$runtime") $OTELUE_PRELOAD" ./program 4 50
	expect_code 0
	expect_output "$expected"
	expect_equal "$errors" ""
}

a_sanitizer_still_finds_the_bug() {
	local runtime
	runtime=$(realpath "$(gcc -print-file-name=libasan.so)")
	gcc -w -g -fsanitize=address -x c -o program - <<<'#include <stdlib.h>
	int main(void) { volatile char *p = malloc(10); p[10] = 1; return 0; }'
	run env LD_PRELOAD="$runtime $OTELUE_PRELOAD" ./program
	expect_code 1
	[[ $errors == *heap-buffer-overflow* ]] || fail "$errors"
}

# LeakSanitizer asks for no place; its first calls come before it has begun.
leaks_are_still_found() {
	gcc -w -g -fsanitize=leak -x c -o program - <<<'#include <stdlib.h>
	int main(int argc, char **argv) { if (argc > 1) for (int i = 0; i < 9; i++) *(volatile char *)malloc(77) = 1; return 36; }' ||
		skip "gcc has no LeakSanitizer"
	run shim ./program
	expect_code 36
	expect_equal "$errors" ""
	run env OTELUE_DISABLED=true LD_PRELOAD="$OTELUE_PRELOAD" ./program
	expect_code 36
	run shim ./program leak
	expect_code 23
	[[ $errors == *"byte(s) leaked in"* ]] || fail "$errors"
}

valgrind_runs_the_shim() {
	need valgrind
	run valgrind -q --error-exitcode=99 env LD_PRELOAD="$OTELUE_PRELOAD" true
	expect_code 0
	run valgrind -q --trace-children=yes --error-exitcode=99 env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/allocate" 2 20
	expect_code 0
	expect_output "$("$programs/allocate" 2 20)"
}

strace_follows_it() {
	need strace
	run strace -f -o trace env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/ends" exit 10
	expect_code 3
	grep -q 'exit_group(3)' trace || fail "$(tail -n 5 trace)"
}

gdb_debugs_it() {
	need gdb
	run gdb -batch -ex 'set startup-with-shell off' -ex "set environment LD_PRELOAD $OTELUE_PRELOAD" -ex 'break exit' -ex run \
		-ex 'backtrace 2' -ex continue --args "$programs/ends" exit 10
	[[ $output == *'exited with code 03'* ]] || fail "$output$errors"
}

test_case a_sanitized_program_runs address libasan.so
test_case a_sanitized_program_runs thread libtsan.so
test_case a_sanitized_program_runs undefined libubsan.so
test_case a_sanitizer_still_finds_the_bug
test_case leaks_are_still_found
test_case valgrind_runs_the_shim
test_case strace_follows_it
test_case gdb_debugs_it
test_done
