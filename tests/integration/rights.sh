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

totals_are_handed_over_without_rights() {
	need_root
	"$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/rights" allocate
	expect_equal "$("$metrics" count libc.memory.allocation.size run.json)" 2500
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

for way in setuid seteuid and-back initgroups setreuid raw raw-all raw-pairs keepcaps no-new-privileges \
	capset ambient securebits affinity affinity-thread affinity-raw affinity-worker file-user file-user-raw file-user-worker; do
	test_case every_thread_gives_up_its_rights_by "$way"
done
for way in first other last; do
	test_case what_a_program_may_not_open_the_emitter_cannot "$way"
done
test_case the_emitter_keeps_what_it_has_open_under_a_restriction
test_case totals_are_handed_over_without_rights
test_case a_process_can_join_a_namespace_2000_times
test_case a_process_can_leave_its_namespaces_2000_times
test_case the_emitter_is_there_again_in_the_new_namespace
test_done
