#!/bin/bash
# The facts about the kernel that the design stands on, measured with the probe alone, and perf_payloads.py against
# the bytes that the probe wrote. When this one fails, the others prove nothing.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

probe=$PWD/probe
as_user=(setpriv --reuid 1234 --regid 1234 --clear-groups)

compile_probe() {
	"${CC:-gcc}" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$OTELUE_SRC" -o "$probe" "$OTELUE_SRC"/tests/vm/probe*.c
}

# result LOG WHAT: what the probe printed for it, the first time.
result() { awk -v what="$2: " 'index($0, what) == 1 { print substr($0, length(what) + 1); exit }' "$1"; }

# Keeps both events alive: a tracer cannot attach to an event that nobody holds.
hold_events() {
	"$probe" hold >held &
	held_pid=$!
	wait_until 20 file_has held holding
}

release_events() {
	kill "$held_pid"
	wait "$held_pid" || true
	wait_until 20 gone
}

# An event that was in use by a tracer when its last holder ended stays until somebody deletes it.
gone() {
	local event
	for event in otlp_metrics otelue_metric; do
		! event_exists "$event" || "$probe" delete "$event" >/dev/null 2>&1 || true
		! event_exists "$event" || return 1
	done
}

writes_without_listener() {
	"$probe" unheard >unheard.log
	equal "enable words without a listener" "$(result unheard.log words)" 0
	equal "metrics without a listener" "$(result unheard.log otlp_metrics)" EBADF
	equal "record without a listener" "$(result unheard.log otelue_metric)" EBADF
}

registering_twice() {
	"$probe" twice >twice.log
	equal "same word again" "$(result twice.log 'same word again')" EADDRINUSE
	equal "same word after a reopen" "$(result twice.log 'after reopen')" EADDRINUSE
	equal "unregister" "$(result twice.log unregister)" 0
	equal "unregister again" "$(result twice.log 'unregister again')" ENOENT
	equal "same word after unregister" "$(result twice.log 'after unregister')" 0
}

# One line each: what the probe calls it, the errno.
refused_calls() {
	local what expected
	perf record -q -a -o errors.data -e user_events:otlp_metrics -e user_events:otelue_metric "$probe" errors >errors.log
	while IFS=: read -r what expected; do
		equal "$what" "$(result errors.log "$what")" "${expected# }"
	done <<-END
		other fields: EADDRINUSE
		type double: EINVAL
		type long: EINVAL
		type u8[8]: EINVAL
		type char[1025]: EINVAL
		511 characters: 0
		512 characters: EINVAL
		bad flag: EINVAL
		bad size: EINVAL
		bad alignment: EINVAL
		read-only word: ENOMEM
		unmapped word: ENOMEM
		unknown index: ENOENT
		negative index: EINVAL
		short payload: EINVAL
		bad pointer: EFAULT
		rel_loc past the end: EFAULT
		strings without NUL: EFAULT
	END
}

too_many_events() {
	local limit
	limit=$(<"/proc/sys/kernel/user_events_max")
	echo 0 >/proc/sys/kernel/user_events_max
	"$probe" persist 7 "probe_one_too_many u32 x" 7<>"$tracing/user_events_data" >many.log
	echo "$limit" >/proc/sys/kernel/user_events_max
	equal "more than user_events_max" "$(result many.log persist)" EMFILE
}

persistent_event() {
	"$probe" persist 7 "probe_persist u32 x" 7<>"$tracing/user_events_data" >persist.log
	equal "persistent event" "$(result persist.log persist)" 0
	succeeds "it outlives its process" event_exists probe_persist
	"$probe" delete probe_persist >delete.log
	equal "its removal" "$(result delete.log delete)" 0
	"${as_user[@]}" "$probe" persist 7 "probe_persist u32 x" 7<>"$tracing/user_events_data" >user.log
	equal "persistent event of a user" "$(result user.log persist)" EPERM
}

