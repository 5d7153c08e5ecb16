#!/bin/bash
# Where tracefs is not mounted yet, a program runs and counts; once it is mounted, all that was counted is exported.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

umount "$tracing"
mkfifo work.in
"${shimmed[@]}" /usr/bin/python3 -c 'import os, sys
_, end = os.pipe()
os.write(end, bytes(1000))
print("early", flush=True)
sys.stdin.readline()
os.write(end, bytes(234))' <work.in >work.out 2>&1 &
work_pid=$!
exec 5>work.in
wait_until 30 file_has work.out early
sleep 3
[[ ! -e $tracing/user_events_data ]] || fail "tracefs is still mounted"
mount -t tracefs tracefs "$tracing"
wait_until 90 event_exists otlp_metrics
start_perf record -q -o late.data -e user_events:otlp_metrics
echo go >&5
wait "$work_pid"
stop_perf

equal "output" "$(<work.out)" early
captured payloads late late.data >late.list
oracle --totals late/*.pb >totals
equal "bytes written before and after" "$(total totals libc.file.io value disk.io.direction=write,libc.file.type=pipe)" 1234
