/* How the hooks of sockets end: time, bytes, failures, connections. See socket.h. */
#include "hooks/socket.h"

/* The operations of the histograms are the first of those of the errors, and the directions are
 * numbered like them. */
_Static_assert((int)SOCKET_CALL_SEND == SOCKET_OPERATION_SEND, "same order");
_Static_assert((int)SOCKET_CALL_ACCEPT == SOCKET_OPERATION_ACCEPT, "same order");
_Static_assert((int)NETWORK_DIRECTION_TRANSMIT == SOCKET_OPERATION_SEND, "same order");
_Static_assert((int)NETWORK_DIRECTION_RECEIVE == SOCKET_OPERATION_RECEIVE, "same order");

static always_inline struct counting count_call(enum SOCKET_OPERATION operation, uint16_t entry,
                                                uint64_t elapsed)
{
	struct counting here = counting_here(HOOK_FAMILY_SOCKET);

	counting_record(here, PLACE(SOCKET_OPERATION_DURATION),
	                operation * NETWORK_TRANSPORT_COUNT + descriptor_transport(entry), elapsed);
	return here;
}

static void count_error(struct counting here, enum SOCKET_CALL operation, uint16_t entry, int error)
{
	uint32_t call = operation * NETWORK_TRANSPORT_COUNT + descriptor_transport(entry);

	counting_add(here, PLACE(SOCKET_OPERATION_ERRORS),
	             call * SOCKET_ERROR_COUNT + hook_error_value(ATTRIBUTE_SOCKET_ERROR, error),
	             1);
}

static __attribute__((cold, noinline)) void
count_failure(struct counting here, enum SOCKET_OPERATION operation, uint16_t entry, int error)
{
	static const uint8_t waits[SOCKET_OPERATION_COUNT] = {
		[SOCKET_OPERATION_SEND] = IO_OPERATION_SEND,
		[SOCKET_OPERATION_RECEIVE] = IO_OPERATION_RECEIVE,
		[SOCKET_OPERATION_CONNECT] = IO_OPERATION_CONNECT,
		[SOCKET_OPERATION_ACCEPT] = IO_OPERATION_ACCEPT,
	};

	if (hook_would_block(error) || error == EALREADY)
		counting_add(here, PLACE(IO_WOULD_BLOCK), waits[operation], 1);
	else
		count_error(here, (enum SOCKET_CALL)operation, entry, error);
}

/* The entry of a descriptor that was used as a socket; errno says how that failed, if it did. */
static uint16_t entry_of(int fd, bool failed)
{
	uint16_t entry = descriptor_entry(fd);

	if (unlikely(!(entry & DESCRIPTOR_READY)) && !(failed && errno == EBADF))
		entry = descriptor_learn(fd, DESCRIPTOR_READY);
	return entry;
}

int socket_end_open(uint16_t entry, int fd)
{
	if (fd >= 0)
		descriptor_made(fd, entry);
	else
		count_error(counting_here(HOOK_FAMILY_SOCKET), SOCKET_CALL_OPEN, entry, errno);
	return fd;
}

int socket_end_pair(uint16_t entry, int result, const int ends[2])
{
	if (result < 0)
		return socket_end_open(entry, result);
	descriptor_made(ends[0], entry);
	descriptor_made(ends[1], entry);
	return result;
}

int socket_end(enum SOCKET_CALL operation, int fd, int result)
{
	if (unlikely(result < 0))
		count_error(counting_here(HOOK_FAMILY_SOCKET), operation, entry_of(fd, true),
		            errno);
	return result;
}

/* What a connect() that failed leaves behind. True: it has come to a connection after all. */
static bool connect_settles(int fd, uint16_t entry, int error)
{
	bool connecting = (entry & DESCRIPTOR_STATE) == DESCRIPTOR_CONNECTING;

	if (error == EINPROGRESS || error == EINTR)
		descriptor_connecting(fd, entry);
	else if (connecting && error == EISCONN)
		descriptor_connected(fd, entry, DESCRIPTOR_CLIENT);
	else if (connecting && error != EALREADY)
		descriptor_disconnected(fd, entry);
	return connecting && error == EISCONN;
}