perf_prints_records() {
	local sequence='sequence: 1, pid: [0-9]+, value: 4097, count: 12, p50: 10, p99: 20, max: 30'
	local strings='name: "libc.memory.allocated", attributes: "operation=malloc", unit: "By", service: "probe"'
	start_perf trace -o trace.out -e user_events:otelue_metric
	"$probe" send-records 2 >records.log
	stop_perf
	equal "bytes written for a record" "$(result records.log otelue_metric)" 120
	# Perf takes the name from before the exec when it reads /proc at that moment; the number is right.
	matches "perf trace" "$(<trace.out)" "[a-z]+/[0-9]+ user_events:otelue_metric\($sequence, $strings\)"
	matches "perf trace, second record" "$(<trace.out)" 'name: "libc.dns.lookups"'
}

perf_records_filtered() {
	perf record -q -a -o filter.data -e user_events:otelue_metric --filter 'name == "libc.dns.lookups"' \
		"$probe" send-records 4 >records.log
	perf script -i filter.data >script.out
	equal "records past perf's filter" "$(grep -c 'name=libc.dns.lookups' script.out)" 2
	equal "all records there" "$(wc -l <script.out)" 2
	captured fields filter.data >fields.json
	equal "the same by perf_payloads.py" "$(grep -c '"name": "libc.dns.lookups".*"service": "probe"' fields.json)" 2
}

ftrace_filters_and_counts() {
	echo 'name == "libc.memory.allocated"' >"$user_events/otelue_metric/filter"
	echo 'hist:keys=name:vals=value' >"$user_events/otelue_metric/trigger"
	echo 1 >"$user_events/otelue_metric/enable"
	"$probe" send-records 4 >records.log
	equal "records past ftrace's filter" "$(grep -c 'name=libc.memory.allocated' "$tracing/trace")" 2
	equal "all records there" "$(grep -c 'otelue_metric:' "$tracing/trace")" 2
	matches "hist trigger" "$(<"$user_events/otelue_metric/hist")" \
		'name: libc.dns.lookups +} hitcount: +2  value: +8198'
	reset_tracing
}

# arrived LIST: the buffers' sizes, one line, from what perf_payloads.py printed.
arrived() { cut -f 3 "$1" | paste -sd ' '; }

# The bytes out of the capture are those that the probe sent, in the same order.
same_bytes() {
	local file
	for file in "$2"/*.pb; do
		succeeds "$file as sent" cmp "$1/$(basename "$file")" "$file"
	done
}

# perf and ftrace listen at once, and each gets what fits it.
largest_payloads() {
	local sizes=(100 4048 4049 8168 8169 12000) size
	mkdir sent
	echo 1 >"$user_events/otlp_metrics/enable"
	perf record -q -a -o sizes.data -e user_events:otlp_metrics "$probe" send-metrics sent "${sizes[@]}" >sizes.log
	for size in "${sizes[@]}"; do
		equal "write of $size" "$(result sizes.log "otlp_metrics $size")" $((size + 20))
	done
	captured payloads by-perf sizes.data >perf.list
	captured payloads --format "$user_events/otlp_metrics/format" by-ftrace "$tracing"/per_cpu/cpu*/trace_pipe_raw \
		>ftrace.list
	reset_tracing
	equal "buffers that perf got" "$(arrived perf.list)" "100 4048 4049 8168"
	equal "buffers that ftrace got" "$(arrived ftrace.list)" "100 4048"
	same_bytes sent by-perf
	same_bytes sent by-ftrace
	matches "protoc" "$(protoc --decode_raw <by-perf/000004.pb)" '6: 0x0*4'
}

