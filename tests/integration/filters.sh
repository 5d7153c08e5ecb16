#!/bin/bash
# Programs that set filters of system calls, or forbid themselves in another way what the shim would do: it does not do it, and
# no count is lost.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"

# Who reads the processor's counter then is killed by SIGSEGV, and libc's clocks read it too.
a_program_may_forbid_itself_the_counter() {
	compile forbids -pthread <<-'END'
	#include <fcntl.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/prctl.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void *reads(void *argument)
	{
		int zero = open("/dev/zero", O_RDONLY), good = 0;
		char byte;
		for (int i = 0; i < 1000; i++)
			good += read(zero, &byte, 1) == 1;
		printf("%d\n", good);
		close(zero);
		return NULL;
	}
	int main(int argc, char **argv)
	{
		pthread_t thread;
		int status;
		setvbuf(stdout, NULL, _IONBF, 0);
		usleep(atoi(argv[1]) * 1000);
		if (prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0))
			return 77;
		reads(NULL);
		pthread_create(&thread, NULL, reads, NULL);
		pthread_join(thread, NULL);
		if (fork() == 0)
			usleep(150000), reads(NULL), exit(5);
		wait(&status);
		return WEXITSTATUS(status);
	}
	END
	local pause
	for pause in 0 200; do
		rm -f ./*.jsonl
		expect_transparent timeout 20 env OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/%p.jsonl" ./forbids "$pause"
		[[ $code != 77 ]] || skip "this processor's counter cannot be forbidden"
		expect_code 5
		expect_equal "$("$metrics" count 'libc.file.operation.duration{libc.file.operation=read}' ./*.jsonl)" 3000 reads
	done
}

# The kernel lets calls from libc's addresses pass and sends SIGSYS for all others, ours among them.
calls_from_libcs_addresses_alone_are_met() {
	compile dispatches <<-'END'
	#include <fcntl.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/prctl.h>
	#include <unistd.h>
	static char selector = 1;
	static void no_call(int signal) { selector = 0, _exit(9); }
	int main(int argc, char **argv)
	{
		unsigned long first = 0, last = 0, from, to;
		char line[500], byte;
		FILE *file = fopen("/proc/self/maps", "r");
		int good = 0, zero;
		while (fgets(line, sizeof(line), file))
			if (strstr(line, "libc.so.6") && sscanf(line, "%lx-%lx", &from, &to) == 2)
				first = first ? first : from, last = to;
		fclose(file);
		usleep(atoi(argv[1]) * 1000);
		signal(SIGSYS, no_call);
		if (prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, first, last - first, &selector))
			return 77;
		zero = dup(open("/dev/zero", O_RDONLY));
		for (int i = 0; i < 100; i++)
			good += read(zero, &byte, 1) == 1, free(malloc(i * 3000)), usleep(100);
		return good == 100 ? 5 : 1;
	}
	END
	local pause
	for pause in 0 200; do
		expect_transparent timeout 20 ./dispatches "$pause"
		[[ $code != 77 ]] || skip "this kernel has no PR_SET_SYSCALL_USER_DISPATCH"
		expect_code 5
	done
}

# Its own system calls alone are allowed: one of ours would kill it.
a_filter_of_system_calls_is_not_met() {
	local pause
	for pause in 0 200; do
		run shim "$programs/rights" "$1" "$pause"
		expect_code 4
		expect_output filtered
	done
}

# The library holds the thread up that has just set the filter: its hook has not returned, the filter is on all threads.
a_filter_just_set_is_not_met_on_other_threads() {
	compile held.so -shared -fPIC <<-'END'
	#include <dlfcn.h>
	#include <stdarg.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int filter_is_set, others_are_done;
	long syscall(long number, ...)
	{
		static long (*real)(long, ...);
		va_list rest;
		long a[3], result;
		va_start(rest, number);
		for (int i = 0; i < 3; i++)
			a[i] = va_arg(rest, long);
		va_end(rest);
		if (!real)
			real = dlsym(RTLD_NEXT, "syscall");
		result = real(number, a[0], a[1], a[2]);
		if (number != SYS_seccomp)
			return result;
		__atomic_store_n(&filter_is_set, 1, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&others_are_done, __ATOMIC_SEQ_CST))
			;
		return result;
	}
	END
	compile program -Wl,--no-as-needed ./held.so -Wl,-rpath,. -pthread <<-'END'
	#include <fcntl.h>
	#include <linux/filter.h>
	#include <linux/seccomp.h>
	#include <pthread.h>
	#include <stddef.h>
	#include <sys/prctl.h>
	#include <sys/syscall.h>
	#include <sys/uio.h>
	#include <unistd.h>
	extern int filter_is_set, others_are_done;
	static int unknown[2], runs;
	static void *other(void *argument)
	{
		struct iovec one = {"x", 1};
		char byte;
		__atomic_store_n(&runs, 1, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&filter_is_set, __ATOMIC_SEQ_CST))
			;
		if (vmsplice(unknown[1], &one, 1, 0) == 1 && read(unknown[0], &byte, 1) == 1)
			__atomic_store_n(&others_are_done, 1, __ATOMIC_SEQ_CST);
		_exit(7);
	}
	#define ALLOW(n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	int main(void)
	{
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			ALLOW(SYS_read), ALLOW(SYS_vmsplice), ALLOW(SYS_exit_group),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		};
		struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};
		pthread_t thread;
		syscall(SYS_pipe2, unknown, 0);
		pthread_create(&thread, NULL, other, NULL);
		while (!__atomic_load_n(&runs, __ATOMIC_SEQ_CST))
			;
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter))
			_exit(8);
		for (;;)
			;
	}
	END
	expect_transparent timeout 20 ./program
	expect_code 7
}

# What is to be made by number is looked at, whether it can be read, by a system call that the program does not make.
a_process_by_number_is_not_looked_at_under_a_filter() {
	compile numbers <<-'END'
	#include <errno.h>
	#include <linux/filter.h>
	#include <linux/sched.h>
	#include <linux/seccomp.h>
	#include <stddef.h>
	#include <sys/prctl.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int main(void)
	{
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
		struct clone_args refused = {.flags = CLONE_VM, .exit_signal = 1 << 20};
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 9;
		return syscall(SYS_clone3, &refused, sizeof(refused)) == -1 && errno == EINVAL ? 4 : 1;
	}
	END
	expect_transparent timeout 20 ./numbers
	expect_code 4
}

# Each thread that counts would take memory for its counts.
threads_begin_under_a_filter() {
	compile threads -pthread <<-'END'
	#include <linux/filter.h>
	#include <linux/seccomp.h>
	#include <pthread.h>
	#include <stddef.h>
	#include <stdlib.h>
	#include <sys/mman.h>
	#include <sys/prctl.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static void *work(void *argument)
	{
		pthread_barrier_wait(argument);
		for (int i = 0; i < 100; i++) free(aligned_alloc(16, 112));
		return argument;
	}
	int main(void)
	{
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 4, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 3, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 23 /* MADV_POPULATE_WRITE */, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
		pthread_barrier_t together;
		pthread_t threads[100];
		pthread_barrier_init(&together, NULL, 100);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 9;
		for (int i = 0; i < 100; i++) pthread_create(&threads[i], NULL, work, &together);
		for (int i = 0; i < 100; i++) pthread_join(threads[i], NULL);
		return 4;
	}
	END
	expect_transparent timeout 20 ./threads
	expect_code 4
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./threads
	expect_code 4
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' run.json)" 10000
}

