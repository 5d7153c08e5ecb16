#!/bin/bash
# What a killed program had not exported to user_events reaches those who listen when it is salvaged, in both events, and
# with what it had exported it adds up to what it had counted itself. Where nobody listens it is left alone.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

# victim: runs until it is killed, and counts its calls in the file `count`.
victim() {
	rm -f count
	"${shimmed[@]}" "$programs/victim" "$PWD/count" 1 0 none &
	victim_pid=$!
}
is_identified() { grep -qs oteleset "$(segment "$victim_pid")"; }
has_counted() { [[ -s count ]] && (($(counted) > 0)); }
counted() { od -An -t u8 -N 8 count | tr -d ' '; }
stop_victim() {
	kill -KILL "$victim_pid"
	wait "$victim_pid" || true
}

hold_events
start_perf record -q -o all.data -e user_events:otlp_metrics -e user_events:otelue_metric
victim
wait_until 60 recorded_past "$victim_pid" 0
stop_victim
"$otelue" salvage >said || fail "salvage: exit code $?: $(<said)"
stop_perf
matches "what it says" "$(<said)" "^$victim_pid victim: [0-9]+ data points exported to user_events$"
[[ ! -e $(segment "$victim_pid") ]] || fail "its segment is still there"

captured payloads requests all.data >requests.list
oracle --cap 4048 --totals requests/*.pb >totals
between "allocations in OTLP" "$(counted)" \
	"$(total totals libc.memory.allocations value libc.memory.operation=aligned)" $(($(counted) + 1))
captured fields --event otelue_metric all.data >records.json
between "allocations in records" "$(counted)" "$(/usr/bin/python3 -I -c 'import json, sys
records = [json.loads(line) for line in open("records.json")]
assert [r["sequence"] for r in records] == list(range(1, len(records) + 1)), "the sequence has a gap"
assert {r["pid"] for r in records} == {int(sys.argv[1])}, "records of another process"
print(sum(r["value"] for r in records
          if r["name"] == "libc.memory.allocations" and r["attributes"] == "libc.memory.operation=aligned"))' \
	"$victim_pid")" $(($(counted) + 1))

victim
wait_until 60 is_identified
wait_until 60 has_counted
stop_victim
"$otelue" salvage >said && fail "salvage had nobody to tell: $(<said)"
matches "with nobody there" "$(<said)" "left alone: nobody listens to its events"
start_perf record -q -o late.data -e user_events:otlp_metrics
"$otelue" salvage >said || fail "salvage: exit code $?: $(<said)"
stop_perf
captured payloads late late.data >late.list
oracle --cap 4048 --totals late/*.pb >totals
between "allocations of one that nobody listened to" "$(counted)" \
	"$(total totals libc.memory.allocations value libc.memory.operation=aligned)" $(($(counted) + 1))
