/*
 * The kernel's user_events interface (Linux 6.4 and later). Debian 12's headers lack
 * linux/user_events.h: this is the one place that stands in for it.
 *
 * Errors: open: -ENOENT no user_events in this kernel, or tracefs not mounted; -EACCES not
 * permitted. Register: -EADDRINUSE the word is registered already (a fork child's is), or the name
 * with other fields; -EMFILE more events than kernel.user_events_max; -EINVAL a description the
 * kernel does not accept; -EPERM a flag that needs CAP_PERFMON. Write: -EBADF nobody listens;
 * -ENOENT unknown index; -EFAULT, -EINVAL a payload that breaks the description.
 */
#ifndef SINK_USER_EVENTS_ABI_H
#define SINK_USER_EVENTS_ABI_H

#include <stdint.h>
#include <sys/ioctl.h>

struct user_events_register {
	uint32_t size;
	uint8_t enable_bit;
	uint8_t enable_size;
	uint16_t flags;
	uint64_t enable_address;
	uint64_t description;
	uint32_t write_index;
} __attribute__((packed));

struct user_events_unregister {
	uint32_t size;
	uint8_t disable_bit;
	uint8_t reserved;
	uint16_t reserved2;
	uint64_t disable_address;
} __attribute__((packed));

_Static_assert(sizeof(struct user_events_register) == 28, "kernel ABI");
_Static_assert(sizeof(struct user_events_unregister) == 16, "kernel ABI");

#define USER_EVENTS_REGISTER   _IOWR('*', 0, struct user_events_register *)
#define USER_EVENTS_DELETE     _IOW('*', 1, char *)
#define USER_EVENTS_UNREGISTER _IOW('*', 2, struct user_events_unregister *)

#define USER_EVENTS_FLAG_PERSIST 1

#define USER_EVENTS_PATH   "/sys/kernel/tracing/user_events_data"
#define USER_EVENTS_FILE   "user_events_data"
#define USER_EVENTS_MOUNTS "/proc/self/mounts"
#define USER_EVENTS_LIMIT  "/proc/sys/kernel/user_events_max"

#endif
