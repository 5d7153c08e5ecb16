/* Sockets: a pair of datagram sockets, and connections over a Unix socket without a name in the
 * file system. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "bench/loops.h"

static void run_send_recv(unsigned long calls)
{
	int pair[2];
	char byte;

	expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
	for (unsigned long i = 0; i < calls; i++) {
		expect(send(pair[0], "", 1, 0) == 1, "send");
		expect(recv(pair[1], &byte, 1, 0) == 1, "recv");
	}
	close(pair[0]);
	close(pair[1]);
}

static void run_write_read_socket(unsigned long calls)
{
	int pair[2];
	char byte;

	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
	for (unsigned long i = 0; i < calls; i++) {
		expect(write(pair[0], "", 1) == 1, "write");
		expect(read(pair[1], &byte, 1) == 1, "read");
	}
	close(pair[0]);
	close(pair[1]);
}

static void run_connect_accept(unsigned long calls)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(sa_family_t); /* the kernel chooses an abstract name */
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	expect(listener >= 0, "socket");
	expect(bind(listener, (struct sockaddr *)&name, length) == 0, "bind");
	expect(listen(listener, 8) == 0, "listen");
	length = sizeof(name);
	expect(getsockname(listener, (struct sockaddr *)&name, &length) == 0, "getsockname");
	for (unsigned long i = 0; i < calls; i++) {
		int client = socket(AF_UNIX, SOCK_STREAM, 0), server;

		expect(connect(client, (struct sockaddr *)&name, length) == 0, "connect");
		server = accept(listener, NULL, NULL);
		expect(server >= 0, "accept");
		close(client);
		close(server);
	}
	close(listener);
}

const struct path socket_paths[] = {
	{"send_recv", run_send_recv, 2000, true, "send and recv 1 byte, Unix datagrams"},
	{"socket_write_read", run_write_read_socket, 2000, true,
         "write and read 1 byte, Unix stream"},
	{"connect_accept", run_connect_accept, 500, true,
         "socket, connect, accept, close both, Unix stream"},
	{NULL, NULL, 0, false, NULL},
};
