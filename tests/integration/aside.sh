#!/bin/bash
# A program that is left out, or for which everything is switched off, makes the system calls that it makes alone, whatever
# it calls: a filter that it sets may kill for any other. The truth is strace's.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

compile_caller() {
	compile caller -pthread <<-'END'
		#include <fcntl.h>
		#include <grp.h>
		#include <poll.h>
		#include <pthread.h>
		#include <sched.h>
		#include <signal.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/fsuid.h>
		#include <sys/mman.h>
		#include <sys/prctl.h>
		#include <sys/socket.h>
		#include <sys/stat.h>
		#include <sys/syscall.h>
		#include <sys/uio.h>
		#include <sys/wait.h>
		#include <unistd.h>
		int capset();
		#define TELL(call) dprintf(2, "%s: %ld\n", #call, (long)(call))
		static void *thread(void *argument) { return argument; }
		int main(int argc, char **argv)
		{
			char *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), byte = 0;
			struct iovec part = {memory, 1};
			struct pollfd polled = {0, POLLIN, 0};
			int pipes[2], sockets[2], status;
			unsigned header[2] = {0x20080522, getpid()}, caps[6];
			cpu_set_t set;
			pthread_t id;
			write(1, "begin", 5);
			TELL(mmap(memory, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == memory);
			TELL(pipe(pipes));
			TELL(vmsplice(pipes[1], &part, 1, 0));
			TELL(vmsplice(pipes[0], &part, 1, 0));
			TELL(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
			TELL(write(sockets[0], "x", 1));
			TELL(read(sockets[1], &byte, 1));
			TELL(dup2(sockets[0], pipes[1]));
			closefrom(sockets[1] + 10);
			TELL(sched_getaffinity(0, sizeof(set), &set));
			TELL(sched_setaffinity(0, sizeof(set), &set));
			TELL(pthread_setaffinity_np(pthread_self(), sizeof(set), &set));
			TELL(setfsuid(geteuid()));
			TELL(setfsgid(getegid()));
			TELL(setuid(geteuid()));
			TELL(syscall(SYS_capget, header, caps));
			TELL(capset(header, caps));
			TELL(geteuid() == 0 ? initgroups("root", 0) : 0);
			TELL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
			TELL(unshare(0));
			TELL(syscall(SYS_clone3, NULL, 64L));
			TELL(syscall(SYS_clone3, 8L, 64L));
			TELL(syscall(SYS_unshare, 0));
			TELL(syscall(SYS_close, sockets[0]));
			TELL(syscall(SYS_execve, "/nonexistent", argv, NULL));
			TELL(execl("/nonexistent", "x", NULL));
			TELL(tgkill(getpid(), 0x7ffffff, 0));
			TELL(poll(&polled, 0, 1));
			TELL(open("/nonexistent", O_RDONLY));
			TELL(stat("/nonexistent", (struct stat *)memory));
			TELL(pthread_create(&id, NULL, thread, NULL));
			TELL(pthread_join(id, NULL));
			if (fork() == 0)
				_exit(3);
			TELL(wait(&status) > 0);
			if (vfork() == 0)
				_exit(4);
			TELL(wait(&status) > 0);
			abort();
		}
	END
}

# calls NAME COMMAND...: how often which call was made from the first write to standard output on, threads' waits aside.
calls() {
	local name=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	sh -c 'ulimit -c 0; exec "$@"' - strace -f -qq -e signal=none -o "$name.trace" "$@" >"$name.out" 2>"$name.results" || true
	sed -n '/write(1, "begin"/,$p' "$name.trace" | sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' | grep -vx futex | sort | uniq -c >"$name.calls"
}

# it_makes_its_own_calls_only NAME [VARIABLE=VALUE]: the program's name, and what leaves it out.
it_makes_its_own_calls_only() {
	need strace
	compile_caller
	cp caller "$1"
	calls plain ./caller
	(($(wc -l <plain.calls) > 30)) || fail "$(<plain.calls)"
	calls aside -E LD_PRELOAD="$OTELUE_PRELOAD" ${2:+-E "$2"} "./$1"
	expect_same plain.results aside.results
	expect_same plain.calls aside.calls
}

# The comparison itself: one that is counted makes more.
one_that_is_counted_makes_more() {
	need strace
	compile_caller
	calls plain ./caller
	calls counted -E LD_PRELOAD="$OTELUE_PRELOAD" ./caller
	expect_same plain.results counted.results
	! cmp -s plain.calls counted.calls || fail "no call of ours was seen"
}

test_case it_makes_its_own_calls_only named OTELUE_DISABLED=true
test_case it_makes_its_own_calls_only chromium
test_case one_that_is_counted_makes_more
test_done
