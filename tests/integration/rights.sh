#!/bin/bash
# Programs that give up rights: no thread of ours keeps them, nothing of ours is in the way, nothing is lost.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

need_root() { [[ $(id -u) == 0 ]] || skip "not root, who alone has rights to give up"; }

# The emitter sleeps for 100 ms at first: once while it sleeps, once when it works.
every_thread_gives_up_its_rights_by() {
	need_root
	local pause
	for pause in 0 200; do
		expect_transparent "$programs/rights" "$1" "$pause"
		grep -qx 'threads with other rights: 0' .shim.out || fail "$(cat .shim.out)"
	done
}

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

what_is_counted_under_a_filter_is_not_lost() {
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/rights" filter >out || expect_equal $? 4
	expect_equal "$("$metrics" count 'libc.memory.allocation.size{libc.memory.operation=malloc}' run.json)" 2000
}

totals_are_handed_over_without_rights() {
	need_root
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/rights" allocate
	expect_equal "$("$metrics" count libc.memory.allocation.size run.json)" 2500
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

# restricted WAY ALLOWED [GROWS]: waits until the file GROWS has been begun, forbids itself to write anywhere but below
# ALLOWED, on its first thread or on another, which may be the only one left, and tries to; waits until GROWS has grown.
compile_restricted() {
	compile restricted -pthread <<-'END'
	#include <dirent.h>
	#include <errno.h>
	#include <fcntl.h>
	#include <linux/landlock.h>
	#include <pthread.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/prctl.h>
	#include <sys/stat.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static char **words;
	static void restrict_self(void)
	{
		struct landlock_ruleset_attr handled = {LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG};
		struct landlock_path_beneath_attr below = {handled.handled_access_fs, open(words[2], O_PATH)};
		int rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
		syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
		printf("%d", (int)syscall(SYS_landlock_restrict_self, rules, 1 << 30)), printf(" %d\n", errno);
		printf("%d", (int)syscall(SYS_landlock_restrict_self, 999, 0)), printf(" %d\n", errno);
		printf("%d\n", (int)syscall(SYS_landlock_restrict_self, rules, 0));
		printf("%d", open("tried", O_WRONLY | O_CREAT, 0600)), printf(" %d\n", errno);
		close(rules);
	}
	static long size(void)
	{
		struct stat status;
		return stat(words[3], &status) ? 0 : status.st_size;
	}
	static int thread_that_is_not(const char *first)
	{
		struct dirent *entry;
		DIR *tasks = opendir("/proc/self/task");
		int found = 0;
		while ((entry = readdir(tasks)))
			if (entry->d_name[0] != '.' && strcmp(entry->d_name, first))
				found = atoi(entry->d_name);
		closedir(tasks);
		return found;
	}
	static void *other(void *ended)
	{
		char state = 'R';
		while (ended && state != 'Z') {
			FILE *file = fopen("/proc/self/stat", "r");
			fscanf(file, "%*s %*s %c", &state), fclose(file);
		}
		restrict_self();
		if (ended)
			exit(0);
		return NULL;
	}
	int main(int argc, char **argv)
	{
		pthread_t thread;
		char first[20];
		long before;
		int emitter;
		words = argv;
		setvbuf(stdout, NULL, _IONBF, 0);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!strcmp(argv[1], "last"))
			pthread_create(&thread, NULL, other, argv), pthread_exit(NULL);
		if (!strcmp(argv[1], "other"))
			pthread_create(&thread, NULL, other, NULL), pthread_join(thread, NULL);
		if (strcmp(argv[1], "first"))
			return 0;
		if (argc < 4)
			return usleep(atoi(argv[argc - 1])), restrict_self(), 0;
		while (!size())
			usleep(1000);
		sprintf(first, "%d", getpid());
		emitter = thread_that_is_not(first);
		restrict_self();
		before = size();
		for (int exports = 0; exports < 2; before = size())
			usleep(1000), exports += size() > before;
		return emitter != thread_that_is_not(first);
	}
	END
	mkdir allowed denied
	./restricted first allowed >truth
	[[ $(sed -n 3p truth) == 0 ]] || skip "this kernel has no landlock"
	expect_equal "$(sed -n 4p truth)" "-1 13" "writing elsewhere"
}

# The program may write to its file until it restricts itself, and then no more; nor may the emitter.
what_a_program_may_not_open_the_emitter_cannot() {
	local place
	compile_restricted
	for place in denied allowed; do
		expect_transparent timeout 20 env OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/$place/otlp.jsonl" ./restricted "$1" allowed
		expect_code 0
	done
	[[ -s allowed/otlp.jsonl ]] || fail "what it may write has not been written"
	[[ ! -e denied/otlp.jsonl ]] || fail "the emitter has made what the program might not make"
}

the_emitter_keeps_what_it_has_open_under_a_restriction() {
	compile_restricted
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/denied/otlp.jsonl OTEL_METRIC_EXPORT_INTERVAL=100 \
		run shim timeout 20 ./restricted first allowed denied/otlp.jsonl
	expect_code 0
	expect_output "$(<truth)"
}

# leaves_2000_times HOW: the emitter starts at once.
leaves_2000_times() {
	echo '{"file_format": "1.1", "distribution": {"otelue": {"export": {"start_delay": 0}}}}' >now.json
	OTELUE_CONFIG=$PWD/now.json run shim "$programs/rights" "$1"
	expect_output "failed: 0"
}

a_process_can_join_a_namespace_2000_times() {
	need_root
	leaves_2000_times setns
}

a_process_can_leave_its_namespaces_2000_times() {
	unshare -U true 2>/dev/null || skip "this kernel gives no user namespaces"
	leaves_2000_times unshare
}

the_emitter_is_there_again_in_the_new_namespace() {
	unshare -Ur true 2>/dev/null || skip "this kernel gives no user namespaces"
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/%p.jsonl shim unshare -Ur id -u >out
	expect_equal "$(cat out)" 0
	expect_equal "$(find . -name '*.jsonl' -size +0 | wc -l)" 1
}

for way in setuid seteuid and-back initgroups setreuid raw keepcaps no-new-privileges capset \
	affinity affinity-thread affinity-raw affinity-worker file-user file-user-raw file-user-worker; do
	test_case every_thread_gives_up_its_rights_by "$way"
done
for way in first other last; do
	test_case what_a_program_may_not_open_the_emitter_cannot "$way"
done
test_case the_emitter_keeps_what_it_has_open_under_a_restriction
test_case a_program_may_forbid_itself_the_counter
test_case calls_from_libcs_addresses_alone_are_met
for way in filter filter-all; do
	test_case a_filter_of_system_calls_is_not_met "$way"
done
test_case a_filter_just_set_is_not_met_on_other_threads
test_case a_filter_at_start_is_obeyed
test_case what_is_counted_under_a_filter_is_not_lost
test_case totals_are_handed_over_without_rights
test_case a_process_can_join_a_namespace_2000_times
test_case a_process_can_leave_its_namespaces_2000_times
test_case the_emitter_is_there_again_in_the_new_namespace
test_done
