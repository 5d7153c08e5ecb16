#!/bin/bash
# otelue.io.coverage: the part of its reads and writes that a program makes by functions that are hooked.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# exported ARGUMENTS...: of the program below, in lines of an export each.
exported() {
	compile program <<-'END'
	#include <fcntl.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/sendfile.h>
	#include <sys/socket.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	static char bytes[64];
	static int zero, ends[2];
	static void plain(void) { read(zero, bytes, 64), write(zero, bytes, 64); }
	static void raw(void) { syscall(SYS_read, zero, bytes, 64), syscall(SYS_write, zero, bytes, 64); }
	static void bad(void) { read(-1, bytes, 64), write(-1, bytes, 64); }
	static void by_socket(void) { write(ends[0], bytes, 64), read(ends[1], bytes, 64); }
	static void sent(void) { send(ends[0], bytes, 64, 0), recv(ends[1], bytes, 64, 0); }
	static void copied(void)
	{
		static int from, to;
		off64_t start = 0, end = 0;
		if (!from) {
			from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600);
			write(from, bytes, 64);
		}
		sendfile(to, from, &start, 64), sendfile(to, from, &start, 64);
		copy_file_range(from, &end, to, &start, 64, 0);
	}
	static void by_stream(void)
	{
		static FILE *from, *to;
		if (!from) {
			from = fopen("/dev/zero", "r"), to = fopen("/dev/null", "w");
			setvbuf(from, NULL, _IONBF, 0), setvbuf(to, NULL, _IONBF, 0);
		}
		fread(bytes, 1, 64, from), fwrite(bytes, 1, 64, to);
	}
	int main(int argc, char **argv)
	{
		zero = open("/dev/zero", O_RDWR);
		socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
		for (int i = 1; i < argc; i++) {
			if (!strcmp(argv[i], "uring")) {
				sleep(1), puts(syscall(SYS_io_uring_setup, 4, calloc(1, 120)) >= 0 ? "made" : "none");
				continue;
			}
			for (int n = 0; n < 3000; n++) {
				if (!strcmp(argv[i], "plain")) plain();
				if (!strcmp(argv[i], "raw")) raw();
				if (!strcmp(argv[i], "bad")) bad();
				if (!strcmp(argv[i], "socket")) by_socket();
				if (!strcmp(argv[i], "sent")) sent();
				if (!strcmp(argv[i], "stream")) by_stream();
				if (!strcmp(argv[i], "copied")) copied();
			}
		}
		return 0;
	}
	END
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/out.jsonl run shim ./program "$@"
	expect_code 0
}

coverage() { "$metrics" list "$1" | awk '$1 == "otelue.io.coverage" { print $3 }' | xargs; }

# is PART ARGUMENTS...: of reads, and of writes, within the few that the program's start makes.
is() {
	local part=$1
	shift
	exported "$@"
	coverage out.jsonl >told
	awk -v part="$part" 'NF != 2 { exit 1 } { for (i = 1; i <= 2; i++) if ($i < part - 0.002 || $i > part + 0.002) exit 1 }' told ||
		fail "$(<told) is not $part"
}

plain_calls_are_seen_all() {
	is 1 plain
	expect_equal "$(<told)" "1 1" # exactly
	rm out.jsonl
	is 1 socket plain
	expect_equal "$(<told)" "1 1"
	for direction in read write; do
		expect_equal "$("$metrics" value "libc.socket.plain_calls{disk.io.direction=$direction}" out.jsonl)" 3000 "$direction"
	done
}
calls_that_failed_and_those_of_sockets_do_not_blur_it() { is 0.5 plain bad raw sent; }
streams_are_seen_by_their_own_name_only() { is 0 stream; }
copies_are_a_read_and_a_write() {
	is 1 copied
	rm out.jsonl
	is 0.75 copied raw
}
a_third_is_a_third() { is 0.333 raw plain stream; }

# The kernel adds a child's calls to its parent's when that waits for it.
children_leave_none() {
	cat >parent.py <<-'PYTHON'
		import os, time
		zero = os.open("/dev/zero", os.O_RDONLY)
		def read():
		    for _ in range(1000):
		        os.read(zero, 1)
		read()
		time.sleep(0.5)
		child = os.fork()
		if child == 0:
		    read()
		    os._exit(0)
		os.waitpid(child, 0)
		print(os.getpid())
	PYTHON
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/%p.jsonl OTEL_METRIC_EXPORT_INTERVAL=200 \
		run shim "$(python3 -c 'import sys; print(sys.executable)')" -S parent.py
	expect_code 0
	pid=$output
	head -n 1 "$pid.jsonl" >first
	[[ $(coverage first) =~ ^(1|0\.99) ]] || fail "before: $(coverage first)"
	tail -n 1 "$pid.jsonl" >last
	expect_equal "$(coverage last)" "" "after"
}

# None, from the next export on; where the machine forbids io_uring it goes on.
io_uring_leaves_none() {
	OTEL_METRIC_EXPORT_INTERVAL=200 exported plain uring plain
	(($(wc -l <out.jsonl) >= 2)) || fail "only $(wc -l <out.jsonl) exports"
	head -n 1 out.jsonl >first
	tail -n 1 out.jsonl >last
	expect_equal "$(coverage first)" "1 1" "before"
	expect_equal "$(coverage last)" "$([[ $output == none ]] && echo 1 1)" "after ($output)"
}

test_case plain_calls_are_seen_all
test_case calls_that_failed_and_those_of_sockets_do_not_blur_it
test_case streams_are_seen_by_their_own_name_only
test_case copies_are_a_read_and_a_write
test_case a_third_is_a_third
test_case children_leave_none
test_case io_uring_leaves_none
test_done