what_is_counted_under_a_filter_is_not_lost() {
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/rights" filter >out || expect_equal $? 4
	expect_equal "$("$metrics" count 'libc.memory.allocation.size{libc.memory.operation=malloc}' run.json)" 2000
}

# What was counted before is exported before; the rest is left as a killed process leaves it.
what_is_counted_under_a_filter_can_be_salvaged() {
	local pause before
	for pause in 0 200; do
		rm -f otlp.jsonl
		configuration 60000 100
		run shim "$programs/rights" filter "$pause"
		expect_code 4
		before=$("$metrics" count 'libc.memory.allocation.size{libc.memory.operation=malloc}' otlp.jsonl)
		expect_between 1000 "$before" 1099 "before the filter" # some for the configuration
		expect_segments 1
		run "$OTELUE_BUILD/otelue" salvage
		expect_code 0
		expect_equal "$("$metrics" count 'libc.memory.allocation.size{libc.memory.operation=malloc}' otlp.jsonl)" $((before + 1000))
		expect_segments 0
	done
}

# Libraries find out so what the kernel can do. No filter is set: the emitter stays, and nothing is exported.
asking_for_filters_is_no_filter() {
	compile asks <<-'END'
	#include <dirent.h>
	#include <errno.h>
	#include <linux/seccomp.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/prctl.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static int last_thread(void)
	{
		struct dirent *entry;
		DIR *tasks = opendir("/proc/self/task");
		int last = 0;
		while ((entry = readdir(tasks)))
			last = atoi(entry->d_name) > last ? atoi(entry->d_name) : last;
		closedir(tasks);
		return last - getpid();
	}
	#define SAYS(call) printf("%ld %d\n", (long)(call), errno)
	int main(void)
	{
		unsigned int action = SECCOMP_RET_KILL_PROCESS;
		int before = last_thread();
		SAYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL));
		SAYS(prctl(PR_GET_SECCOMP));
		SAYS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
		SAYS(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL));
		SAYS(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
		return last_thread() == before ? 5 : 1;
	}
	END
	configuration 60000 0
	expect_transparent ./asks
	expect_code 5
	expect_equal "$(wc -l <otlp.jsonl)" 1 "exports"
}

# A filter that was there before us: a thread of ours would be the end of the program, or a look at another process.
a_filter_at_start_is_obeyed() {
	compile filtered <<-'END'
	#include <linux/filter.h>
	#include <linux/seccomp.h>
	#include <stddef.h>
	#include <sys/prctl.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 2, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 9;
		return execv(argv[1], argv + 1);
	}
	END
	run ./filtered "$(command -v env)" LD_PRELOAD="$OTELUE_PRELOAD" OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/otlp.jsonl" \
		"$programs/ends" exit 100
	expect_code 3
	expect_equal "$errors" ""
	expect_equal "$("$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' otlp.jsonl)" 100 allocations
	run env LD_PRELOAD="$OTELUE_PRELOAD" OTELUE_SEGMENT_SCOPE=tree OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/tree.jsonl" \
		bash -c './filtered "$1" exit 100; exit $?' bash "$programs/ends"
	expect_code 3
	expect_equal "$errors" ""
	run ./filtered "$programs/ends" thread 1
	[[ $code != 6 ]] || fail "the filter lets threads be made"
}

test_case a_program_may_forbid_itself_the_counter
test_case calls_from_libcs_addresses_alone_are_met
for way in filter filter-all; do
	test_case a_filter_of_system_calls_is_not_met "$way"
done
test_case a_filter_just_set_is_not_met_on_other_threads
test_case a_process_by_number_is_not_looked_at_under_a_filter
test_case threads_begin_under_a_filter
test_case a_filter_at_start_is_obeyed
test_case asking_for_filters_is_no_filter
test_case what_is_counted_under_a_filter_is_not_lost
test_case what_is_counted_under_a_filter_can_be_salvaged
test_done
