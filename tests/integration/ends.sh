#!/bin/bash
# All ways in which a process can end: the exit code is the program's, and every call was counted.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

aligned='libc.memory.allocations{libc.memory.operation=aligned}'

# ends WAY CODE CALLS: plain exit code, and what `otelue run` counts.
run_counts() {
	local way=$1 expected=$2 calls=$3 plain=0 shimmed=0
	"$programs/ends" "$way" 1000 >plain.out 2>plain.err || plain=$?
	expect_equal "$plain" "$expected" "exit code without the shim"
	timeout 20 "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/ends" "$way" 1000 >out 2>err || shimmed=$?
	expect_equal "$shimmed" "$expected" "exit code"
	expect_same plain.out out
	expect_equal "$("$metrics" value "$aligned" run.json)" "$calls" "aligned allocations"
}

# The last export happens on the way out, so that the file holds everything.
file_holds_everything() {
	local way=$1 calls=$2
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" run shim timeout 20 "$programs/ends" "$way" 1000
	((code != 124)) || fail "it did not end"
	[[ -s otlp.jsonl ]] || fail "no file; stderr: $errors"
	expect_equal "$("$metrics" value "$aligned" otlp.jsonl)" "$calls" "aligned allocations"
}

# Killed in the middle: the segment stays, is found by the next run's reader, and holds every call.
a_killed_process_leaves_its_counts() {
	local pid
	mkfifo out
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/ends" waits 12345 >out 2>err &
	runner=$!
	read -r _ <out
	pid=$(pgrep -P "$runner" -x ends) || fail "no process"
	kill -KILL "$pid"
	wait "$runner" || true
	expect_equal "$("$metrics" value "$aligned" run.json)" 12345 "aligned allocations"
	grep -q '"killed": 1' run.json || fail "not said to have been killed: $(head -n 20 run.json)"
}

no_segment_is_left_behind() {
	local pid left
	pid=$(shim sh -c 'echo $$; exec "$@"' sh "$programs/ends" exit 10) || true
	[[ $pid =~ ^[0-9]+$ ]] || fail "no process id: $pid"
	left=$(find "/dev/shm/otelue.$UID" -name "$pid.*")
	[[ -z $left ]] || fail "left: $left"
}

test_case run_counts return 4 1000
test_case run_counts exit 3 1000
test_case run_counts atexit 3 1001
test_case run_counts _exit 3 1000
test_case run_counts _Exit 3 1000
test_case run_counts quick_exit 3 1000
test_case run_counts abort 134 1000
test_case run_counts exec 0 1000
test_case run_counts failed-exec 4 1000
test_case run_counts pthread_exit 0 1000
test_case run_counts pthread_exit-later 0 1001
test_case run_counts raw-exit 0 1000
test_case run_counts exit_group 3 1000
test_case run_counts thread 6 1000
test_case run_counts SIGTERM 143 1000
test_case run_counts SIGSEGV 139 1000
test_case run_counts SIGKILL 137 1000
for way in return exit _exit _Exit quick_exit abort exec failed-exec pthread_exit thread; do
	test_case file_holds_everything "$way" 1000
done
test_case file_holds_everything atexit 1001
test_case file_holds_everything pthread_exit-later 1001
test_case a_killed_process_leaves_its_counts
test_case no_segment_is_left_behind
test_done
