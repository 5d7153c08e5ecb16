#!/bin/bash
# All ways to make a process: parent and child each count what they did themselves, once.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

aligned='libc.memory.allocations{libc.memory.operation=aligned}'

# told FILE: allocations, bytes written to devices, and calls that opened something (the pipe is one), as exported there.
told() {
	"$metrics" list "$1" | awk '
		$1 == "libc.memory.allocations" && $2 == "libc.memory.operation=aligned" { allocations += $3 }
		$1 == "libc.file.io" && $2 == "disk.io.direction=write,libc.file.type=character_device" { written += $3 }
		$1 == "libc.file.operation.duration" && $2 == "libc.file.operation=open" { opened += $4 }
		END { print allocations + 0, written + 0, opened + 0 }'
}

# each_counts WAY DEED PARENT CHILD: what is told of the two; no child: it exports nothing.
each_counts() {
	local parent child
	export OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/%p.jsonl"
	run shim timeout 20 "$programs/children" "$1" "$2"
	expect_code 0
	read -r parent child <<<"$output"
	expect_equal "$(told "$parent.jsonl")" "$3" "the parent's allocations, writes and opened files"
	if [[ -z ${4-} ]]; then
		[[ ! -e $child.jsonl ]] || fail "the child exports: $(told "$child.jsonl")"
		return
	fi
	wait_for_file "$child.jsonl"
	expect_equal "$(told "$child.jsonl")" "$4" "the child's allocations, writes and opened files"
	[[ $2 == exit ]] || return 0
	expect_equal "$("$metrics" resource process.pid "$child.jsonl")" "$child" "process.pid"
	[[ $("$metrics" resource service.instance.id "$child.jsonl") != \
		"$("$metrics" resource service.instance.id "$parent.jsonl")" ]] || fail "parent and child are one instance"
}

# It ends inside libc.
the_parent_of_a_daemon_exports() {
	local file count sum=0
	each_counts daemon exit '7 0 1' '5 0 0'
	for file in ./*.jsonl; do
		read -r count _ < <(told "$file")
		sum=$((sum + count))
	done
	expect_equal "$sum" 14 "allocations of the program, the daemon, and the process between them"
}

wait_for_file() {
	for _ in {1..30}; do
		[[ ! -s $1 ]] || return 0
		sleep 0.1
	done
	fail "no file of the child: $(ls)"
}

# the_tree_counts_all WAY ALLOCATIONS
the_tree_counts_all() {
	timeout 20 "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/children" "$1" exit >out 2>err ||
		fail "exit code $?: $(cat err)"
	expect_equal "$("$metrics" value "$aligned" run.json)" "$2" "allocations"
}

# each_is_told_by_its_operation WAY OPERATION
each_is_told_by_its_operation() {
	timeout 20 "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/children" "$1" exit >out 2>err ||
		fail "exit code $?: $(cat err)"
	expect_equal "$("$metrics" value "libc.process.created{libc.process.operation=$2}" run.json)" 1 "$2"
	expect_equal "$("$metrics" value libc.process.created run.json)" 1 "all"
}

# Three daemons, one after the other, each of which leaves its parent behind; and calls that get none, or get an error in
# the child.
a_daemon_is_a_fork() {
	compile program <<-'END'
	#include <errno.h>
	#include <fcntl.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/resource.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		struct rlimit none = {0, 0};
		pid_t before = getpid();
		int end[2], failed;
		if (argc > 1) { /* no process may be made */
			if (setuid(65534) || setrlimit(RLIMIT_NPROC, &none)) return 1;
			failed = daemon(1, 1);
			return !(failed == -1 && errno == EAGAIN && getpid() == before);
		}
		pipe(end);
		if (fork() == 0) {
			for (int i = 0; i < 3; i++)
				if (daemon(1, 1)) return 1;
			none.rlim_cur = 0; /* no descriptor for /dev/null */
			setrlimit(RLIMIT_NOFILE, &none);
			failed = daemon(1, 0);
			dprintf(end[1], "%d\n", failed == -1 && getpid() != before);
			return 0;
		}
		close(end[1]);
		char line[20] = "";
		for (char *to = line; read(end[0], to, 1) == 1; to++) continue;
		fputs(line, stdout);
		return wait(NULL) < 0;
	}
	END
	expect_transparent ./program
	expect_equal "$(<.shim.out)" 1 "an error in the child"
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	expect_equal "$("$metrics" value 'libc.process.created{libc.process.operation=fork}' run.json)" 5 "a fork and four of daemons"
	expect_equal "$("$metrics" value libc.process.errors run.json)" 0 "errors"
	((UID == 0)) || return 0
	open_to_others ends
	expect_transparent ./program none
	expect_code 0
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/out.jsonl run shim ./program none
	expect_code 0
	expect_equal "$("$metrics" value 'libc.process.errors{libc.process.operation=fork,error.type=EAGAIN}' out.jsonl)" 1 "errors"
	expect_equal "$("$metrics" value libc.process.created out.jsonl)" 0 "made"
}

