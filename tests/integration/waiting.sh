#!/bin/bash
# Waiting for descriptors and sleeping: number and result of every call, and times that can be.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

count_of() { "$metrics" count "$1" run.json; }

# How many calls of a round end in each of the results.
calls_of() { if [[ $1 == epoll ]]; then echo 2; else echo 3; fi; }

# every_wait_is_counted_by_result THREADS ROUNDS
every_wait_is_counted_by_result() {
	local times=$((($1 ? $1 : 1) * $2)) operation result
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/waiting" "$@"
	expect_code 0
	for operation in poll select epoll; do
		for result in ready timeout error; do
			expect_equal "$(count_of "libc.poll.duration{libc.poll.operation=$operation,libc.poll.result=$result}")" \
				$(($(calls_of "$operation") * times)) "$operation $result"
		done
		expect_equal "$("$metrics" value "libc.poll.events{libc.poll.operation=$operation}" run.json)" \
			$(($(calls_of "$operation") * times)) "events of $operation"
	done
	expect_equal "$(count_of 'libc.sleep.duration{libc.sleep.operation=nanosleep}')" $((3 * times)) nanosleep
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

# A signal that is blocked but for the wait ends it, and is blocked again behind it; one that the wait blocks waits too.
the_mask_of_a_wait_holds_as_long_as_the_wait() {
	compile program <<-'END'
	#include <errno.h>
	#include <poll.h>
	#include <signal.h>
	#include <stdio.h>
	#include <sys/epoll.h>
	#include <sys/select.h>
	static int caught;
	static void count(int signal) { caught++; }
	static int wait_by(int how, const sigset_t *mask)
	{
		static const struct timespec moment = {0, 5000000};
		struct epoll_event event;
		int epoll = epoll_create1(0);
		switch (how) {
		case 0: return ppoll(NULL, 0, &moment, mask);
		case 1: return pselect(0, NULL, NULL, NULL, &moment, mask);
		case 2: return epoll_pwait(epoll, &event, 1, 5, mask);
		case 3: return epoll_pwait2(epoll, &event, 1, &moment, mask);
		default: return sigsuspend(mask);
		}
	}
	int main(void)
	{
		sigset_t usr1, none, now;
		signal(SIGUSR1, count);
		sigemptyset(&none);
		sigemptyset(&usr1);
		sigaddset(&usr1, SIGUSR1);
		for (int how = 0; how < 5; how++) {
			sigprocmask(SIG_SETMASK, &usr1, NULL);
			raise(SIGUSR1);
			if (how < 4) printf("%d: %d %d\n", how, wait_by(how, &usr1), caught);
			errno = 0;
			printf("%d: %d %d\n", how, wait_by(how, &none), errno);
			sigprocmask(SIG_SETMASK, &none, &now);
			printf("%d: %d %d\n", how, sigismember(&now, SIGUSR1), caught);
		}
		return 0;
	}
	END
	expect_transparent ./program
	expect_code 0
	expect_equal "$(tail -n 1 .plain.out)" "4: 1 5"
}

test_case every_wait_is_counted_by_result 0 40
test_case every_wait_is_counted_by_result 8 20
test_case expect_transparent "$programs/waiting" 2 5
test_case the_mask_of_a_wait_holds_as_long_as_the_wait
test_case a_sleep_takes_at_least_its_time
test_done
