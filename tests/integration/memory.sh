#!/bin/bash
# The allocator's counts, against valgrind's and against what the program says of itself.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# Counts of the whole program: its parts' sizes are the histogram's.
shim_totals() {
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$@" >out 2>err </dev/null || fail "$(cat err)"
	echo "$("$metrics" count libc.memory.allocation.size run.json)" \
		"$("$metrics" value libc.memory.deallocations run.json)" \
		"$("$metrics" value libc.memory.allocation.size run.json)"
}
# "total heap usage: 1,234 allocs, 1,230 frees, 56,789 bytes allocated"
valgrind_totals() {
	valgrind --run-libc-freeres=no --run-cxx-freeres=no --log-file=valgrind.log "$@" >out 2>err </dev/null
	sed -n 's/.*total heap usage: \(.*\) allocs, \(.*\) frees, \(.*\) bytes allocated/\1 \2 \3/p' valgrind.log | tr -d ,
}

# counts_equal_valgrinds_for THREADS COMMAND...: for each thread libc allocates a table of the thread-local storage of
# all loaded objects, and the shim has such: 16 bytes more.
counts_equal_valgrinds_for() {
	need valgrind
	local ours theirs calls frees bytes threads=$1
	shift
	ours=$(shim_totals "$@")
	theirs=$(valgrind_totals "$@")
	[[ $theirs =~ ^[0-9]+\ [0-9]+\ [0-9]+$ ]] || fail "valgrind says nothing: $(cat valgrind.log)"
	read -r calls frees bytes <<<"$theirs"
	expect_equal "$ours" "$calls $frees $((bytes + threads * 16))" "allocations, deallocations and bytes"
}

# A program's own count, as the difference of two numbers of rounds: what libc allocates at start and end drops out.
every_call_of_8_threads_is_counted() {
	local few many
	read -r few_calls _ few_bytes < <(shim_totals "$programs/allocate" 8 10)
	read -r few few_own <out
	read -r many_calls _ many_bytes < <(shim_totals "$programs/allocate" 8 1010)
	read -r many many_own <out
	expect_equal $((many_calls - few_calls)) $((many - few)) "allocations"
	expect_equal $((many_bytes - few_bytes)) $((many_own - few_own)) "bytes"
}

# timed_calls ROUNDS: of malloc, calloc, realloc, aligned and free, in 8 threads.
timed_calls() {
	local call
	OTELUE_CONFIG=$PWD/timed.json shim_totals "$programs/allocate" 8 "$1" >/dev/null
	for call in malloc calloc realloc aligned free; do
		"$metrics" count "libc.memory.allocation.duration{libc.memory.operation=$call}" run.json
	done | xargs
}

# A round makes 2, 1, 3 and 4 blocks in these ways, and gives 8 back by free.
every_call_is_timed_where_that_is_asked_for() {
	local few many
	echo '{"file_format": "1.1", "distribution": {"otelue": {"hooks": {"memory": {"duration": true}}}}}' >timed.json
	read -ra few < <(timed_calls 10)
	read -ra many < <(timed_calls 1010)
	expect_equal "$(for i in {0..4}; do echo $((many[i] - few[i])); done | xargs)" "16000 8000 24000 32000 64000" "calls"
	(($("$metrics" value libc.memory.deallocations run.json) > many[4])) || fail "more calls of free timed than made"
	shim_totals "$programs/allocate" 8 10 >/dev/null
	expect_equal "$("$metrics" count libc.memory.allocation.duration run.json)" 0 "timed without being asked"
}

test_case every_call_is_timed_where_that_is_asked_for
test_case counts_equal_valgrinds_for 0 "$programs/allocate" 0 20
test_case counts_equal_valgrinds_for 8 "$programs/allocate" 8 20
test_case counts_equal_valgrinds_for 4 "$programs/objects"
test_case counts_equal_valgrinds_for 0 sort "$OTELUE_SRC/LICENSE"
test_case counts_equal_valgrinds_for 0 sqlite3 :memory: 'create table t(a, b); insert into t values(1, 2), (3, 4); select sum(b) from t;'
test_case every_call_of_8_threads_is_counted
test_done
