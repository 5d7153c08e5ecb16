#!/bin/bash
# Descriptors and connections that are hard to follow: counted as the scenario's own text says.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# scenario PROGRAM NAME: leaves its counts in run.json.
scenario() {
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$programs/$1" "$2"
	((code != 77)) || skip "$output"
	expect_code 0
}

# counted WHAT SERIES [VALUE]...: pairs of a series and its value; a histogram's is its count.
counted() {
	local is
	while (($#)); do
		if [[ $1 == *.duration* || $1 == *.size* ]]; then
			is=$("$metrics" count "$1" run.json)
		else
			is=$("$metrics" value "$1" run.json)
		fi
		expect_equal "$is" "$2" "$1"
		shift 2
	done
}

opened() { counted "libc.fd.opened{libc.fd.type=$1}" "$2"; }
closed() { counted "libc.fd.closed{libc.fd.type=$1}" "$2"; }
calls() { counted "libc.file.operation.duration{libc.file.operation=$1}" "$2"; }
errors() { counted "libc.file.operation.errors{libc.file.operation=$1}" "$2"; }
begun() { counted "libc.socket.connections{libc.socket.role=$1,network.transport=tcp}" "$2"; }
there() { counted "libc.socket.connection.count{libc.socket.role=$1,network.transport=tcp}" "$2"; }

# 16 before each number that is open, no more.
a_sweep_over_closed_numbers_is_few_errors() {
	scenario descriptor_counts sweep
	errors close 32
	calls close 34
	closed file 2
	opened file 2
}

a_second_close_is_an_error() {
	scenario descriptor_counts twice
	errors close 30
	calls close 60
	closed file 30
}

close_range_counts_what_it_closes() {
	scenario descriptor_counts range
	calls close 3
	for pair in "file 1" "directory 1" "pipe 2" "socket 2" "event 1"; do
		# shellcheck disable=SC2086 # type and number
		opened $pair
		# shellcheck disable=SC2086
		closed $pair
	done
}

# As libuv does, in which close() must be no cancellation point.
what_is_closed_by_number_is_closed() {
	compile program <<-'END'
	#include <arpa/inet.h>
	#include <errno.h>
	#include <fcntl.h>
	#include <stdio.h>
	#include <sys/socket.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	int main(void)
	{
		struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t length = sizeof(address);
		int listener = socket(AF_INET, SOCK_STREAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0), ends[2];
		if (bind(listener, (void *)&address, length) || listen(listener, 1)) return 1;
		getsockname(listener, (void *)&address, &length);
		if (connect(tcp, (void *)&address, length)) return 2;
		for (int i = 0; i < 5; i++) syscall(SYS_close, open("file", O_RDWR | O_CREAT, 0600));
		syscall(SYS_close, tcp);
		printf("%ld %d\n", syscall(SYS_close, tcp), errno);
		pipe(ends);
		printf("%ld\n", syscall(SYS_close_range, ends[0], ends[1], 1 << 2)); /* CLOSE_RANGE_CLOEXEC */
		printf("%ld\n", syscall(SYS_close_range, ends[0], ends[1], 0));
		return 0;
	}
	END
	expect_transparent ./program
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	calls close 9
	errors close 1
	closed file 5
	closed socket 1
	closed pipe 2
	begun client 1
	there client 0
}

closefrom_counts_what_it_closes() {
	scenario descriptor_counts from
	calls close 1
	closed file 0
	closed directory 1
	closed pipe 2
	closed socket 2
	closed event 1
}

a_duplicate_closes_what_had_its_number() {
	scenario descriptor_counts over
	calls open 8
	opened file 3
	opened directory 2
	closed pipe 2
	counted libc.fd.closed 2
}

numbers_above_the_table_are_looked_up() {
	scenario descriptor_counts high
	opened pipe 3
	opened socket 3
	closed other 1
	counted "libc.file.io{disk.io.direction=read,libc.file.type=pipe}" 30
	counted "libc.socket.io{network.io.direction=receive,network.transport=unix}" 20
}

inherited_descriptors_are_looked_up() {
	scenario descriptor_counts inherit
	counted "libc.file.io{disk.io.direction=write,libc.file.type=pipe}" 5 \
		"libc.file.io{disk.io.direction=read,libc.file.type=pipe}" 5 \
		"libc.file.io{disk.io.direction=read,libc.file.type=character_device}" 9 \
		"libc.file.io{disk.io.direction=write,libc.file.type=regular}" 11 \
		"libc.socket.io{network.io.direction=transmit,network.transport=unix}" 7 \
		"libc.socket.io{network.io.direction=receive,network.transport=unix}" 7
	closed pipe 1
	closed socket 1
	closed other 1
	counted libc.fd.closed 3
}

# Each comes in a message, with a number that was another kind's before; one of them goes on to a program.
received_descriptors_are_looked_up() {
	compile program <<-'END'
	#include <arpa/inet.h>
	#include <fcntl.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/socket.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static int ends[2];
	static int pass(int fd)
	{
		char byte = 'b', room[CMSG_SPACE(sizeof(int))] = "";
		struct iovec part = {&byte, 1};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		int received;
		head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
		sendmsg(ends[0], &message, 0);
		recvmsg(ends[1], &message, 0);
		memcpy(&received, CMSG_DATA(head), sizeof(received));
		return received;
	}
	int main(int argc, char **argv)
	{
		struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		socklen_t length = sizeof(address);
		int listener, tcp, file, pipes[2], number, fd, status = 0;
		if (argc > 1) return write(atoi(argv[1]), "twelve bytes", 12) != 12;
		listener = socket(AF_INET, SOCK_STREAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (void *)&address, length) || listen(listener, 1)) return 1;
		getsockname(listener, (void *)&address, &length);
		if (connect(tcp, (void *)&address, length)) return 2;
		socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
		file = open("file", O_RDWR | O_CREAT, 0600), pipe(pipes);
		number = open("file", O_RDONLY), read(number, pipes, 0), close(number);
		if ((fd = pass(tcp)) != number || write(fd, "seven b", 7) != 7) return 3;
		close(fd);
		if ((fd = pass(file)) != number || write(fd, "five ", 5) != 5) return 4;
		close(fd);
		if ((fd = pass(pipes[1])) != number || write(fd, "six by", 6) != 6) return 5;
		close(fd);
		if (fork() == 0) {
			char word[12] = {(char)('0' + tcp), 0};
			execl("/proc/self/exe", "program", word, NULL);
			_exit(6);
		}
		wait(&status);
		return WEXITSTATUS(status);
	}
	END
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	counted "libc.socket.io{network.io.direction=transmit,network.transport=tcp,network.type=ipv4}" 19 \
		"libc.file.io{disk.io.direction=write,libc.file.type=regular}" 5 \
		"libc.file.io{disk.io.direction=write,libc.file.type=pipe}" 6 \
		"libc.socket.io{network.transport=unix}" 6
}

# Which runs in its parent's memory.
a_child_of_vfork_changes_no_descriptor_of_its_parents() {
	scenario descriptor_counts vforked
	counted libc.fd.opened 2 libc.fd.closed 4
	closed pipe 2
	closed other 2 # the two streams that echo closes when it ends
	calls close 2
	counted "libc.file.io{disk.io.direction=read,libc.file.type=pipe}" 5
}

# Four that the program closes, of which forkpty makes one; its child has none of them.
terminals_that_libc_makes_are_closed_and_were_opened() {
	compile program <<-'END'
	#include <fcntl.h>
	#include <pty.h>
	#include <stdlib.h>
	#include <sys/wait.h>
	#include <unistd.h>
	int main(void)
	{
		int terminal, line;
		if (openpty(&terminal, &line, NULL, NULL, NULL)) return 1;
		close(terminal), close(line);
		close(posix_openpt(O_RDWR | O_NOCTTY));
		pid_t child = forkpty(&terminal, NULL, NULL, NULL);
		if (child == 0) _exit(0);
		close(terminal);
		return waitpid(child, NULL, 0) != child;
	}
	END
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- ./program
	expect_code 0
	counted libc.fd.opened 4 libc.fd.closed 4 "libc.fd.opened{libc.fd.type=file}" 4 "libc.fd.closed{libc.fd.type=file}" 4
}

connections_are_counted_until_they_are_closed() {
	scenario connections open_and_close
	begun client 5
	begun server 5
	there client 2
	there server 3
}

connections_in_the_background_are_counted_when_they_come_about() {
	scenario connections background
	counted "libc.io.would_block{libc.io.operation=connect}" 4 libc.socket.operation.errors 0
	begun client 3
	there client 2
}

connections_that_fail_in_the_background_are_none() {
	scenario connections background_in_vain
	begun client 0
	there client 0
	counted "libc.socket.operation.errors{libc.socket.operation=send,error.type=ECONNREFUSED}" 1
}

a_duplicate_is_no_connection() {
	scenario connections duplicates
	begun client 3
	there client 1
	counted "libc.socket.io{network.transport=tcp}" 10
}

a_connection_can_be_undone() {
	scenario connections unconnected
	begun client 2
	there client 1
	counted "libc.socket.connections{network.transport=udp}" 0
}

a_fork_child_ends_no_connection_of_its_parents() {
	scenario connections forked
	begun client 2
	begun server 1
	there client 2
	there server 0
}

a_child_of_vfork_ends_no_connection_of_its_parents() {
	scenario connections vforked
	begun client 1
	there client 1
}

a_connection_closed_unseen_ends_when_its_number_is_used_again() {
	scenario connections closed_unseen
	begun client 1
	there client 0
}

# Families are switched one by one: a socket's bytes do not depend on the family of files.
without() {
	printf '{"file_format": "1.1", "distribution": {"otelue": {"hooks": {"%s": {"enabled": false}}}}}' "$1" >config.json
	chmod go-w config.json
	run "$OTELUE_BUILD/otelue" run --config config.json --json --output run.json -- "$programs/connections" open_and_close
	expect_code 0
}
each_family_counts_without_the_other() {
	without file
	begun client 5
	there client 2
	counted libc.fd.opened 0 libc.file.operation.duration 0
	without socket
	counted libc.socket.connections 0 libc.socket.operation.duration 0
	opened socket 11
}

interruptions_change_nothing() {
	expect_transparent sh -c "rm -f file fifo; '$programs/interruptions' $1; exit \$?"
	[[ -s .plain.out || -s .plain.err ]] || fail "nothing was done"
}

for scenario in a_sweep_over_closed_numbers_is_few_errors a_second_close_is_an_error \
	close_range_counts_what_it_closes what_is_closed_by_number_is_closed closefrom_counts_what_it_closes \
	a_duplicate_closes_what_had_its_number numbers_above_the_table_are_looked_up \
	inherited_descriptors_are_looked_up received_descriptors_are_looked_up a_child_of_vfork_changes_no_descriptor_of_its_parents \
	connections_are_counted_until_they_are_closed \
	connections_in_the_background_are_counted_when_they_come_about \
	connections_that_fail_in_the_background_are_none a_duplicate_is_no_connection a_connection_can_be_undone \
	a_fork_child_ends_no_connection_of_its_parents a_child_of_vfork_ends_no_connection_of_its_parents \
	a_connection_closed_unseen_ends_when_its_number_is_used_again each_family_counts_without_the_other; do
	test_case "$scenario"
done
for way in interrupted jumped cancelled forked too_long without_mode; do
	test_case interruptions_change_nothing "$way"
done
test_done
