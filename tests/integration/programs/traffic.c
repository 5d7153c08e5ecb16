/*
 * traffic THREADS ROUNDS: each thread opens files, pipes and sockets of its own and moves bytes
 * through them, ROUNDS times, in the current directory. Written as programs are, so that it is
 * built plainly, with _FORTIFY_SOURCE and with _FILE_OFFSET_BITS=64: other names, same calls. Marks
 * as in calls.h.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/syscall.h"

static int rounds;
static volatile size_t some = 100; /* a size that the compiler does not know */
static volatile int read_only = O_RDONLY;

struct worker {
	pthread_t thread;
	char path[8];
};

static void must(int holds)
{
	if (!holds)
		abort();
}

static void use_file(const char *path)
{
	char buffer[4096] = "";
	struct iovec parts[2] = {{buffer, 10}, {buffer + 10, some}};
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	must(fd >= 0 && write(fd, buffer, 3 * some) == 300);
	must(pwrite(fd, buffer, some, 50) == 100 && writev(fd, parts, 2) == 110);
	must(lseek(fd, 5, SEEK_SET) == 5 && read(fd, buffer, some) == 100);
	must(pread(fd, buffer, 2 * some, 400) == 10 && readv(fd, parts, 2) == 110);
	must(ftruncate(fd, 1000) == 0 && fsync(fd) == 0 && close(fd) == 0);
	fd = open(path, read_only);
	must(fd >= 0 && write(fd, buffer, some) < 0 && fcntl(fd, F_GETFL) >= 0 && close(fd) == 0);
	must(open("absent/file", read_only) < 0 && read(-1, buffer, some) < 0);
}

static void use_pipe(void)
{
	char buffer[200] = "";
	int ends[2], copy = -1;

	must(pipe(ends) == 0 && write(ends[1], buffer, 2 * some) == 200);
	must(read(ends[0], buffer, some) == 100 && (copy = dup(ends[0])) >= 0);
	must(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && read(copy, buffer, some) == 100);
	must(read(copy, buffer, some) < 0 && close(copy) == 0);
	must(close(ends[0]) == 0 && close(ends[1]) == 0);
}

static void use_connection(int listener, struct sockaddr_in *address)
{
	char buffer[300] = "";
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int server, client = socket(AF_INET, SOCK_STREAM, 0);

	must(connect(client, (struct sockaddr *)address, sizeof(*address)) == 0);
	server = accept(listener, (struct sockaddr *)&peer, &length);
	must(server >= 0 && write(client, buffer, some) == 100);
	must(read(server, buffer, 3 * some) == 100 && send(server, buffer, 2 * some, 0) == 200);
	must(recv(client, buffer, some, MSG_PEEK) == 100 && recv(client, buffer, some, 0) == 100);
	must(recvfrom(client, buffer, some, 0, NULL, NULL) == 100);
	must(recv(client, buffer, some, MSG_DONTWAIT) < 0);
	must(shutdown(client, SHUT_WR) == 0 && read(server, buffer, some) == 0);
	must(close(client) == 0 && close(server) == 0);
}

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), pair[2];
	char buffer[100] = "";

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(listen(listener, 5) == 0);
	must(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	for (int i = 0; i < rounds; i++) {
		use_file(worker->path);
		use_pipe();
		use_connection(listener, &address);
		must(send(pair[0], buffer, some, 0) == 100 && read(pair[1], buffer, some) == 100);
	}
	must(close(pair[0]) == 0 && close(pair[1]) == 0 && close(listener) == 0);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct worker workers[64];
	const char *threads_text = argc > 1 ? argv[1] : "1",
		   *rounds_text = argc > 2 ? argv[2] : "1";
	uint64_t threads = string_to_u64(&threads_text);

	rounds = (int)string_to_u64(&rounds_text);
	must(threads <= 64);
	sys_call(SYS_write, -1, "begin", 5);
	for (uint64_t i = 0; i < threads; i++) {
		string_from_u64(workers[i].path, i);
		must(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (uint64_t i = 0; i < threads; i++)
		must(pthread_join(workers[i].thread, NULL) == 0);
	if (!threads) {
		string_from_u64(workers[0].path, 0);
		work(&workers[0]);
	}
	sys_call(SYS_write, -1, "end", 3);
	return 0;
}
