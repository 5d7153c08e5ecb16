#!/bin/bash
# A program that waits for a slow disk and for events that are late, as perf trace shows it: calls, and nanoseconds that
# agree with the program's own clock. The disk is played by a second preloaded object, whose fsync takes 200 ms.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

cat >disk.c <<'END'
#include <time.h>

int fsync(int fd)
{
	struct timespec time = {0, 200000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, 0);
	return fd < 0 ? -1 : 0;
}
END
cat >slow.py <<'END'
import os, select, threading, time

def ns_of(call, *arguments):
    start = time.monotonic_ns()
    call(*arguments)
    return time.monotonic_ns() - start

file = os.open("file", os.O_WRONLY | os.O_CREAT)
synced = sum(ns_of(os.fsync, file) for _ in range(5))
ready = late = 0
epoll = select.epoll()
to_read, to_write = os.pipe()
epoll.register(to_read, select.EPOLLIN)
for _ in range(4):
    writer = threading.Timer(0.15, os.write, (to_write, b"x"))
    writer.start()
    ready += ns_of(epoll.poll, 60)
    writer.join()
    os.read(to_read, 1)
for _ in range(2):
    late += ns_of(epoll.poll, 0.1)
with open("own", "w") as own:
    print(synced, ready, late, file=own)
END
"${CC:-gcc}" -shared -fPIC -o disk.so disk.c

hold_events
start_perf trace -e user_events:otelue_metric -o trace.out
LD_PRELOAD="$shim $PWD/disk.so" OTELUE_METRIC_EXPORT_INTERVAL=500 /usr/bin/python3 -I slow.py
stop_perf

read -r synced ready late <own
sync=libc.file.operation=sync
equal "calls of fsync" "$(traced_sum trace.out libc.file.operation.duration $sync count)" 5
between "ns in fsync" 1000000000 "$(traced_sum trace.out libc.file.operation.duration $sync)" "$synced"
between "ns of the longest" 200000000 \
	"$(grep -F $sync trace.out | sed -n 's/.* max: \([0-9]*\),.*/\1/p' | sort -n | tail -n 1)" "$synced"
for result in ready=4=$ready timeout=2=$late; do
	IFS='=' read -r result calls own_ns <<<"$result"
	series=libc.poll.operation=epoll,libc.poll.result=$result
	equal "waits that ended with $result" "$(traced_sum trace.out libc.poll.duration "$series" count)" "$calls"
	between "ns of them" $((own_ns / 2)) "$(traced_sum trace.out libc.poll.duration "$series")" "$own_ns"
done
equal "events found" "$(traced_sum trace.out libc.poll.events libc.poll.operation=epoll)" 4
