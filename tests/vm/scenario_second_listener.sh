#!/bin/bash
# Each event has its own listeners: one that comes to the second event, while the first has had one for long, is told at
# once too, not at the end of an interval that can be a minute.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

records() { [[ $(grep -c 'otelue_metric:' "$tracing/trace") -ge $1 ]]; }

captured_pipe_bytes() {
	rm -rf requests
	captured payloads requests second.data >requests.list
	[[ -n $(ls requests) ]] || { echo none; return; }
	oracle --totals requests/*.pb >totals
	total totals libc.file.io value disk.io.direction=write,libc.file.type=pipe
}

mkfifo work.in
hold_events
echo 1 >"$user_events/otelue_metric/enable"
"${shimmed[@]}" OTELUE_METRIC_EXPORT_INTERVAL=600000 /usr/bin/python3 -c 'import os, sys
_, end = os.pipe()
os.write(end, bytes(1000))
sys.stdin.readline()' <work.in &
work_pid=$!
exec 5>work.in
wait_until 60 records 10
start_perf record -q -o second.data -e user_events:otlp_metrics
sleep 8
stop_perf
equal "bytes told to the second listener while the program runs" "$(captured_pipe_bytes)" 1000
before=$(grep -c 'otelue_metric:' "$tracing/trace")
echo go >&5
wait "$work_pid"
succeeds "the first listener gets the rest" records $((before + 1))
