/* Calls on sockets; see calls.h. Loopback and unix sockets only. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include "tests/integration/programs/calls.h"

#if defined(__x86_64__)
extern ssize_t __send(int, const void *, size_t, int);
#else /* there for old programs only */
#define __send send
#endif
extern int __connect(int, const struct sockaddr *, socklen_t);
extern ssize_t __recv_chk(int, void *, size_t, size_t, int);
extern ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);

static char buffer[3000];

/* An address of this machine: where, and how long it is. */
struct place {
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
		struct sockaddr_un local;
	} address;
	socklen_t length;
};

static struct place loopback(int domain)
{
	struct place place = {.length = sizeof(place.address.ipv4)};

	place.address.any.sa_family = (sa_family_t)domain;
	place.address.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (domain == AF_INET6) {
		place.length = sizeof(place.address.ipv6);
		place.address.ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
		                                           .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	} else if (domain == AF_UNIX) { /* the kernel chooses a name */
		place.length = sizeof(sa_family_t);
	}
	return place;
}

/* Binds to a place that the kernel chooses, and tells which. */
static struct place bind_anywhere(int fd, int domain)
{
	struct place place = loopback(domain);

	DO(bind(fd, &place.address.any, place.length));
	place.length = sizeof(place.address);
	getsockname(fd, &place.address.any, &place.length);
	return place;
}

static struct place listen_anywhere(int *ret_fd, int domain, int type)
{
	struct place place;

	*ret_fd = (int)DO(socket(domain, type, 0));
	place = bind_anywhere(*ret_fd, domain);
	DO(listen(*ret_fd, 5));
	return place;
}

/* Connected stream sockets: the client's end, the server's end. */
static void connect_pair(int domain, int type, int ends[2])
{
	int listener;
	struct place place = listen_anywhere(&listener, domain, type);

	ends[0] = (int)DO(socket(domain, type, 0));
	DO(connect(ends[0], &place.address.any, place.length));
	ends[1] = (int)DO(accept(listener, NULL, NULL));
	DO(close(listener));
}

static void close_pair(const int ends[2])
{
	DO(close(ends[0]));
	DO(close(ends[1]));
}

static void call_socket(void)
{
	DO(close((int)DO(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP))));
	DO(close((int)DO(socket(AF_INET6, SOCK_DGRAM, 0))));
	DO(close((int)DO(socket(AF_UNIX, SOCK_SEQPACKET, 0))));
	DO(close((int)DO(socket(AF_NETLINK, SOCK_RAW, 0))));
	DO(socket(AF_INET, 77, 0));
	DO(socket(999, SOCK_STREAM, 0));
}

static void call_socketpair(void)
{
	int ends[2];

	DO(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	DO(write(ends[0], "some", 4));
	DO(read(ends[1], buffer, sizeof(buffer)));
	close_pair(ends);
	DO(socketpair(AF_INET, SOCK_STREAM, 0, ends));
	DO(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)nowhere));
}

static void call_bind(void)
{
	int fd, second = (int)DO(socket(AF_INET, SOCK_STREAM, 0));
	struct place place = listen_anywhere(&fd, AF_INET, SOCK_STREAM);

	DO(bind(second, &place.address.any, place.length));
	DO(bind(-1, &place.address.any, place.length));
	DO(bind(second, (struct sockaddr *)nowhere, 16));
	DO(close(second));
	DO(close(fd));
}

static void call_listen(void)
{
	int fd = (int)DO(socket(AF_INET, SOCK_DGRAM, 0));

	DO(listen(fd, 1));
	DO(listen(-1, 1));
	DO(close(fd));
}

static void call_shutdown(void)
{
	int ends[2];

	connect_pair(AF_INET, SOCK_STREAM, ends);
	DO(shutdown(ends[0], SHUT_WR));
	DO(read(ends[1], buffer, 10));
	DO(shutdown(-1, SHUT_RDWR));
	DO(shutdown(ends[0], 99));
	close_pair(ends);
}

#define CONNECT(name)                                                                   \
	static void call_##name(void)                                                   \
	{                                                                               \
		int listener, fd = (int)DO(socket(AF_INET6, SOCK_STREAM, 0));           \
		int datagram = (int)DO(socket(AF_INET, SOCK_DGRAM, 0));                 \
		struct sockaddr none = {.sa_family = AF_UNSPEC};                        \
		struct place place = listen_anywhere(&listener, AF_INET6, SOCK_STREAM); \
		struct place closed = loopback(AF_INET);                                \
		closed.address.ipv4.sin_port = htons(1);                                \
		DO(name(fd, &place.address.any, place.length));                         \
		DO(name(fd, &place.address.any, place.length));                         \
		DO(name(fd, &none, sizeof(none)));                                      \
		DO(name(fd, (struct sockaddr *)nowhere, 16));                           \
		DO(name(-1, &place.address.any, place.length));                         \
		DO(name(datagram, &closed.address.any, closed.length));                 \
		DO(close(fd));                                                          \
		DO(close(listener));                                                    \
		fd = (int)DO(socket(AF_INET, SOCK_STREAM, 0));                          \
		DO(name(fd, &closed.address.any, closed.length));                       \
		DO(close(fd));                                                          \
		DO(close(datagram));                                                    \
	}
CONNECT(connect)
CONNECT(__connect)

