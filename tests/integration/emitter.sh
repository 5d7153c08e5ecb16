#!/bin/bash
# The thread that exports: libc does not know of it, the program does not see it, and it loses nothing.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# exporting FILE COMMAND...: writes OTLP JSON lines to FILE every 100 ms, starting at once.
exporting() {
	shim OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$1" OTEL_METRIC_EXPORT_INTERVAL=100 "${@:2}"
}

libc_believes_in_one_thread() {
	run exporting "$PWD/otlp.jsonl" "$programs/threaded"
	expect_output $'1\n1'
	(($(wc -l <otlp.jsonl) >= 3)) || fail "the emitter did not export: $(wc -l <otlp.jsonl) lines in half a second"
}

# lowest COMMAND...: of the numbers that five runs print.
lowest() { for _ in 1 2 3 4 5; do "$@"; done | sort -n | head -n 1; }

# A second thread that libc knows of makes putc seven times slower.
putc_keeps_its_speed() {
	local plain shimmed
	plain=$(lowest "$programs/threaded" putc)
	shimmed=$(lowest exporting "$PWD/otlp.jsonl" "$programs/threaded" putc)
	((shimmed < plain * 2)) || fail "two million putc: $plain ns without the shim, $shimmed ns with it"
}

a_fifo_without_a_reader_is_not_waited_for() {
	mkfifo fifo
	run exporting "$PWD/fifo" timeout 20 "$programs/threaded"
	expect_code 0
	expect_output $'1\n1'
}

# Exact although every interval's delta is a line of its own and the threads never stop.
deltas_of_many_intervals_add_up() {
	local calls bytes
	read -r calls bytes < <(exporting "$PWD/otlp.jsonl" "$programs/allocate" 8 200000)
	exporting "$PWD/none.jsonl" "$programs/allocate" 8 0 >out
	(($(wc -l <otlp.jsonl) >= 4)) || fail "only $(wc -l <otlp.jsonl) intervals"
	expect_equal "$(($("$metrics" count libc.memory.allocation.size otlp.jsonl) -
		$("$metrics" count libc.memory.allocation.size none.jsonl)))" "$calls" allocations
	expect_equal "$(("$("$metrics" value libc.memory.allocation.size otlp.jsonl | cut -d. -f1)" -
		$("$metrics" value libc.memory.allocation.size none.jsonl | cut -d. -f1)))" "$bytes" bytes
	expect_equal "$("$metrics" value libc.memory.allocations otlp.jsonl)" \
		"$("$metrics" count libc.memory.allocation.size otlp.jsonl)" "allocations and sizes"
}

cumulative_totals_equal_the_programs_own() {
	local calls
	read -r calls _ < <(OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative \
		exporting "$PWD/otlp.jsonl" "$programs/allocate" 4 20000)
	OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative \
		exporting "$PWD/none.jsonl" "$programs/allocate" 4 0 >out
	expect_equal "$(($("$metrics" count libc.memory.allocation.size otlp.jsonl) -
		$("$metrics" count libc.memory.allocation.size none.jsonl)))" "$calls" allocations
}

# Which sums are cumulative: by the preference, as OpenTelemetry defines it; what goes up and down is always.
# temporality_is PREFERENCE METRIC...: those that are cumulative.
temporality_is() {
	OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=$1 exporting "$PWD/otlp.jsonl" "$programs/allocate" 2 20000 >out
	python3 - "${@:2}" <<-'PYTHON'
		import json, sys
		seen = {name: set() for name in ("process.cpu.time", "libc.memory.allocations", "libc.memory.allocation.size",
		                                 "libc.memory.used")}
		for line in open("otlp.jsonl"):
		    for metric in json.loads(line)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
		        for kind in ("sum", "histogram", "exponentialHistogram"):
		            if metric["name"] in seen and kind in metric:
		                seen[metric["name"]].add(metric[kind]["aggregationTemporality"])
		wanted = {name: {2 if name in sys.argv[1:] else 1} for name in seen}
		assert seen == wanted, f"{seen} is not {wanted}"
	PYTHON
}

# What a line says of exported data points are those of the lines before it.
exported_data_points_are_those_in_the_file() {
	local before
	exporting "$PWD/otlp.jsonl" sleep 0.6
	(($(wc -l <otlp.jsonl) >= 3)) || fail "only $(wc -l <otlp.jsonl) intervals"
	before=$(head -n -1 otlp.jsonl | grep -o '"timeUnixNano"' | wc -l)
	expect_equal "$("$metrics" value otel.sdk.exporter.metric_data_point.exported"{$(printf '%s,%s' \
		otel.component.type=otlp_file_metric_exporter otel.component.name=otlp_file_metric_exporter/0)}" \
		otlp.jsonl)" "$before" "data points"
}

