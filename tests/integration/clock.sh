#!/bin/bash
# What hooks tell the time by: the processor's counter, from the fifth millisecond on, if the kernel keeps time by it too.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# delay MS: emitters start so late.
delay() {
	export OTELUE_CONFIG=$PWD/otelue.json
	echo '{"file_format": "1.0", "distribution": {"otelue": {"export": {"start_delay": '"$1"'}}}}' >otelue.json
}
# multiplier_after DELAY_MS READS: what a program that reads so often makes of a tick at its end, 0 for nothing.
multiplier_after() {
	delay "$1"
	gdb -batch -ex 'set startup-with-shell off' -ex "set environment LD_PRELOAD $OTELUE_PRELOAD" \
		-ex 'break exit' -ex run \
		-ex 'print *(unsigned long *)&hook_ticks_multiplier' -ex continue \
		--args dd if=/dev/zero of=/dev/null bs=1 count="$2" status=none >gdb.out 2>&1
	sed -n 's/^\$1 = //p' gdb.out
}

kernel_keeps_time_by_the_counter() {
	[[ $(uname -m) != x86_64 || $(</sys/devices/system/clocksource/clocksource0/current_clocksource) == tsc ]]
}

# Long before there is an emitter, which sleeps for an hour here.
a_short_program_uses_the_counter() {
	local early late
	need gdb
	kernel_keeps_time_by_the_counter || skip "this kernel keeps time by something else"
	early=$(multiplier_after 3600000 100000)
	[[ $early == [1-9]* ]] || fail "the multiplier is '$early'" "$(tail -n 5 gdb.out)"
	late=$(multiplier_after 0 1000000)
	expect_between $((early - early / 1000)) "${late:-0}" $((early + early / 1000)) "by the emitter"
}

# traced COMMAND...: the names of its system calls from the first that is its own to the last byte that it reads, but for what
# is asked once of a descriptor and got once for a thread's counts.
traced() {
	strace -f -o trace "$@"
	sed -n '/"\/dev\/zero"/,$p' trace | tac | sed -n '/ read(0, /,$p' | tac | sed 's/^[0-9 ]*//; s/(.*//' | grep -vE 'fstat|madvise'
}
# The program may have forbidden all others without a word to libc.
calibrating_makes_no_system_call() {
	local dd=(dd if=/dev/zero of=/dev/null bs=1 count=20000 status=none)
	need strace
	delay 3600000
	traced "${dd[@]}" >plain
	traced -E LD_PRELOAD="$OTELUE_PRELOAD" "${dd[@]}" >shimmed
	(($(grep -c read plain) == 20000)) || fail "$(head -n 5 trace)"
	expect_same plain shimmed
}

# Its emitter is started by the first timed call after the delay: also where no call is counted.
a_fork_child_is_exported_where_no_family_is_asked_for() {
	local families
	families=$(awk -F'[(,]' '/^HOOK\(/ { print tolower($2) }' "$OTELUE_SRC/hooks/hooks.def" | sort -u |
		sed 's/.*/"&": {"enabled": false}/' | paste -sd ,)
	cat >off.json <<-END
	{"file_format": "1.1", "distribution": {"otelue": {"hooks": {$families}, "export": {"start_delay": 10}}},
	 "meter_provider": {"readers": [{"periodic": {"interval": 100, "exporter": {
	   "otlp_file/development": {"output_stream": "file://$PWD/otlp.jsonl"}}}}]}}
	END
	cat >fork.py <<-'END'
	import os, sys, time
	if os.fork():
	    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
	end, mine = time.monotonic() + 20, f'"process.pid","value":{{"intValue":"{os.getpid()}"'.encode()
	while time.monotonic() < end:
	    try:
	        with open("otlp.jsonl", "rb") as lines:
	            if mine in lines.read():
	                os._exit(7)
	    except FileNotFoundError:
	        pass
	os._exit(8)
	END
	run env LD_PRELOAD="$OTELUE_PRELOAD" OTELUE_CONFIG="$PWD/off.json" "$(python3 -c 'import sys; print(sys.executable)')" -S fork.py
	expect_code 7
}

test_case a_short_program_uses_the_counter
test_case a_fork_child_is_exported_where_no_family_is_asked_for
test_case calibrating_makes_no_system_call
test_done
