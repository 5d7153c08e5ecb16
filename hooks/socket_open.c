/* Hooks that make sockets and connect them. */
#include "hooks/socket.h"

OTELUE_EXPORT int socket(int domain, int type, int protocol)
{
	int fd = REAL(socket)(domain, type, protocol);

	return socket_end_open(descriptor_of_socket(domain, type, protocol), fd);
}

OTELUE_EXPORT int socketpair(int domain, int type, int protocol, int ends[2])
{
	int result = REAL(socketpair)(domain, type, protocol, ends);

	return socket_end_pair(descriptor_of_socket(domain, type, protocol), result, ends);
}

OTELUE_EXPORT int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	int result = REAL(bind)(fd, address, length);

	return socket_end(SOCKET_CALL_BIND, fd, result);
}

OTELUE_EXPORT int listen(int fd, int backlog)
{
	int result = REAL(listen)(fd, backlog);

	return socket_end(SOCKET_CALL_LISTEN, fd, result);
}

OTELUE_EXPORT int shutdown(int fd, int how)
{
	int result = REAL(shutdown)(fd, how);

	return socket_end(SOCKET_CALL_SHUTDOWN, fd, result);
}

OTELUE_EXPORT int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(connect)(fd, address, length);

	return socket_end_connect(timer, fd, address, result);
}

OTELUE_EXPORT int __connect(int fd, const struct sockaddr *address, socklen_t length)
{
	struct hook_timer timer = hook_timer_start();
	int result = REAL(__connect)(fd, address, length);

	return socket_end_connect(timer, fd, address, result);
}

OTELUE_EXPORT int accept(int listener, struct sockaddr *address, socklen_t *length)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(accept)(listener, address, length);

	return socket_end_accept(timer, listener, fd);
}

OTELUE_EXPORT int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags)
{
	struct hook_timer timer = hook_timer_start();
	int fd = REAL(accept4)(listener, address, length, flags);

	return socket_end_accept(timer, listener, fd);
}
