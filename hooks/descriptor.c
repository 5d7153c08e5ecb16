/* The table of descriptors: look-ups by raw system calls, entries made and taken, connections
 * counted. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "hooks/descriptor.h"
#include "hooks/own_calls.h"

bool descriptor_lookups = true;
uint16_t descriptor_table[DESCRIPTOR_COUNT] LARGE_MEMORY;

/* No number from here on has an entry. */
static uint32_t table_end;

static uint16_t *place(int fd)
{
	return (unsigned int)fd < DESCRIPTOR_COUNT && !hook_thread.passing ? &descriptor_table[fd]
	                                                                   : NULL;
}

/* Before an entry is stored: descriptor_closed_range() and the fork child look at no more than they
 * must. */
static void extend(int fd)
{
	uint32_t end = relaxed_load(&table_end);

	while (end <= (uint32_t)fd &&
	       !__atomic_compare_exchange_n(&table_end, &end, (uint32_t)fd + 1, false,
	                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static enum NETWORK_TRANSPORT transport_of(int domain, int type, int protocol)
{
	if (domain == AF_UNIX)
		return NETWORK_TRANSPORT_UNIX;
	if (domain != AF_INET && domain != AF_INET6)
		return NETWORK_TRANSPORT_OTHER;
	if (type == SOCK_STREAM &&
	    (protocol == 0 || protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP))
		return NETWORK_TRANSPORT_TCP;
	if (type == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP))
		return NETWORK_TRANSPORT_UDP;
	return NETWORK_TRANSPORT_OTHER;
}

uint16_t descriptor_of_socket(int domain, int type, int protocol)
{
	enum NETWORK_TYPE network = domain == AF_INET    ? NETWORK_TYPE_IPV4
	                            : domain == AF_INET6 ? NETWORK_TYPE_IPV6
	                                                 : NETWORK_TYPE_NONE;
	enum NETWORK_TRANSPORT transport;
	bool connectable;

	type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	transport = transport_of(domain, type, protocol);
	connectable = type == SOCK_STREAM || type == SOCK_SEQPACKET;
	return (uint16_t)(FD_TYPE_SOCKET << 5 | DESCRIPTOR_KNOWN | DESCRIPTOR_READY |
	                  DESCRIPTOR_SOCKET | network << 3 | transport |
	                  (connectable ? DESCRIPTOR_CONNECTABLE : 0));
}

static int socket_option(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	sys_call(SYS_getsockopt, fd, SOL_SOCKET, option, &value, &size);
	return value;
}

static uint16_t look_up(int fd)
{
	struct stat status;

	if (sys_call(SYS_fstat, fd, &status) != 0)
		return 0;
	switch (status.st_mode & S_IFMT) {
	case S_IFREG:
		return DESCRIPTOR_OF(FILE, REGULAR);
	case S_IFDIR:
		return DESCRIPTOR_OF(DIRECTORY, OTHER);
	case S_IFIFO:
		return DESCRIPTOR_OF(PIPE, PIPE);
	case S_IFCHR:
		return DESCRIPTOR_OF(FILE, CHARACTER_DEVICE);
	case S_IFBLK:
		return DESCRIPTOR_OF(FILE, BLOCK_DEVICE);
	case S_IFSOCK:
		return descriptor_of_socket(socket_option(fd, SO_DOMAIN),
		                            socket_option(fd, SO_TYPE),
		                            socket_option(fd, SO_PROTOCOL));
	default: /* epoll, eventfd and the like, whose mode says nothing */
		return DESCRIPTOR_OF(OTHER, OTHER);
	}
}

static bool may_look_up(void)
{
	const uint64_t families = UINT64_C(1) << HOOK_FAMILY_FILE | UINT64_C(1)
	                                                                    << HOOK_FAMILY_SOCKET;

	return relaxed_load(&descriptor_lookups) && (relaxed_load(&hook_families) & families);
}

uint16_t descriptor_learn(int fd, uint16_t need)
{
	uint16_t before = descriptor_entry(fd), entry;

	if (counting_is_off() || fd < 0 || (before & need) || hook_thread.passing ||
	    !may_look_up() || !own_calls_begin())
		return before;
	entry = look_up(fd);
	own_calls_end();
	if (!entry)
		return before;
	/* What it was opened as stays, so that opened and closed agree by type. */
	if (before & DESCRIPTOR_KNOWN)
		entry = (uint16_t)((entry & ~DESCRIPTOR_TYPE) | before);
	/* A hook that made the number anew meanwhile knows better. */
	if ((unsigned int)fd < DESCRIPTOR_COUNT) {
		extend(fd);
		__atomic_compare_exchange_n(&descriptor_table[fd], &before, entry, false,
		                            __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
	return entry;
}

static bool is_connection(uint16_t entry)
{
	return (entry & DESCRIPTOR_STATE) >= DESCRIPTOR_CLIENT;
}

static uint32_t connection_series(uint16_t entry)
{
	enum SOCKET_ROLE role = (entry & DESCRIPTOR_STATE) == DESCRIPTOR_SERVER
	                                ? SOCKET_ROLE_SERVER
	                                : SOCKET_ROLE_CLIENT;

	return role * NETWORK_TRANSPORT_COUNT + descriptor_transport(entry);
}

static void connection_begins(uint16_t entry, bool followed)
{
	struct counting here = counting_here(HOOK_FAMILY_SOCKET);

	counting_add(here, PLACE(SOCKET_CONNECTIONS), connection_series(entry), 1);
	if (followed)
		counting_add(here, PLACE(SOCKET_CONNECTION_COUNT), connection_series(entry), 1);
}

static void connection_ends(uint16_t entry)
{
	if (is_connection(entry))
		counting_add(counting_here(HOOK_FAMILY_SOCKET), PLACE(SOCKET_CONNECTION_COUNT),
		             connection_series(entry), UINT64_MAX);
}

void descriptor_made(int fd, uint16_t entry)
{
	uint16_t *to = place(fd);

	if (counting_is_off())
		return;
	counting_add(counting_here(HOOK_FAMILY_FILE), PLACE(FD_OPENED), descriptor_type(entry), 1);
	if (is_connection(entry))
		connection_begins(entry, to != NULL);
	if (!to)
		return;
	extend(fd);
	connection_ends(__atomic_exchange_n(to, entry, __ATOMIC_RELAXED));
}

uint16_t descriptor_take(int fd)
{
	uint16_t *from = place(fd);

	return from && !counting_is_off() ? __atomic_exchange_n(from, 0, __ATOMIC_RELAXED) : 0;
}

void descriptor_closed(uint16_t entry)
{
	counting_add(counting_here(HOOK_FAMILY_FILE), PLACE(FD_CLOSED), descriptor_type(entry), 1);
	connection_ends(entry);
}

void descriptor_closed_range(unsigned int first, unsigned int last)
{
	uint32_t end = relaxed_load(&table_end);

	for (uint32_t fd = first; fd < end && fd <= last; fd++) {
		uint16_t entry = relaxed_load(&descriptor_table[fd]) ? descriptor_take((int)fd) : 0;

		if (entry)
			descriptor_closed(entry);
	}
}

/* Changes a socket's state, unless another thread has changed its entry. */
static bool change_state(int fd, uint16_t entry, uint16_t state)
{
	uint16_t *to = place(fd);
	uint16_t changed = (uint16_t)((entry & ~DESCRIPTOR_STATE) | state);

	return to && __atomic_compare_exchange_n(to, &entry, changed, false, __ATOMIC_RELAXED,
	                                         __ATOMIC_RELAXED);
}

void descriptor_connecting(int fd, uint16_t entry)
{
	if ((entry & DESCRIPTOR_CONNECTABLE) && !(entry & DESCRIPTOR_STATE))
		change_state(fd, entry, DESCRIPTOR_CONNECTING);
}

void descriptor_connected(int fd, uint16_t entry, uint16_t state)
{
	bool followed;

	if (!(entry & DESCRIPTOR_CONNECTABLE) || is_connection(entry))
		return;
	followed = change_state(fd, entry, state);
	if (followed || (unsigned int)fd >= DESCRIPTOR_COUNT)
		connection_begins((uint16_t)((entry & ~DESCRIPTOR_STATE) | state), followed);
}

void descriptor_disconnected(int fd, uint16_t entry)
{
	if ((entry & DESCRIPTOR_STATE) && change_state(fd, entry, 0))
		connection_ends(entry);
}

void descriptor_postfork_child(void)
{
	uint32_t end = relaxed_load(&table_end);

	for (uint32_t fd = 0; fd < end; fd++) {
		uint16_t entry = relaxed_load(&descriptor_table[fd]);

		if (entry & DESCRIPTOR_STATE)
			relaxed_store(&descriptor_table[fd], (uint16_t)(entry & ~DESCRIPTOR_STATE));
	}
}
