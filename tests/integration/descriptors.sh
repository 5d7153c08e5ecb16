#!/bin/bash
# The program's descriptors are its own: same numbers with the shim as without it, and no foreign byte in its files.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

busy() {
	shim OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" OTEL_METRIC_EXPORT_INTERVAL=100 "$@"
}

the_same_descriptors_are_open() {
	"$programs/descriptors" list >plain
	busy "$programs/descriptors" list >shimmed
	expect_same plain shimmed
	[[ -s otlp.jsonl ]] || fail "nothing was exported meanwhile"
}

a_file_holds_only_the_programs_bytes() {
	run busy "$programs/descriptors" "$1" mine
	expect_code 0
	(($(wc -l <otlp.jsonl) >= 4)) || fail "only $(wc -l <otlp.jsonl) intervals were exported meanwhile"
	printf 'mine\n%.0s' {1..50} >wanted
	expect_same mine wanted
}

# Before the emitter has woken, too: a table that two threads share makes each call on a descriptor dearer.
the_table_is_the_emitters_own_from_the_start() {
	local tasks
	cat >config.json <<-'JSON'
		{"file_format": "1.1", "distribution": {"otelue": {"export": {"start_delay": 3600000}}}}
	JSON
	LD_PRELOAD=$OTELUE_PRELOAD OTELUE_CONFIG=$PWD/config.json sleep 60 &
	pid=$!
	trap 'kill -KILL "$pid"' EXIT
	sleep 0.5
	tasks=$(ls "/proc/$pid/task")
	expect_equal "$(wc -l <<<"$tasks")" 2 "threads"
	[[ $(ls "/proc/$pid/fd") ]] || fail "the program has no descriptor"
	expect_equal "$(ls "/proc/$pid/task/$(grep -vx "$pid" <<<"$tasks")/fd")" "" "the emitter's descriptors"
}

closed_standard_descriptors_stay_closed() {
	busy sh -c 'exec 0<&- 1>&- 2>&-; exec 3>found; ls /proc/$$/fd >&3; sleep 0.4; ls /proc/$$/fd >&3'
	sh -c 'exec 0<&- 1>&- 2>&-; exec 3>plain; ls /proc/$$/fd >&3; sleep 0.4; ls /proc/$$/fd >&3'
	expect_same plain found
}

test_case the_same_descriptors_are_open
for way in close closefrom range dup2; do
	test_case a_file_holds_only_the_programs_bytes "$way"
done
test_case the_table_is_the_emitters_own_from_the_start
test_case closed_standard_descriptors_stay_closed
test_done
