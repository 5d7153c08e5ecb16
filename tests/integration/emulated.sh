#!/bin/bash
# The shim of a cross-build, in programs that qemu-user runs: it counts there what it counts here. Run by ./check's
# step aarch64, with OTELUE_EMULATOR; the emulator itself stays without the shim.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
read -ra emulator <<<"${OTELUE_EMULATOR:?the command that runs programs of the other processor}"

aligned='libc.memory.allocations{libc.memory.operation=aligned}'

# plain and shimmed PROGRAM...; the latter exports to otlp.jsonl.
plain() { "${emulator[@]}" "$@"; }
shimmed() {
	"${emulator[@]}" -E LD_PRELOAD="$OTELUE_PRELOAD" -E OTEL_METRICS_EXPORTER=otlp_file -E OTELUE_FILE="$PWD/otlp.jsonl" \
		-E OTEL_METRIC_EXPORT_INTERVAL=100 "$@"
}

the_object_is_of_the_other_processor() {
	run readelf -h "$OTELUE_PRELOAD"
	[[ $output == *AArch64* ]] || fail "$output"
}

the_same_output_and_the_same_counts() {
	run plain "$programs/allocate" 4 200
	wanted=$output
	run shimmed "$programs/allocate" 4 200
	expect_code 0
	expect_output "$wanted"
	expect_equal "$errors" ""
	expect_equal "$("$metrics" value "$aligned" otlp.jsonl)" $((4 * 4 * 200)) "aligned allocations"
	expect_equal "$("$metrics" resource host.arch otlp.jsonl)" arm64
}

# ends WAY CODE ALLOCATIONS
it_ends() {
	run timeout 60 "${emulator[@]}" "$programs/ends" "$1" 100
	expect_code "$2"
	run shimmed "$programs/ends" "$1" 100
	expect_code "$2"
	expect_equal "$("$metrics" value "$aligned" otlp.jsonl)" "$3" "aligned allocations"
}

libc_believes_in_one_thread() {
	run shimmed "$programs/threaded"
	expect_output $'1\n1'
	(($(wc -l <otlp.jsonl) >= 2)) || fail "the emitter did not export"
}

a_storm_is_counted() {
	run shimmed "$programs/storm" 8 400 0
	expect_output 3200
	expect_equal "$("$metrics" value "$aligned" otlp.jsonl)" 3200 "aligned allocations"
}

# No %fs there, but a thread register: the same rule.
the_emitter_needs_nothing_but_our_own() {
	run env CROSS=aarch64-linux-gnu- bash "$OTELUE_SRC/tests/lint/elf.sh"
	[[ $output != *'not ok'* ]] || fail "$output"
}

test_case the_object_is_of_the_other_processor
test_case the_same_output_and_the_same_counts
test_case it_ends return 4 100
test_case it_ends _exit 3 100
test_case it_ends pthread_exit 0 100
test_case it_ends thread 6 100
test_case libc_believes_in_one_thread
test_case a_storm_is_counted
test_case the_emitter_needs_nothing_but_our_own
test_done
