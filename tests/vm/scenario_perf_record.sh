#!/bin/bash
# perf record gets OTLP that protoc and the data model's rules find valid, and whose sums are what the program says it
# did: of a program that tells its own calls and bytes, the difference of two runs.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

# record NAME ROUNDS: NAME.calls, NAME.bytes as the program tells them; NAME.totals by the oracle.
record() {
	perf record -q -a -o "$1.data" -e user_events:otlp_metrics -- "${shimmed[@]}" OTELUE_METRIC_EXPORT_INTERVAL=100 \
		"$programs/allocate" 8 "$2" >"$1.out"
	read -r calls bytes <"$1.out"
	captured payloads "$1" "$1.data" >"$1.list"
	oracle --cap 4048 --totals "$1"/*.pb >"$1.totals"
	echo "ok: $1: $(wc -l <"$1.list") requests are valid OTLP"
}

hold_events
record few 10
few_calls=$calls few_bytes=$bytes
record many 4010
equal "allocations" $(($(total many.totals libc.memory.allocation.size count) - $(total few.totals libc.memory.allocation.size count))) \
	$((calls - few_calls))
equal "bytes" "$(awk "BEGIN { print $(total many.totals libc.memory.allocation.size sum) - \
	$(total few.totals libc.memory.allocation.size sum) }")" $((bytes - few_bytes))
for run in few many; do
	equal "threads, $run" "$(total $run.totals libc.thread.created value)" 8
	equal "sum and histogram, $run" "$(total $run.totals libc.memory.allocations value)" \
		"$(total $run.totals libc.memory.allocation.size count)"
done