# A ring of 16 KiB cannot take twenty of them while perf stands still: the capture says so, and perf_payloads.py again.
lost_records() {
	local sizes code=0
	mapfile -t sizes < <(yes 8168 | head -n 20)
	mkdir many
	# shellcheck disable=SC2016 # for the inner shell, whose parent perf is
	perf record -q -a -m 4 -o lost.data -e user_events:otlp_metrics \
		sh -c 'kill -STOP "$PPID"; "$@"; kill -CONT "$PPID"' sh "$probe" send-metrics many "${sizes[@]}" >many.log
	captured payloads some lost.data >some.list 2>some.log || code=$?
	equal "exit code for a capture with losses" "$code" 3
	equal "lost and captured" $(($(grep -o '[0-9]\+' some.log) + $(wc -l <some.list))) 20
}

# Above 8168 the kernel warns, once a boot; only in our own VM do we know that it was about us.
kernel_warning() {
	[[ $OTELUE_KERNEL == vm ]] || return 0
	matches "kernel's warning" "$(dmesg)" 'WARNING: [^'$'\n'']*perf_trace_buf_alloc'
	dmesg --clear
}

# ftrace's text stops at 8 KiB a line, which a buffer of 2690 bytes fills; the next event follows on the same line.
text_trace_of_large_events() {
	mkdir text
	echo 1 >"$user_events/otlp_metrics/enable"
	"$probe" send-metrics text 2600 4000 2600 >text.log
	grep 'otlp_metrics:' "$tracing/trace" >text.lines
	reset_tracing
	equal "lines for three events" "$(wc -l <text.lines)" 2
	equal "events in them" "$(grep -o 'otlp_metrics: protocol=0x0 (0) version=v0.19.00' text.lines | wc -l)" 3
	equal "events with their end" "$(grep -o '10,01,18,01$' text.lines | wc -l)" 2
}

enable_bit_after_fork() {
	"$probe" fork >fork.log &
	wait_until 20 file_has fork.log waiting
	perf record -q -a -o fork.data -e user_events:otelue_metric sleep 2
	wait $!
	for what in "parent set" "child set" "parent cleared" "child cleared"; do
		equal "$what" "$(result fork.log "$what")" 1
	done
	equal "child registers the word it has" "$(result fork.log 'child same word')" EADDRINUSE
	equal "child unregisters" "$(result fork.log 'child unregister')" 0
	equal "child registers after that" "$(result fork.log 'child after unregister')" 0
}

inherited_descriptor() {
	perf record -q -a -o inherit.data -e user_events:otelue_metric "${as_user[@]}" "$probe" inherit 7 \
		7<>"$tracing/user_events_data" >inherit.log
	equal "another user" "$(result inherit.log uid)" 1234
	equal "its own open" "$(result inherit.log open)" EACCES
	equal "registers through ours" "$(result inherit.log register)" 0
	equal "hears the listener" "$(result inherit.log heard)" 1
	captured fields inherit.data >inherit.json
	matches "its record" "$(<inherit.json)" '"sequence": 7, '
}

group_permission() {
	local user=(setpriv --reuid 1234 --regid 1234 --groups 4321)
	chgrp 4321 "$tracing" "$tracing/user_events_data"
	chmod g+x "$tracing"
	chmod g+rw "$tracing/user_events_data"
	"${user[@]}" "$probe" unheard >group.log || true
	"${as_user[@]}" "$probe" unheard >others.log 2>&1 || true
	chgrp 0 "$tracing" "$tracing/user_events_data"
	chmod 700 "$tracing"
	chmod 640 "$tracing/user_events_data"
	equal "a member of the group" "$(result group.log otlp_metrics)" EBADF
	matches "another user" "$(<others.log)" 'Permission denied'
}

without_tracefs() {
	umount "$tracing"
	matches "no tracefs" "$("$probe" unheard 2>&1 || true)" 'No such file or directory'
	mount -t tracefs tracefs "$tracing"
}

compile_probe
writes_without_listener
registering_twice
too_many_events
persistent_event
hold_events
refused_calls
perf_prints_records
perf_records_filtered
ftrace_filters_and_counts
largest_payloads
kernel_warning
lost_records
text_trace_of_large_events
enable_bit_after_fork
inherited_descriptor
group_permission
release_events
without_tracefs
