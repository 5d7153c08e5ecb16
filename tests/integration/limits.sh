#!/bin/bash
# Where memory, descriptors, stack or /dev/shm are short, the program runs as it would without the shim.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# limited THREADS LIMIT...: a program that allocates, forks and writes to a pipe, under prlimit's LIMIT.
limited() {
	need prlimit
	local threads=$1
	shift
	local piped='"$@" | cat; exit "${PIPESTATUS[0]}"'
	expect_transparent bash -c "$piped" - prlimit "$@" "$programs/storm" "$threads" 400 3
	expect_code 0
	expect_transparent bash -c "$piped" - prlimit "$@" sort "$OTELUE_SRC/NEWS"
	expect_code 0
}

# The limit falls after the program was loaded (ld.so itself needs a descriptor), before the emitter opens anything.
no_descriptor_is_left() {
	cat >work.py <<-'END'
	import os, resource, time
	resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
	time.sleep(0.4)
	child = os.fork()
	if child == 0:
	    os._exit(5)
	print(os.waitpid(child, 0)[1])
	try:
	    os.dup(0)
	except OSError as error:
	    print(error)
	END
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/otlp.jsonl expect_transparent python3 -B work.py
	expect_code 0
}

# A program without rights has all that it maps from now on locked, within its limit: what the emitter maps is not.
what_may_be_locked_is_the_programs() {
	local as=()
	open_to_others
	compile locks -pthread <<-'END'
	#include <pthread.h>
	#include <stdio.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <sys/resource.h>
	#include <sys/stat.h>
	#include <unistd.h>
	static void *nothing(void *argument) { return argument; }
	int main(int argc, char **argv)
	{
		struct rlimit limit = {2 << 20, 2 << 20};
		pthread_attr_t small;
		pthread_t thread;
		struct stat status;
		char line[200];
		FILE *file;
		setvbuf(stdout, NULL, _IONBF, 0);
		pthread_attr_init(&small);
		pthread_attr_setstacksize(&small, 65536);
		setrlimit(RLIMIT_MEMLOCK, &limit);
		printf("%d\n", mlockall(MCL_FUTURE));
		while (argc > 1 && (stat(argv[1], &status) || !status.st_size))
			usleep(1000);
		file = fopen("/proc/self/status", "r");
		while (fgets(line, sizeof(line), file))
			if (!strncmp(line, "VmLck:", 6)) fputs(line, stdout);
		printf("%d\n", mmap(NULL, 3 << 19, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
		printf("%d\n", pthread_create(&thread, &small, nothing, NULL));
		return 0;
	}
	END
	((EUID != 0)) || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	run "${as[@]}" timeout 20 ./locks
	cp .output plain
	[[ $(sed -n '1p;3,4p' plain) == $'0\n1\n0' ]] || fail "the limit is too low for the program itself: $output"
	run "${as[@]}" timeout 20 env LD_PRELOAD="$OTELUE_PRELOAD" OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" \
		OTEL_METRIC_EXPORT_INTERVAL=100 ./locks otlp.jsonl
	expect_code 0
	expect_same plain .output
}

# with_shm MOUNT-OPTIONS: a /dev/shm of its own, in a mount namespace.
with_shm() {
	need unshare
	((EUID == 0)) || skip "mounting needs root"
	# shellcheck disable=SC2016
	expect_transparent unshare -m sh -c 'mount -t tmpfs -o "$1" tmpfs /dev/shm || exit 99; shift; exec "$@"' \
		sh "$1" "$programs/storm" 8 400 3
	expect_code 0
}

without_shm() {
	need unshare
	((EUID == 0)) || skip "mounting needs root"
	expect_transparent unshare -m sh -c 'mount --bind /proc /dev/shm || exit 99; exec "$@"' sh "$programs/storm" 8 400 3
	expect_code 0
}

counts_are_right_without_shm() {
	need unshare
	((EUID == 0)) || skip "mounting needs root"
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" \
		shim unshare -m sh -c 'mount -t tmpfs -o ro tmpfs /dev/shm || exit 99; exec "$@"' sh "$programs/allocate" 8 1000 >out
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" 32000 allocations
}

# The segment has been made, then /dev/shm is filled to the last page: what gets no memory there is counted all the same.
# It comes back "before" the export, or never.
counts_are_right_in_a_full_shm() {
	need unshare
	((EUID == 0)) || skip "mounting needs root"
	cat >work.py <<-'END'
	import os, select, sys, threading, time
	fill = os.open("/dev/shm/fill", os.O_CREAT | os.O_WRONLY)
	try:
	    while True:
	        os.write(fill, bytes(4096))
	except OSError as error:
	    print(error.strerror)
	def work():
	    poll = select.poll()
	    for _ in range(100):
	        poll.poll(0)
	        time.sleep(0)
	threads = [threading.Thread(target=work) for _ in range(4)]
	for thread in threads:
	    thread.start()
	for thread in threads:
	    thread.join()
	pid = os.fork()
	if pid == 0:
	    work()
	    os._exit(3)
	print(os.waitpid(pid, 0)[1])
	if sys.argv[1] == "before":
	    os.ftruncate(fill, 0)
	    work()
	END
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.%p.jsonl" expect_transparent \
		unshare -m sh -c 'mount -t tmpfs -o size=8m tmpfs /dev/shm || exit 99; exec "$@"' - python3 -B work.py "$1"
	expect_code 0
	expect_equal "$("$metrics" count 'libc.poll.duration{libc.poll.operation=poll}' otlp.*.jsonl)" "$2" polls
	expect_equal "$("$metrics" count 'libc.sleep.duration{libc.sleep.operation=clock_nanosleep}' otlp.*.jsonl)" "$2" sleeps
}

small_stacks_are_enough() {
	run "$programs/stacks" "$1"
	expect_output "0 failures"
	run shim "$programs/stacks" "$1"
	expect_code 0
	expect_output "0 failures"
}

# Settings that were read are left for the next process, but not where the file would be the end of this one.
a_configuration_is_read_where_files_may_not_grow() {
	need prlimit
	echo '{"file_format": "1.1", "distribution": {"otelue": {"export": {"start_delay": 50}}}}' >otelue.json
	sleep 2.2 # a file that has just been written to is not remembered
	OTELUE_CONFIG=$PWD/otelue.json run prlimit --fsize=0 env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/ends" exit 10
	expect_code 3
	expect_equal "$errors" ""
}

# Locking makes every page that is mapped resident: of the segment, no more than a thread or two need.
locked_memory_takes_little_of_shm() {
	compile program <<-'END'
	#include <glob.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/mman.h>
	#include <sys/stat.h>
	#include <unistd.h>
	int main(void)
	{
		char pattern[100];
		struct stat status;
		glob_t found;
		if (mlockall(MCL_CURRENT | MCL_FUTURE)) return 1;
		free(malloc(10));
		snprintf(pattern, sizeof(pattern), "/dev/shm/otelue.%d/%d.*", (int)getuid(), (int)getpid());
		if (glob(pattern, 0, NULL, &found) || stat(found.gl_pathv[0], &status)) return 2;
		printf("%ld\n", (long)status.st_blocks / 2);
		return 0;
	}
	END
	run shim ./program
	expect_code 0
	expect_between 1 "$output" 1500 "KiB of /dev/shm"
}

# as_nobody [PRLIMIT ARGUMENTS...]
as_nobody() {
	need setpriv prlimit
	((EUID == 0)) || skip "changing the user needs root"
	open_to_others storm
	expect_transparent setpriv --reuid 65534 --regid 65534 --clear-groups "$@" "$programs/storm" 2 400 3
	expect_code 0
}

# No thread can be made, so there is none of ours; the counts are handed over at the end all the same.
without_room_for_a_thread() {
	need setpriv prlimit
	((EUID == 0)) || skip "changing the user needs root"
	open_to_others ends
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" run setpriv --reuid 65534 --regid 65534 --clear-groups \
		prlimit --nproc=1 env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/ends" exit 100
	expect_code 3
	expect_equal "$errors" ""
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" 100 allocations
}

# The thread that exports in the emitter's stead meets the limit of file sizes, and must not be killed for it.
a_file_that_may_not_grow_kills_nobody() {
	need setpriv prlimit
	((EUID == 0)) || skip "changing the user needs root"
	open_to_others ends
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" run setpriv --reuid 65534 --regid 65534 --clear-groups \
		prlimit --nproc=1 --fsize=1000 env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/ends" exit 100
	expect_code 3
	expect_equal "$errors" ""
	expect_equal "$(stat -c %s otlp.jsonl)" 1000 "bytes written"
}

# A thread that allocates nothing gets no heap of its own, which is 64 MiB of addresses.
threads_take_no_more_addresses() {
	compile program -pthread <<-'END'
	#include <pthread.h>
	#include <stdio.h>
	#include <unistd.h>
	static pthread_barrier_t all;
	static void *wait_for_all(void *argument)
	{
		pthread_barrier_wait(&all);
		pause();
		return argument;
	}
	static long pages(void)
	{
		long pages = 0;
		FILE *file = fopen("/proc/self/statm", "r");
		if (fscanf(file, "%ld", &pages) != 1) pages = -1;
		fclose(file);
		return pages;
	}
	int main(void)
	{
		long before = pages();
		pthread_t thread;
		pthread_attr_t small;
		pthread_attr_init(&small);
		pthread_attr_setstacksize(&small, 65536);
		pthread_barrier_init(&all, NULL, 21);
		for (int i = 0; i < 20; i++)
			if (pthread_create(&thread, &small, wait_for_all, NULL)) return 1;
		pthread_barrier_wait(&all);
		printf("%ld times 32 MiB\n", (pages() - before) * sysconf(_SC_PAGESIZE) >> 25);
		return 0;
	}
	END
	expect_transparent ./program
	expect_code 0
	expect_equal "$(cat .shim.out)" "0 times 32 MiB"
}

test_case limited 4 --nofile=16
test_case no_descriptor_is_left
test_case limited 0 --as=30000000
test_case limited 4 --as=800000000
test_case limited 0 --data=4000000
test_case limited 4 --nproc=50:50 --sigpending=0 --msgqueue=0
test_case limited 4 --fsize=0
test_case limited 4 --stack=131072
test_case limited 4 --memlock=0
test_case limited 4 --core=0 --rss=1000000
test_case as_nobody
test_case as_nobody prlimit --nproc=100
test_case without_room_for_a_thread
test_case a_file_that_may_not_grow_kills_nobody
test_case a_configuration_is_read_where_files_may_not_grow
test_case locked_memory_takes_little_of_shm
test_case with_shm size=64k
test_case with_shm size=4k
test_case with_shm ro
test_case with_shm nr_inodes=1
test_case without_shm
test_case counts_are_right_without_shm
test_case counts_are_right_in_a_full_shm before 600
test_case counts_are_right_in_a_full_shm never 500
test_case small_stacks_are_enough altstack
test_case small_stacks_are_enough thread
test_case threads_take_no_more_addresses
test_case what_may_be_locked_is_the_programs
test_done
