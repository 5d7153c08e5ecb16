#!/bin/bash
# No event is ever larger than the cap, whatever there is to say, and every one arrives: up to 4048 bytes at ftrace and
# perf, up to 8168 at perf. The kernel's warning about larger ones would fail this scenario too.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

# A configuration that makes much to say: all series, in explicit buckets. One export, for it takes protoc a while.
write_config() {
	cat >"$1.json" <<-END
		{"file_format": "1.1",
		 "resource": {"attributes": [{"name": "service.name", "value": "event-size"},
		                             {"name": "filling", "value": "$(printf 'x%.0s' {1..400})"}]},
		 "meter_provider": {"readers": [{"periodic": {"interval": 60000, "exporter": {"user_events": {
		   "temporality_preference": "cumulative",
		   "default_histogram_aggregation": "explicit_bucket_histogram"}}}}]},
		 "distribution": {"otelue": {"export": {"max_event_size": $1, "emit_zero_points": true}}}}
	END
}

# perf and ftrace both listen to a program that ends before a second export.
capture() {
	write_config "$1"
	echo 1 >"$user_events/otlp_metrics/enable"
	perf record -q -m 4M -a -o "$1.data" -e user_events:otlp_metrics -- env LD_PRELOAD="$shim" OTELUE_CONFIG="$PWD/$1.json" \
		/usr/bin/python3 -c 'import os, time; time.sleep(3); os.kill(os.getpid(), 9)' || (($? == 137)) || fail "perf record: $?"
	captured payloads "$1.perf" "$1.data" >"$1.perf.list"
	captured payloads --format "$user_events/otlp_metrics/format" "$1.ftrace" "$tracing"/per_cpu/cpu*/trace_pipe_raw \
		>"$1.ftrace.list"
	reset_tracing
	echo "$(wc -l <"$1.perf.list") events at perf, $(wc -l <"$1.ftrace.list") at ftrace"
}

largest() { cut -f 3 "$1" | sort -n | tail -n 1; }
between() { (($2 <= $3 && $3 <= $4)) || fail "$1: $3 is not in $2 to $4"; echo "ok: $1: $3"; }
# Sizes of the events that ftrace can carry.
small() { cut -f 3 "$1" | awk '$1 <= 4048' | paste -sd ' '; }

hold_events
capture 4048
between "largest event with a cap of 4048" 3600 "$(largest 4048.perf.list)" 4048
equal "ftrace got the same as perf" "$(cut -f 3 4048.ftrace.list | paste -sd ' ')" "$(cut -f 3 4048.perf.list | paste -sd ' ')"
oracle --preference cumulative --explicit --cap 4048 4048.perf/*.pb
echo "ok: all of them are valid, and follow on each other"

capture 8168
between "largest event with a cap of 8168" 7600 "$(largest 8168.perf.list)" 8168
equal "ftrace got what fits it" "$(cut -f 3 8168.ftrace.list | paste -sd ' ')" "$(small 8168.perf.list)"
oracle --preference cumulative --explicit --cap 8168 8168.perf/*.pb
echo "ok: all of them are valid, and follow on each other"