nothing_is_lost_in_a_storm_with_forks() {
	local own
	own=$(exporting "$PWD/%p.jsonl" "$programs/storm" 64 2000 60) || fail "exit code $?"
	# The parent's file is the one with many allocations; a child makes one.
	local most=0 file count
	for file in ./*.jsonl; do
		count=$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' "$file")
		((count <= most)) || most=$count
	done
	expect_equal "$most" "$own" "aligned allocations of the parent"
}

# Each signal that may come, sent to the process while its one thread blocks them all: a second thread that does not
# block it would die of it, or take it away.
no_signal_comes_to_it() {
	compile program <<-'END'
	#include <signal.h>
	#include <stdio.h>
	#include <sys/time.h>
	#include <unistd.h>
	static const struct itimerval soon = {{0, 0}, {0, 1000}};
	static int came(int number)
	{
		struct timespec most = {10, 0};
		sigset_t one;
		sigemptyset(&one), sigaddset(&one, number);
		return sigtimedwait(&one, NULL, &most) == number;
	}
	int main(void)
	{
		sigset_t all;
		int count = 0;
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		for (int number = 1; number <= SIGRTMAX; number++) {
			if (number == SIGKILL || number == SIGSTOP || (number >= SIGSYS + 1 && number < SIGRTMIN))
				continue;
			kill(getpid(), number);
			count += came(number);
		}
		setitimer(ITIMER_REAL, &soon, NULL);
		count += came(SIGALRM);
		setitimer(ITIMER_PROF, &soon, NULL);
		for (volatile long i = 0; i < 100000000; i++);
		count += came(SIGPROF);
		printf("%d\n", count);
		return 0;
	}
	END
	expect_transparent ./program
	expect_equal "$(<.shim.out)" $((29 + 31 + 2)) "signals that came"
}

# Until the directory is there no export succeeds.
what_could_not_be_written_comes_later() {
	local segment
	compile program <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(void)
	{
		printf("%d\n", (int)getpid());
		fflush(stdout);
		for (int i = 0; i < 50; i++) free(aligned_alloc(16, 112));
		while (access("later", F_OK)) usleep(1000);
		for (int i = 0; i < 50; i++) free(aligned_alloc(16, 112));
		return 0;
	}
	END
	: >id
	exporting "$PWD/later/otlp.jsonl" timeout 60 ./program >id &
	for _ in {1..200}; do
		segment="/dev/shm/otelue.$EUID/$(<id).*"
		# shellcheck disable=SC2086 # the name's end is a pattern
		! grep -qs "metrics cannot be written" $segment || break
		sleep 0.05
	done
	# shellcheck disable=SC2086
	grep -q "metrics cannot be written" $segment || fail "nothing was tried"
	mkdir later
	wait "$!"
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' later/otlp.jsonl)" 100 allocations
}

# The segment of a program that has made threads one after the other is as large as with the first of them, although
# their own destructors go on for as many rounds as libc grants; what is done in these counts too. The first export takes
# memory for what is told: it is waited for.
memory_of_ended_threads_is_used_again() {
	compile program -pthread <<-'END'
	#include <glob.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/stat.h>
	#include <unistd.h>
	static pthread_key_t key;
	static int rounds;
	static void end(void *unused)
	{
		free(aligned_alloc(16, 112));
		rounds++;
		pthread_setspecific(key, unused);
	}
	static void *work(void *unused)
	{
		free(aligned_alloc(16, 112));
		pthread_setspecific(key, &key);
		return unused;
	}
	static long blocks(void)
	{
		char pattern[100];
		struct stat status;
		glob_t found;
		snprintf(pattern, sizeof(pattern), "/dev/shm/otelue.%d/%d.*", (int)getuid(), (int)getpid());
		if (glob(pattern, 0, NULL, &found) || stat(found.gl_pathv[0], &status))
			abort();
		return (long)status.st_blocks;
	}
	static void make(int count)
	{
		pthread_t thread;
		while (count-- > 0) pthread_create(&thread, NULL, work, NULL), pthread_join(thread, NULL);
	}
	int main(void)
	{
		long first;
		pthread_key_create(&key, end);
		while (access("otlp.jsonl", F_OK)) usleep(1000);
		make(1), first = blocks(), make(500);
		printf("%ld %d\n", blocks() - first, rounds + 501);
		return 0;
	}
	END
	run exporting "$PWD/otlp.jsonl" timeout 60 ./program
	expect_code 0
	# A page of something that was not counted before may have come; 500 shards are megabytes.
	expect_between 0 "${output%% *}" 256 "blocks of the file system"
	expect_between 1002 "${output##* }" 2505 allocations
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" "${output##* }" allocations
}

# What libpsx does: signals all that are found in /proc/self/task, until each has answered or is gone. It sleeps and works.
who_signals_every_task_gets_an_answer() {
	compile program -pthread <<-'END'
	#include <dirent.h>
	#include <pthread.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static int answered[1 << 22];
	static void answer(int number) { __atomic_store_n(&answered[gettid()], 1, __ATOMIC_SEQ_CST); }
	static void *waits(void *argument) { for (;;) pause(); }
	static int silent(int by_number)
	{
		DIR *tasks = opendir("/proc/self/task");
		struct dirent *entry;
		int count = 0, thread;
		while ((entry = readdir(tasks))) {
			thread = atoi(entry->d_name);
			if (thread == 0 || thread == getpid() || answered[thread]++)
				continue;
			answered[thread] = 0;
			count++;
			if (by_number) syscall(SYS_tkill, thread, SIGUSR1);
			else tgkill(getpid(), thread, SIGUSR1);
		}
		closedir(tasks);
		return count;
	}
	int main(int argc, char **argv)
	{
		pthread_t threads[3];
		signal(SIGUSR1, answer);
		for (int i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, waits, NULL);
		for (int round = 0; round < 2; round++) {
			usleep(atoi(argv[1]) * 1000);
			memset(answered, 0, sizeof(answered));
			while (silent(round))
				usleep(1000);
			free(aligned_alloc(16, 112));
		}
		printf("all\n");
		return 5;
	}
	END
	local pause
	for pause in 0 200; do
		rm -f otlp.jsonl
		expect_transparent timeout -s KILL 20 ./program "$pause"
		expect_code 5
		run exporting "$PWD/otlp.jsonl" timeout -s KILL 20 ./program "$pause"
		expect_code 5
		expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" 2
	done
}

# What is told by who was killed too, and what is left of it for salvage.
no_argument_name_or_content_is_told() {
	local segment
	echo secret-content >secret-name
	SECRET=secret-variable exporting "$PWD/%p.jsonl" sh -c 'cat secret-name secret-absent "$1"
		i=0; while ! test -s $$.jsonl && test $((i += 1)) -lt 2000; do sleep 0.01; done
		echo $$; kill -KILL $$' secret-zero secret-argument >out 2>/dev/null || true
	expect_equal "$(head -n 1 out)" secret-content
	segment=$(echo "/dev/shm/otelue.$EUID/$(tail -n 1 out)".*)
	cp "$segment" segment
	rm "$segment"
	grep -aq process.executable segment || fail "the segment does not tell what was killed"
	expect_equal "$(cat ./*.jsonl | grep -c process.executable)" "$(cat ./*.jsonl | wc -l)" "lines with a resource"
	! grep -ail secret segment ./*.jsonl || fail "told more than names and numbers"
}

# The mode of the file that is made: that of the umask, and never may others write.
a_file_has_the_mode_that_the_program_gives() {
	(umask 0 && exporting "$PWD/none.jsonl" true)
	(umask 027 && exporting "$PWD/some.jsonl" true)
	expect_equal "$(stat -c %a none.jsonl some.jsonl | xargs)" "644 640"
}

test_case libc_believes_in_one_thread
test_case no_signal_comes_to_it
test_case who_signals_every_task_gets_an_answer
test_case what_could_not_be_written_comes_later
test_case memory_of_ended_threads_is_used_again
test_case putc_keeps_its_speed
test_case a_fifo_without_a_reader_is_not_waited_for
test_case no_argument_name_or_content_is_told
test_case a_file_has_the_mode_that_the_program_gives
test_case deltas_of_many_intervals_add_up
test_case cumulative_totals_equal_the_programs_own
test_case temporality_is delta libc.memory.used
test_case temporality_is lowmemory process.cpu.time libc.memory.used
test_case temporality_is cumulative process.cpu.time libc.memory.allocations libc.memory.allocation.size libc.memory.used
test_case exported_data_points_are_those_in_the_file
test_case nothing_is_lost_in_a_storm_with_forks
test_done
