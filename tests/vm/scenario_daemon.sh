#!/bin/bash
# A daemon that closes every descriptor, again and again, goes on being observed, and its files hold its own bytes only.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

cat >daemon.py <<'END'
import os, time

def close_all():
    os.closerange(0, 65536)

for _ in range(2):
    if os.fork():
        os._exit(0)
    os.setsid()
    close_all()
    time.sleep(1)
log = os.open("daemon.log", os.O_WRONLY | os.O_CREAT)
others = [os.open(f"other.{i}", os.O_WRONLY | os.O_CREAT) for i in range(20)]
for i in range(50):
    os.write(log, b"line %04d of mine\n" % i)
    time.sleep(0.05)
close_all()
time.sleep(1)
with open("daemon.part", "w") as done:
    done.write(f"{os.getpid()} {log} {others[-1]}\n")
os.rename("daemon.part", "daemon.done")
END

hold_events
start_perf record -q -o daemon.data -e user_events:otlp_metrics -e user_events:otelue_metric
"${shimmed[@]}" /usr/bin/python3 daemon.py
wait_until 120 test -s daemon.done
read -r pid log last <daemon.done
wait_until 20 test ! -e "/proc/$pid"
stop_perf

seq -f 'line %04.0f of mine' 0 49 >expected.log
succeeds "its log holds its own bytes" cmp daemon.log expected.log
equal "bytes in its other files" "$(cat other.* | wc -c)" 0
equal "the lowest descriptor was free" "$log" 0
equal "and so were the others" "$last" 20
captured payloads requests daemon.data >requests.list
oracle --totals requests/*.pb >totals
equal "bytes written by parent, child and daemon" \
	"$(total totals libc.file.io value disk.io.direction=write,libc.file.type=regular)" \
	"$(cat daemon.log daemon.done | wc -c)"
captured fields --event otelue_metric daemon.data >records.json
grep "\"pid\": $pid," records.json >daemon.json
matches "the daemon's own records" "$(<daemon.json)" '"name": "libc.fd.closed"'
# A gauge is in every export; CPU time only when the clock's ticks have hit the daemon.
(($(grep -c '"name": "process.uptime"' daemon.json) >= 3)) ||
	fail "the daemon was not heard at each interval: $(<daemon.json)"
