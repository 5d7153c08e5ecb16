#!/bin/bash
# Listeners come and go while a program works: one comes late and goes, then nobody listens, then another one comes, a third
# one beside it, and the second goes. What they were told together is what the program did, in both events: what was
# done while nobody listened too, and nothing twice. Two who listen at once are told the same.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

declare -A perf_of
asked=0

# Each in a directory of its own, where start_perf leaves its files.
comes() {
	mkdir "$1"
	pushd "$1" >/dev/null
	start_perf record -q -o perf.data -e user_events:otlp_metrics -e user_events:otelue_metric
	perf_of[$1]=$perf_pid
	popd >/dev/null
}

is_still() { ! grep -L '^State:.T' /proc/"$work_pid"/task/*/status | grep -q .; }

# The program stands still meanwhile: perf switches its events off, processor by processor, some time before it closes
# them, and until then the kernel says that somebody listens. What is written in between is lost.
goes() {
	kill -STOP "$work_pid"
	wait_until 20 is_still
	ends "$1"
	kill -CONT "$work_pid"
}

ends() {
	pushd "$1" >/dev/null
	perf_pid=${perf_of[$1]}
	stop_perf
	popd >/dev/null
}

# A power of ten for each time: a sum that is wrong says by its digits what was left out or told twice.
work() {
	asked=$((asked + $1))
	echo "$1" >&5
	wait_until 60 file_has work.out "^$asked$"
}

is_told_more() { wait_until 60 recorded_past "$work_pid" "$(last_record "$work_pid")"; }

cat >work.py <<'END_OF_WORK'
import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.aligned_alloc.argtypes, libc.aligned_alloc.restype = [ctypes.c_size_t] * 2, ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
to_read, to_write = os.pipe()
done = 0
while rounds := int(sys.stdin.readline() or 0):
    for _ in range(rounds):
        os.write(to_write, b"7 bytes")
        os.read(to_read, 7)
        libc.free(libc.aligned_alloc(64, 64))
        done += 1
    print(done, flush=True)
END_OF_WORK

# The records of all three: by their sequence, so that what two were told counts once. Prints bytes and allocations.
cat >records.py <<'END_OF_RECORDS'
import json, sys
pid = int(sys.argv[1])

def heard(name):
    records = [json.loads(line) for line in open(f"{name}/records.json")]
    for record in records:
        del record["time"] # each perf looks at the clock itself
    numbers = [record["sequence"] for record in records]
    assert {record["pid"] for record in records} == {pid}, f"{name}: records of another process"
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"{name}: the sequence has a gap"
    print(f"ok: {name}: records {numbers[0]} to {numbers[-1]}, {told(records)}", file=sys.stderr)
    return dict(zip(numbers, records))

def told(records):
    return (sum(record["value"] for record in records if (record["name"], record["attributes"]) ==
                ("libc.file.io", "disk.io.direction=write,libc.file.type=pipe")),
            sum(record["count"] for record in records if (record["name"], record["attributes"]) ==
                ("libc.memory.allocation.size", "libc.memory.operation=aligned")))

first, second, third = heard("first"), heard("second"), heard("third")
assert min(first) == 1 and told(first.values()) >= (7, 1), "what was done before the first listener came"
assert min(second) == max(first) + 1, "something was told to nobody, or twice"
both = range(min(third), max(second) + 1)
assert min(second) < min(third) <= max(second) < max(third), "there were not two at once"
assert all(second[number] == third[number] for number in both), "two at once were told different things"
print(*told((first | second | third).values()))
END_OF_RECORDS

mkfifo work.in
"${shimmed[@]}" OTELUE_METRIC_EXPORT_INTERVAL=1500 /usr/bin/python3 -I work.py <work.in >work.out &
work_pid=$!
exec 5>work.in
wait_until 30 event_exists otelue_metric

work 1
comes first
wait_until 60 recorded_past "$work_pid" 0
work 10
is_told_more
goes first
work 100
before=$(last_record "$work_pid")
sleep 3 # two intervals
equal "the last record after two intervals with nobody there" "$(last_record "$work_pid")" "$before"
comes second
is_told_more
comes third
work 1000
is_told_more
goes second
work 10000
echo 0 >&5
wait "$work_pid"
ends third

rounds=$(tail -n 1 work.out)
equal "rounds that the program says it did" "$rounds" 11111
for listener in first second third; do
	captured payloads $listener/requests $listener/perf.data >$listener/list
	captured fields --event otelue_metric $listener/perf.data >$listener/records.json
	sha256sum $listener/requests/*.pb | cut -c 1-64 >$listener/sums
done
records=$(/usr/bin/python3 -I records.py "$work_pid")
equal "bytes and allocations in records" "$records" "$((7 * rounds)) $rounds"
both=$(grep -cFxf third/sums second/sums) || fail "no request was told to both"
succeeds "$both requests, byte for byte, told to both" cmp <(tail -n "$both" second/sums) <(head -n "$both" third/sums)
mapfile -t rest < <(find third/requests -name '*.pb' | sort | tail -n +$((both + 1)))
oracle --cap 4048 --totals {first,second}/requests/*.pb "${rest[@]}" >totals
equal "bytes in OTLP" "$(total totals libc.file.io value disk.io.direction=write,libc.file.type=pipe)" $((7 * rounds))
equal "allocations in OTLP" "$(total totals libc.memory.allocation.size count libc.memory.operation=aligned)" "$rounds"
