#!/bin/bash
# perf trace, attached to programs that run already, prints names and values that a person can read and add up.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

# What perf prints for a series of a program.
printed() { echo "[^ /]+/[0-9]+ user_events:otelue_metric\(sequence: [0-9]+, pid: [0-9]+, value: [1-9][0-9]*, $1"; }

start_python() {
	cat >work.py <<-'END'
		import os, sys
		sys.stdin.readline()
		pipes = [os.pipe() for _ in range(21)]
		for _, end in pipes:
		    os.write(end, bytes(1000))
		print("written", flush=True)
		sys.stdin.readline()
	END
	mkfifo python.in
	"${shimmed[@]}" /usr/bin/python3 work.py <python.in >python.out &
	python_pid=$!
	exec 5>python.in
}

start_sqlite() {
	mkfifo sqlite.in
	"${shimmed[@]}" sqlite3 -batch sums.db <sqlite.in >sqlite.out &
	sqlite_pid=$!
	exec 6>sqlite.in
}

work_in_python() {
	echo go >&5
	wait_until 60 file_has python.out written
	echo end >&5
	wait "$python_pid"
}

work_in_sqlite() {
	cat >&6 <<-'END'
		pragma journal_mode = off;
		begin;
		create table t(n);
		with recursive c(n) as (select 1 union all select n + 1 from c where n < 2000) insert into t select n from c;
		commit;
		.once sum.txt
		select sum(n) from t;
		.quit
	END
	wait "$sqlite_pid"
	equal "sqlite's result" "$(<sum.txt)" 2001000
}

start_python
start_sqlite
wait_until 30 event_exists otelue_metric
start_perf trace -e user_events:otelue_metric -o trace.out
work_in_python
work_in_sqlite
stop_perf

for program in sqlite3 python3; do
	program_traced $program trace.out >$program.trace
	matches "memory of $program" "$(<$program.trace)" "$(printed \
		'name: "libc.memory.allocated", attributes: "libc.memory.operation=malloc", unit: "By", service: "unknown_service:'$program)"
	matches "a histogram of $program" "$(<$program.trace)" "$(printed \
		'count: [1-9][0-9]*, p50: [1-9][0-9]*, p99: [1-9][0-9]*, max: [1-9][0-9]*, name: "libc.memory.allocation.size"')"
done
equal "pipes that python made" "$(traced_sum python3.trace libc.fd.opened libc.fd.type=pipe)" 42
equal "bytes that it wrote to them" \
	"$(traced_sum python3.trace libc.file.io disk.io.direction=write,libc.file.type=pipe)" 21000
equal "bytes that sqlite wrote, and its file" \
	"$(traced_sum sqlite3.trace libc.file.io disk.io.direction=write,libc.file.type=regular)" "$(stat -c %s sums.db)"
for program in python3 sqlite3; do
	grep -o 'sequence: [0-9]*' $program.trace | cut -d ' ' -f 2 | sort -n >sequences
	equal "sequence of $program without gap" "$(tail -n 1 sequences)" "$(sort -nu sequences | wc -l)"
done
