#!/bin/bash
# Streams: every call, every outcome, by the program's own arithmetic and by what strace saw of libc's inside.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

program=$programs/streams

# counted SCENARIO [THREADS ROUNDS]: leaves its counts in run.json.
counted() {
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$program" "$@"
	((code == 0)) || fail "exit code $code" "$errors"
}
expect_value() { expect_equal "$("$metrics" value "$1" run.json)" "$2" "$1"; }
expect_count() { expect_equal "$("$metrics" count "$1" run.json)" "$2" "$1"; }
calls() { expect_value "libc.stdio.operations{libc.stdio.operation=$1}" "$2"; }
bytes() { expect_value "libc.stdio.io{disk.io.direction=$1}" "$2"; }
failures() { expect_value "libc.stdio.operation.errors{libc.stdio.operation=$1}" "$2"; }

# counts_are_exact THREADS ROUNDS: 0 threads are the main one.
counts_are_exact() {
	local n=$((($1 ? $1 : 1) * $2))
	counted traffic "$1" "$2"
	bytes write $((316 * n))
	bytes read $((318 * n))
	calls open $((3 * n))
	calls close $((2 * n))
	calls flush "$n"
	calls write $((3 * n))
	calls read $((6 * n))
	calls seek 0
	failures open "$n"
	expect_value libc.stdio.operation.errors "$n"
	expect_count "libc.stdio.operation.duration{libc.stdio.operation=open}" $((3 * n))
	expect_count "libc.stdio.operation.duration{libc.stdio.operation=close}" $((2 * n))
	expect_count "libc.stdio.operation.duration{libc.stdio.operation=flush}" "$n"
	expect_value "libc.fd.opened{libc.fd.type=file}" $((2 * n))
	expect_value "libc.fd.closed{libc.fd.type=file}" $((2 * n))
	expect_value libc.file.io 0
}

# The bytes of putc, 2 a round, go to the kernel and are not counted.
bytes_are_straces() {
	local written
	need strace
	strace -ff -yy -e trace=write,openat -o trace "$OTELUE_BUILD/otelue" run --json --output run.json -- \
		"$programs/streams" traffic 0 25 >out 2>err || fail "exit code $?" "$(<err)"
	cat trace.* >trace
	written=$(sed -n 's/^write([0-9]*<[^>]*\/lines\.0>.* = \([0-9]*\)$/\1/p' trace | awk '{ s += $1 } END { print s }')
	bytes write $((written - 2 * 25))
	expect_value libc.fd.opened "$(grep -c 'openat(.*lines\.0".* = [0-9]' trace)"
	expect_value 'libc.stdio.operation.errors{error.type=ENOENT}' "$(grep -c 'openat(.*nowhere/lines".*ENOENT' trace)"
}

failures_are_counted_by_their_error() {
	counted failures
	failures open 1
	failures read 3
	failures write 2
	failures close 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=open,error.type=ENOENT}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=read,error.type=_OTHER}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=read,error.type=EBADF}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=read,error.type=EINVAL}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=write,error.type=EBADF}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=write,error.type=ENOSPC}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=close,error.type=ENOSPC}' 1
	expect_value 'libc.io.would_block{libc.io.operation=read}' 1
	bytes write 1
	bytes read 0
}

formats_are_counted() {
	counted formats 0 20
	calls write 160
	bytes write $((33 * 20))
	calls read 140
	bytes read 0
	failures write 40
	failures read 20
	expect_value 'libc.stdio.operation.errors{error.type=EBADF}' 60
	expect_value libc.stdio.operation.errors 60
}

# wide_characters_are_counted THREADS ROUNDS
wide_characters_are_counted() {
	local n=$((($1 ? $1 : 1) * $2))
	counted wide "$1" "$2"
	calls write $((5 * n))
	calls read $((7 * n))
	bytes write 0
	bytes read 0
	failures write $((2 * n))
	failures read 0
	expect_value 'libc.stdio.operation.errors{error.type=EBADF}' $((2 * n))
}

# Built with -D_FORTIFY_SOURCE=2 and -O2, which gives calls other names.
the_fortified_build_counts_the_same() {
	program=$programs/streams-fortified
	nm -D --undefined-only "$program" | sed 's/^ *[Uw] //; s/@.*//' >imports
	for name in __printf_chk __fprintf_chk __vfprintf_chk __dprintf_chk __vdprintf_chk \
		__fwprintf_chk __vfwprintf_chk __isoc99_fwscanf __getdelim __isoc99_fscanf __isoc99_vfscanf __isoc99_scanf __isoc99_vscanf; do
		grep -qx -- "$name" imports || fail "no $name is imported"
	done
	"$@"
}

