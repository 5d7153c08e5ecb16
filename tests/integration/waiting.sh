#!/bin/bash
# Waiting for descriptors and sleeping: number and result of every call, and times that can be.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

count_of() { "$metrics" count "$1" run.json; }

# every_wait_is_counted_by_result THREADS ROUNDS
every_wait_is_counted_by_result() {
	local times=$((($1 ? $1 : 1) * $2)) operation result
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/waiting" "$@"
	expect_code 0
	for operation in poll select epoll; do
		for result in ready timeout error; do
			expect_equal "$(count_of "libc.poll.duration{libc.poll.operation=$operation,libc.poll.result=$result}")" \
				$((2 * times)) "$operation $result"
		done
		expect_equal "$("$metrics" value "libc.poll.events{libc.poll.operation=$operation}" run.json)" $((2 * times)) \
			"events of $operation"
	done
	expect_equal "$(count_of 'libc.sleep.duration{libc.sleep.operation=nanosleep}')" $((2 * times)) nanosleep
	expect_equal "$(count_of 'libc.sleep.duration{libc.sleep.operation=sched_yield}')" $((3 * times)) sched_yield
	for operation in clock_nanosleep usleep sleep sigwait; do
		expect_equal "$(count_of "libc.sleep.duration{libc.sleep.operation=$operation}")" "$times" "$operation"
	done
}

a_sleep_takes_at_least_its_time() {
	"$OTELUE_BUILD/otelue" run --json --output run.json -- /bin/sleep 0.35 2>err || fail "$(<err)"
	python3 - "$("$metrics" value libc.sleep.duration run.json)" <<-'END' || fail "not between 0.35 and 5 s"
		import sys
		sys.exit(not 0.35 <= float(sys.argv[1]) <= 5)
	END
}

test_case every_wait_is_counted_by_result 0 40
test_case every_wait_is_counted_by_result 8 20
test_case expect_transparent "$programs/waiting" 2 5
test_case a_sleep_takes_at_least_its_time
test_done
