/*
 * What is known of each descriptor: one 16-bit entry by number, for the attributes of what is
 * counted, and so that a connection is ended once. Filled when a hook makes the descriptor, else by
 * one look-up when it is first used; taken away before the real close, because another thread may
 * get the number right after. A wrong entry costs a wrong attribute and nothing else.
 *
 * Private memory: a fork child has its parent's. Entries are relaxed atomics, any thread may use
 * any function here, also in a signal handler; errno is kept. In the child of vfork, which runs in
 * its parent's memory, nothing is changed. Numbers from DESCRIPTOR_COUNT on have no entry: they are
 * looked up at each use, closed as `other`, and connections on them are not followed to their end.
 */
#ifndef HOOKS_DESCRIPTOR_H
#define HOOKS_DESCRIPTOR_H

#include "base/atomic.h"
#include "hooks/counting.h"

#define DESCRIPTOR_COUNT 65536u

/* An entry; 0: nothing is known. */
#define DESCRIPTOR_LOW         0x0007u /* FILE_TYPE; of a socket its NETWORK_TRANSPORT */
#define DESCRIPTOR_NETWORK     0x0018u /* of a socket its NETWORK_TYPE */
#define DESCRIPTOR_TYPE        0x00e0u /* FD_TYPE */
#define DESCRIPTOR_KNOWN       0x0100u /* the FD_TYPE is known */
#define DESCRIPTOR_READY       0x0200u /* the others are too */
#define DESCRIPTOR_SOCKET      0x0400u
#define DESCRIPTOR_CONNECTABLE 0x0800u /* socket with connections */
#define DESCRIPTOR_STATE       0x3000u /* 0, or one of the next three */
#define DESCRIPTOR_CONNECTING  0x1000u /* connect() went on in the background */
#define DESCRIPTOR_CLIENT      0x2000u /* counted as a connection */
#define DESCRIPTOR_SERVER      0x3000u /* counted as a connection */

#define DESCRIPTOR_OF(fd_type, file_type)                                          \
	((uint16_t)(FD_TYPE_##fd_type << 5 | DESCRIPTOR_KNOWN | DESCRIPTOR_READY | \
	            FILE_TYPE_##file_type))
/* Opened by a path: the FILE_TYPE is looked up when it is first read or written. */
#define DESCRIPTOR_OPENED(fd_type) ((uint16_t)(FD_TYPE_##fd_type << 5 | DESCRIPTOR_KNOWN))

/* False: the shim stands aside, or a seccomp filter might kill for a look-up by system call; what
 * is not known counts as other. */
extern bool descriptor_lookups HOOK_HIDDEN;
extern uint16_t descriptor_table[DESCRIPTOR_COUNT] HOOK_HIDDEN;

static always_inline uint16_t descriptor_entry(int fd)
{
	return likely((unsigned int)fd < DESCRIPTOR_COUNT) ? relaxed_load(&descriptor_table[fd])
	                                                   : 0;
}

static always_inline enum FD_TYPE descriptor_type(uint16_t entry)
{
	return entry & DESCRIPTOR_KNOWN ? (entry & DESCRIPTOR_TYPE) >> 5 : FD_TYPE_OTHER;
}

static always_inline enum FILE_TYPE descriptor_file_type(uint16_t entry)
{
	return entry & DESCRIPTOR_READY ? entry & DESCRIPTOR_LOW : FILE_TYPE_OTHER;
}

static always_inline enum NETWORK_TRANSPORT descriptor_transport(uint16_t entry)
{
	return entry & DESCRIPTOR_SOCKET ? entry & DESCRIPTOR_LOW : NETWORK_TRANSPORT_OTHER;
}

static always_inline enum NETWORK_TYPE descriptor_network(uint16_t entry)
{
	return (entry & DESCRIPTOR_NETWORK) >> 3;
}

/* The entry with at least these bits (DESCRIPTOR_KNOWN or _READY), looked up if need be; without
 * them if the descriptor is not open or look-ups are off. */
uint16_t descriptor_learn(int fd, uint16_t need) HOOK_HIDDEN __attribute__((cold));

static always_inline uint16_t descriptor_with(int fd, uint16_t need)
{
	uint16_t entry = descriptor_entry(fd);

	return likely(entry & need) ? entry : descriptor_learn(fd, need);
}

/* The entry of a new socket, from socket()'s arguments. */
uint16_t descriptor_of_socket(int domain, int type, int protocol) HOOK_HIDDEN;

/* fd is new: counts it as opened and enters it. A connection that its number had ends. */
void descriptor_made(int fd, uint16_t entry) HOOK_HIDDEN;

/* Before a close: takes the entry away, and gives it. */
uint16_t descriptor_take(int fd) HOOK_HIDDEN;
/* After it: counts what was taken as closed. */
void descriptor_closed(uint16_t entry) HOOK_HIDDEN;
/* After the kernel closed all from first to last: takes and counts those that are known. */
void descriptor_closed_range(unsigned int first, unsigned int last) HOOK_HIDDEN;

/* A socket's connection: begun in the background, there (counted, once), gone though the socket is
 * open. */
void descriptor_connecting(int fd, uint16_t entry) HOOK_HIDDEN;
void descriptor_connected(int fd, uint16_t entry, uint16_t state) HOOK_HIDDEN;
void descriptor_disconnected(int fd, uint16_t entry) HOOK_HIDDEN;

/* A fork child has not established what its parent has: it counts no ends of these. */
void descriptor_postfork_child(void) HOOK_HIDDEN;

#endif