#define ACCEPT(name, ...)                                                                          \
	static void call_##name(void)                                                              \
	{                                                                                          \
		struct place peer = {.length = sizeof(peer.address)};                              \
		int listener, fd = (int)DO(socket(AF_UNIX, SOCK_STREAM, 0));                       \
		struct place place =                                                               \
			listen_anywhere(&listener, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);          \
		DO(name(listener, NULL, NULL, ##__VA_ARGS__));                                     \
		DO(connect(fd, &place.address.any, place.length));                                 \
		DO(close(                                                                          \
			(int)DO(name(listener, &peer.address.any, &peer.length, ##__VA_ARGS__)))); \
		DO(name(fd, NULL, NULL, ##__VA_ARGS__));                                           \
		DO(name(-1, NULL, NULL, ##__VA_ARGS__));                                           \
		DO(close(fd));                                                                     \
		DO(close(listener));                                                               \
	}
ACCEPT(accept)
ACCEPT(accept4, SOCK_CLOEXEC)

/* TCP over IPv4 and IPv6, unix sockets of all types, UDP; then none. */
static void with_each_pair(void (*run)(const int ends[2]))
{
	static const struct {
		int domain, type;
	} kinds[] = {{AF_INET, SOCK_STREAM}, {AF_INET6, SOCK_STREAM}, {AF_UNIX, SOCK_SEQPACKET}};
	struct place place;
	int ends[2];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		connect_pair(kinds[i].domain, kinds[i].type, ends);
		run(ends);
		close_pair(ends);
	}
	DO(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	run(ends);
	close_pair(ends);
	ends[0] = (int)DO(socket(AF_INET, SOCK_DGRAM, 0));
	ends[1] = (int)DO(socket(AF_INET, SOCK_DGRAM, 0));
	place = bind_anywhere(ends[1], AF_INET);
	DO(connect(ends[0], &place.address.any, place.length));
	run(ends);
	close_pair(ends);
}

#define SEND(name, ...)                                    \
	static void run_##name(const int ends[2])          \
	{                                                  \
		DO(name(ends[0], __VA_ARGS__));            \
		DO(read(ends[1], buffer, sizeof(buffer))); \
	}                                                  \
	static void call_##name(void)                      \
	{                                                  \
		static const int none[2] = {-1, -1};       \
		with_each_pair(run_##name);                \
		run_##name(none);                          \
	}
#define RECEIVE(name, flags, ...)                                                     \
	static void run_##name(const int ends[2])                                     \
	{                                                                             \
		DO(send(ends[0], buffer, 500, 0));                                    \
		DO(name(ends[1], __VA_ARGS__ __VA_OPT__(, ) MSG_PEEK | (flags)));     \
		DO(name(ends[1], __VA_ARGS__ __VA_OPT__(, )(flags)));                 \
		DO(name(ends[1], __VA_ARGS__ __VA_OPT__(, ) MSG_DONTWAIT | (flags))); \
	}                                                                             \
	static void call_##name(void)                                                 \
	{                                                                             \
		static const int none[2] = {-1, -1};                                  \
		with_each_pair(run_##name);                                           \
		run_##name(none);                                                     \
	}

static struct iovec parts[2] = {{buffer, 300}, {buffer + 300, 200}};
static struct mmsghdr messages[3] = {
	{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 2}},
	{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1}},
	{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 2}},
};

SEND(send, buffer, 600, 0)
SEND(__send, buffer, 600, MSG_NOSIGNAL)
SEND(sendto, buffer, 700, 0, NULL, 0)
SEND(sendmsg, &messages[0].msg_hdr, 0)
SEND(sendmmsg, messages, 3, MSG_DONTWAIT)
RECEIVE(recv, 0, buffer, 800)
RECEIVE(__recv_chk, 0, buffer, 800, sizeof(buffer))
RECEIVE(recvmsg, 0, &messages[0].msg_hdr)

/* The flags come before the last arguments. */
static ssize_t recvfrom_flags(int fd, int flags)
{
	return recvfrom(fd, buffer, 100, flags, NULL, NULL);
}
static ssize_t recvfrom_chk_flags(int fd, int flags)
{
	return __recvfrom_chk(fd, buffer, 100, sizeof(buffer), flags, NULL, NULL);
}
static ssize_t recvmmsg_flags(int fd, int flags)
{
	return recvmmsg(fd, messages, 2, flags | MSG_WAITFORONE, NULL);
}
RECEIVE(recvfrom_flags, MSG_TRUNC)
RECEIVE(recvfrom_chk_flags, 0)
RECEIVE(recvmmsg_flags, 0)

const struct call socket_calls[] = {CALL(socket),
                                    CALL(socketpair),
                                    CALL(bind),
                                    CALL(listen),
                                    CALL(shutdown),
                                    CALL(connect),
                                    CALL(__connect),
                                    CALL(accept),
                                    CALL(accept4),
                                    CALL(send),
                                    CALL(__send),
                                    CALL(sendto),
                                    CALL(sendmsg),
                                    CALL(sendmmsg),
                                    CALL(recv),
                                    CALL(__recv_chk),
                                    {"recvfrom", call_recvfrom_flags},
                                    {"__recvfrom_chk", call_recvfrom_chk_flags},
                                    CALL(recvmsg),
                                    {"recvmmsg", call_recvmmsg_flags},
                                    END_OF_CALLS};
