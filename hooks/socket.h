/*
 * How the hooks of sockets end. Each function counts and returns the result that it was given,
 * errno kept. read and write on a socket end here too (file.c).
 *
 * A connection is one of a stream or seqpacket socket; connect() on UDP only sets an address. It is
 * established when connect() says so; after a connect() that goes on in the background
 * (EINPROGRESS, EINTR), when the next connect() says so or the first byte moves. It ends with the
 * close of the descriptor that it was made on, or of what dup2 put there; a duplicate is no
 * connection of its own. Bytes that stay in the socket (MSG_PEEK) or come from its error queue
 * (MSG_ERRQUEUE) are not counted as received; the call is.
 */
#ifndef HOOKS_SOCKET_H
#define HOOKS_SOCKET_H

#include <sys/socket.h>
#include "hooks/descriptor.h"
#include "hooks/hook.h"

/* fd, if not negative, is new. */
int socket_end_open(uint16_t entry, int fd) HOOK_HIDDEN;
int socket_end_pair(uint16_t entry, int result, const int ends[2]) HOOK_HIDDEN;
/* bind, listen, shutdown: only a failure is counted. */
int socket_end(enum SOCKET_CALL operation, int fd, int result) HOOK_HIDDEN;

int socket_end_connect(struct hook_timer timer, int fd, const struct sockaddr *address,
                       int result) HOOK_HIDDEN;
int socket_end_accept(struct hook_timer timer, int listener, int fd) HOOK_HIDDEN;

ssize_t socket_end_send(struct hook_timer timer, int fd, ssize_t n) HOOK_HIDDEN;
ssize_t socket_end_receive(struct hook_timer timer, int fd, int flags, ssize_t n) HOOK_HIDDEN;
/* n messages of a vector. */
int socket_end_send_many(struct hook_timer timer, int fd, const struct mmsghdr *messages,
                         int n) HOOK_HIDDEN;
int socket_end_receive_many(struct hook_timer timer, int fd, const struct mmsghdr *messages,
                            int flags, int n) HOOK_HIDDEN;

/* A call of the read and write families on a socket, its n bytes or its failure in errno: a receive
 * or a send that the kernel counts with the reads and writes of files. */
ssize_t socket_count_plain(uint64_t elapsed, enum SOCKET_OPERATION operation, int fd,
                           uint16_t entry, ssize_t n) HOOK_HIDDEN;
/* Bytes alone, of a transfer. operation: SEND or RECEIVE. */
void socket_count_bytes(int fd, uint16_t entry, enum SOCKET_OPERATION operation,
                        size_t bytes) HOOK_HIDDEN;

#endif