# What the kernel or libc refuses is refused with the shim in the way, too, and makes no process.
wrong_arguments_are_refused() {
	compile program <<-'END'
	#include <errno.h>
	#include <linux/sched.h>
	#include <sched.h>
	#include <signal.h>
	#include <stdio.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static char stack[65536] __attribute__((aligned(16)));
	static int function(void *argument) { return argument != NULL; }
	static void tell(long result)
	{
		printf("%s %d\n", result == -1 ? "refused" : "made", errno);
		fflush(stdout);
		errno = 0;
	}
	int main(void)
	{
		struct clone_args *bad[] = {NULL, (void *)8, (void *)-1};
		size_t sizes[] = {0, 8, CLONE_ARGS_SIZE_VER0, sizeof(struct clone_args), 1 << 20};
		for (size_t i = 0; i < 3; i++)
			for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
				tell(syscall(SYS_clone3, bad[i], sizes[j]));
		tell(clone(NULL, stack + sizeof(stack), SIGCHLD, NULL));
		tell(clone(function, NULL, SIGCHLD, NULL));
		tell(clone(NULL, stack + sizeof(stack), SIGCHLD | CLONE_VM | CLONE_VFORK, NULL));
		return 7;
	}
	END
	expect_transparent ./program
	expect_code 7
	[[ $(grep -c refused .shim.out) == 18 ]] || fail "$(cat .shim.out)"
}

vfork_loops_leave_the_parent_alone() {
	printf '%s\n' 'import subprocess' 'for i in range(50):' '    subprocess.run(["true"], close_fds=True)' \
		'print(sorted(__import__("os").listdir("/proc/self/fd"))[:3])' >loop.py
	expect_transparent python3 -B loop.py
}

# 64 threads allocate, in lives of 100 blocks, while the main one forks.
a_storm_with_1000_forks_is_counted() {
	expect_transparent timeout -s KILL 120 "$programs/storm" 64 1000 100
	expect_code 0
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- timeout -s KILL 120 "$programs/storm" 64 2000 1000
	expect_code 0
	expect_equal "$("$metrics" value "$aligned" run.json)" $((output + 1000)) "allocations of all threads and children"
}

# live_in_child BLOCKS: those that are live in a child of fork which has freed half of what its parent allocated.
live_in_child() {
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/%p.jsonl" run shim ./program "$1"
	expect_code 0
	wait_for_file "$output.jsonl"
	"$metrics" value libc.memory.allocation.count "$output.jsonl"
}

