#!/bin/bash
# What a program counted before a tracer attached reaches that tracer. perf opens an event, which the program sees, some
# time before it takes events in (here half a second, by --delay): what is written in between would be lost. And it tells
# how much of what the program read it can see: 4000 reads of which half are system calls of its own.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

mkfifo work.in
"${shimmed[@]}" OTELUE_METRIC_EXPORT_INTERVAL=300 /usr/bin/python3 -c 'import ctypes, os, sys
zeros, libc, byte = os.open("/dev/zero", os.O_RDONLY), ctypes.CDLL(None), ctypes.create_string_buffer(1)
_, end = os.pipe()
os.write(end, bytes(1000))
sys.stdin.readline()
for _ in range(2000):
    os.read(zeros, 1)
    libc.syscall(0, zeros, byte, 1)
os.write(end, bytes(234))' <work.in &
work_pid=$!
exec 5>work.in
wait_until 30 event_exists otelue_metric
start_perf record -q --delay 500 -o attach.data -e user_events:otlp_metrics -e user_events:otelue_metric
sleep 2
echo go >&5
wait "$work_pid"
stop_perf

captured payloads requests attach.data >requests.list
oracle --totals requests/*.pb >totals
equal "bytes written before and after" "$(total totals libc.file.io value disk.io.direction=write,libc.file.type=pipe)" 1234
coverage=$(total totals otelue.io.coverage value disk.io.direction=read)
between "thousandths of its reads that were seen" 490 "$(awk "BEGIN { printf \"%d\", 1000 * $coverage }")" 510
captured fields --event otelue_metric attach.data >records.json
equal "sequence of the first record" "$(sed -n '1s/.*"sequence": \([0-9]*\),.*/\1/p' records.json)" 1