int socket_end_connect(struct hook_timer timer, int fd, const struct sockaddr *address, int result)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	uint16_t entry = entry_of(fd, result < 0);
	struct counting here = count_call(SOCKET_OPERATION_CONNECT, entry, elapsed);

	if (result < 0) {
		if (!connect_settles(fd, entry, errno))
			count_failure(here, SOCKET_OPERATION_CONNECT, entry, errno);
	} else if (address->sa_family == AF_UNSPEC) {
		descriptor_disconnected(fd, entry);
	} else {
		descriptor_connected(fd, entry, DESCRIPTOR_CLIENT);
	}
	return result;
}

int socket_end_accept(struct hook_timer timer, int listener, int fd)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	uint16_t entry = entry_of(listener, fd < 0);
	struct counting here = count_call(SOCKET_OPERATION_ACCEPT, entry, elapsed);

	if (fd < 0) {
		count_failure(here, SOCKET_OPERATION_ACCEPT, entry, errno);
		return fd;
	}
	if (!(entry & DESCRIPTOR_SOCKET)) /* no look-up */
		entry = descriptor_of_socket(AF_UNSPEC, SOCK_STREAM, 0);
	descriptor_made(fd, (uint16_t)((entry & ~DESCRIPTOR_STATE) | DESCRIPTOR_CONNECTABLE |
	                               DESCRIPTOR_SERVER));
	return fd;
}

static always_inline void count_bytes(struct counting here, int fd, uint16_t entry,
                                      enum SOCKET_OPERATION direction, size_t bytes)
{
	uint32_t ends = direction * NETWORK_TRANSPORT_COUNT + descriptor_transport(entry);

	if (unlikely((entry & DESCRIPTOR_STATE) == DESCRIPTOR_CONNECTING) && bytes)
		descriptor_connected(fd, entry, DESCRIPTOR_CLIENT);
	counting_add(here, PLACE(SOCKET_IO), ends * NETWORK_TYPE_COUNT + descriptor_network(entry),
	             bytes);
}

void socket_count_bytes(int fd, uint16_t entry, enum SOCKET_OPERATION operation, size_t bytes)
{
	count_bytes(counting_here(HOOK_FAMILY_SOCKET), fd, entry, operation, bytes);
}

static always_inline ssize_t count_io(struct counting here, enum SOCKET_OPERATION operation, int fd,
                                      uint16_t entry, ssize_t n)
{
	if (unlikely(n < 0))
		count_failure(here, operation, entry, errno);
	else
		count_bytes(here, fd, entry, operation, (size_t)n);
	return n;
}

ssize_t socket_count_plain(uint64_t elapsed, enum SOCKET_OPERATION operation, int fd,
                           uint16_t entry, ssize_t n)
{
	struct counting here = count_call(operation, entry, elapsed);

	counting_add(here, PLACE(SOCKET_PLAIN_CALLS),
	             operation == SOCKET_OPERATION_RECEIVE ? DISK_DIRECTION_READ
	                                                   : DISK_DIRECTION_WRITE,
	             1);
	return count_io(here, operation, fd, entry, n);
}

static ssize_t end_io(struct hook_timer timer, enum SOCKET_OPERATION operation, int fd, ssize_t n)
{
	uint64_t elapsed = hook_timer_elapsed(timer);
	uint16_t entry = entry_of(fd, n < 0);

	return count_io(count_call(operation, entry, elapsed), operation, fd, entry, n);
}

ssize_t socket_end_send(struct hook_timer timer, int fd, ssize_t n)
{
	return end_io(timer, SOCKET_OPERATION_SEND, fd, n);
}

ssize_t socket_end_receive(struct hook_timer timer, int fd, int flags, ssize_t n)
{
	bool stays = flags & (MSG_PEEK | MSG_ERRQUEUE);

	end_io(timer, SOCKET_OPERATION_RECEIVE, fd, stays && n > 0 ? 0 : n);
	return n;
}

static ssize_t bytes_of(const struct mmsghdr *messages, int n)
{
	ssize_t bytes = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		bytes += messages[i].msg_len;
	return bytes;
}

int socket_end_send_many(struct hook_timer timer, int fd, const struct mmsghdr *messages, int n)
{
	socket_end_send(timer, fd, bytes_of(messages, n));
	return n;
}

int socket_end_receive_many(struct hook_timer timer, int fd, const struct mmsghdr *messages,
                            int flags, int n)
{
	socket_end_receive(timer, fd, flags, bytes_of(messages, n));
	return n;
}