a_child_inherits_what_is_live() {
	local none
	compile program <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		static char *blocks[1000];
		int count = atoi(argv[1]);
		pid_t child;
		for (int i = 0; i < count; i++) blocks[i] = malloc(100);
		child = fork();
		for (int i = 0; child == 0 && i < count; i += 2) free(blocks[i]);
		if (child == 0) exit(0);
		printf("%d\n", (int)child);
		return waitpid(child, NULL, 0) != child;
	}
	END
	none=$(live_in_child 0)
	expect_equal $(($(live_in_child 1000) - none)) 500 "more live blocks with 1000 allocated and half of them freed"
}

for way in fork _Fork forkpty clone __clone syscall syscall-fork clone3 daemon; do
	[[ $way != syscall-fork || $(uname -m) == x86_64 ]] || continue # aarch64 has no such call
	test_case each_counts "$way" exit '7 0 1' '5 0 0'
	test_case each_counts "$way" _exit '7 0 1' '5 0 0'
	test_case each_counts "$way" write '7 0 1' '5 6 1'
	test_case each_counts "$way" exec '7 0 1' '10 0 0'
done
for deed in execve execveat; do
	test_case each_counts fork "$deed" '7 0 1' '10 0 0'
done
for deed in exit _exit exec; do
	test_case each_counts vfork-fork "$deed" '7 0 1' "$([[ $deed == exec ]] && echo 10 || echo 5) 0 0"
done
test_case the_parent_of_a_daemon_exports
# A library's constructor that runs before ours forks: no handler is there yet.
counts_of_a_child_from_before_us_are_its_own() {
	compile early.so -shared -fPIC <<-'END'
	#include <stdlib.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void allocate(int count)
	{
		while (count-- > 0)
			free(aligned_alloc(16, 112));
	}
	__attribute__((constructor)) static void begin(void)
	{
		allocate(3);
		if (fork() == 0)
			allocate(5);
		else
			wait(NULL);
	}
	END
	compile program -Wl,--no-as-needed ./early.so -Wl,-rpath,. <<<'int main(void) { return 9; }'
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE="$PWD/%p.jsonl" expect_transparent ./program
	expect_code 9
	expect_equal "$(for file in *.jsonl; do
		"$metrics" value 'libc.memory.allocations{libc.memory.operation=aligned}' "$file"
	done | sort | tr '\n' ' ')" "3 5 " "allocations of parent and child"
}

# These execute; what a child does before in its parent's memory is counted nowhere.
for way in vfork vfork-busy clone-vfork raw-vfork fork-exec posix_spawn posix_spawnp system popen; do
	test_case each_counts "$way" exit '7 0 1' '5 0 0'
	test_case each_counts "$way" write '7 0 1' '5 6 1'
done
# Past libc the child keeps its parent's shard, and adds to it what it does until it executes. It ends and opens
# nothing of its parent's.
if [[ $(uname -m) == x86_64 ]]; then
	test_case each_counts raw exit '12 0 1'
	test_case each_counts raw _exit '12 0 1'
	test_case each_counts raw write '12 6 1'
	test_case each_counts raw exec '12 0 1' '5 0 0'
fi
for way in fork _Fork clone syscall vfork vfork-busy clone-vfork raw-vfork raw posix_spawn system; do
	test_case the_tree_counts_all "$way" 12
done
test_case the_tree_counts_all daemon 14
for way in fork _Fork forkpty clone __clone clone3 clone-vfork syscall syscall-fork vfork vfork-busy posix_spawn \
	posix_spawnp system popen; do
	[[ $way != syscall-fork || $(uname -m) == x86_64 ]] || continue
	case $way in
	_Fork | forkpty | syscall-fork) operation=fork ;;
	*clone* | syscall) operation=clone ;;
	*) operation=${way/%spawnp/spawn} ;;
	esac
	test_case each_is_told_by_its_operation "$way" "${operation%-busy}"
done
test_case a_daemon_is_a_fork
test_case a_child_inherits_what_is_live
test_case a_storm_with_1000_forks_is_counted
test_case wrong_arguments_are_refused
test_case vfork_loops_leave_the_parent_alone
test_case counts_of_a_child_from_before_us_are_its_own
test_done