descriptors_are_followed() {
	counted descriptors
	expect_value "libc.fd.opened{libc.fd.type=file}" 8
	expect_value "libc.fd.closed{libc.fd.type=file}" 8
	expect_value "libc.fd.opened{libc.fd.type=socket}" 2
	expect_value "libc.fd.closed{libc.fd.type=socket}" 2
	expect_value libc.fd.closed 10
	expect_count 'libc.file.operation.duration{libc.file.operation=read}' 1
	expect_count 'libc.file.operation.duration{libc.file.operation=close}' 4
	calls open 10
	calls close 6
	failures open 1
	failures close 1
}

seeks_are_counted() {
	counted seeks
	calls seek 11
	failures seek 3
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=seek,error.type=EINVAL}' 1
	expect_value 'libc.stdio.operation.errors{libc.stdio.operation=seek,error.type=_OTHER}' 2
}

# Of the program alone: each process has its file.
commands_are_counted_as_streams_and_as_children() {
	export OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/%p.jsonl"
	env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/streams" commands &
	wait $! || fail "exit code $?"
	mv "$!.jsonl" run.json
	calls open 5
	calls close 4
	failures open 1
	failures close 0
	expect_value "libc.fd.opened{libc.fd.type=pipe}" 4
	expect_value "libc.fd.closed{libc.fd.type=pipe}" 4
	expect_value libc.fd.closed 4
	expect_value 'libc.process.created{libc.process.operation=popen}' 4
	expect_value 'libc.process.errors{libc.process.operation=popen}' 1
	expect_value 'libc.process.reaped{libc.process.exit.reason=success}' 2
	expect_value 'libc.process.reaped{libc.process.exit.reason=failure}' 1
	expect_value 'libc.process.reaped{libc.process.exit.reason=signal}' 1
	expect_count libc.process.wait.duration 4
	awk '{ exit !($1 > 0.1) }' <<<"$("$metrics" value libc.process.wait.duration run.json)" || fail "the wait is too short"
	bytes read 5
	bytes write 5
}

calls_that_wait_can_be_cancelled() {
	timeout 20 "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/streams" cancellation >out 2>&1 ||
		fail "exit code $?" "$(<out)"
	calls read 0
	calls write 1
	calls close 1
}

# _IO_vfscanf, which new programs cannot name, is system.sh's.
the_program_calls_every_hooked_name() {
	sed -n 's/^HOOK(STDIO, [A-Z]*, [^,]*, \([A-Za-z0-9_]*\), (.*/\1/p' "$OTELUE_SRC/hooks/hooks.def" |
		grep -vx _IO_vfscanf | sort >hooked
	"$programs/stream_names" --list | sort >called
	(($(wc -l <hooked) > 100)) || fail "hooks.def could not be read"
	expect_same hooked called
}

every_name_is_counted() {
	local words
	echo "17 word" >text
	program=$programs/stream_names
	counted 3>sums
	read -ra words <sums
	set -- "${words[@]}"
	while (($# > 4)); do
		calls "$1" "$2"
		(($2 > 0)) || fail "no $1"
		shift 2
	done
	bytes read "$2"
	bytes write "$4"
	expect_value libc.stdio.operation.errors 0
	expect_value "libc.fd.opened{libc.fd.type=file}" "$("$metrics" value libc.fd.closed run.json)"
}

real_programs_are_unharmed() {
	seq 20000 >numbers
	expect_transparent sort -rn numbers
	expect_transparent sed -n '/7$/p' numbers
	expect_transparent awk '{ s += $1 } END { print s }' numbers
	expect_transparent cat numbers nowhere
}

for threads in 0 1 8; do
	test_case counts_are_exact "$threads" 200
done
test_case bytes_are_straces
test_case failures_are_counted_by_their_error
test_case formats_are_counted
test_case the_fortified_build_counts_the_same formats_are_counted
test_case wide_characters_are_counted 0 20
test_case wide_characters_are_counted 8 200
test_case the_fortified_build_counts_the_same wide_characters_are_counted 0 20
test_case the_fortified_build_counts_the_same counts_are_exact 8 200
test_case descriptors_are_followed
for scenario in traffic failures formats wide descriptors seeks commands cancellation; do
	test_case expect_transparent "$programs/streams" "$scenario"
done
test_case seeks_are_counted
test_case commands_are_counted_as_streams_and_as_children
test_case calls_that_wait_can_be_cancelled
test_case the_program_calls_every_hooked_name
test_case every_name_is_counted
test_case real_programs_are_unharmed
test_done
