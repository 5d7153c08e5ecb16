#!/bin/bash
# What hooks tell the time by: the processor's counter, from the fifth millisecond on, if the kernel keeps time by it too.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# multiplier_after DELAY_MS READS: what a program that reads so often makes of a tick at its end, 0 for nothing, with an
# emitter that starts so late.
multiplier_after() {
	cat >otelue.json <<-END
		{"file_format": "1.0", "distribution": {"otelue": {"export": {"start_delay": $1}}}}
	END
	gdb -batch -ex 'set startup-with-shell off' -ex "set environment LD_PRELOAD $OTELUE_PRELOAD" \
		-ex "set environment OTEL_CONFIG_FILE $PWD/otelue.json" -ex 'break exit' -ex run \
		-ex 'print *(unsigned long *)&hook_ticks_multiplier' -ex continue \
		--args dd if=/dev/zero of=/dev/null bs=1 count="$2" status=none >gdb.out 2>&1
	sed -n 's/^\$1 = //p' gdb.out
}

kernel_keeps_time_by_the_counter() {
	[[ $(uname -m) != x86_64 || $(</sys/devices/system/clocksource/clocksource0/current_clocksource) == tsc ]]
}

# Long before there is an emitter, which sleeps for an hour here.
a_short_program_uses_the_counter() {
	local early
	need gdb
	kernel_keeps_time_by_the_counter || skip "this kernel keeps time by something else"
	early=$(multiplier_after 3600000 100000)
	[[ $early == [1-9]* ]] || fail "the multiplier is '$early'" "$(tail -n 5 gdb.out)"
	late=$(multiplier_after 0 1000000)
	expect_between $((early - early / 1000)) "${late:-0}" $((early + early / 1000)) "by the emitter"
}

test_case a_short_program_uses_the_counter
test_done
