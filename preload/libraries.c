/*
 * The dynamic linker's list, read while program threads may change it. The kernel copies each
 * element, so that one whose memory is gone is an error and no crash; a list that was torn while we
 * looked is told by the links back, by the state that the linker keeps for debuggers, and by
 * a second walk. See libraries.h.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/uio.h>
#include "base/syscall.h"
#include "preload/libraries.h"

#define OBJECTS_MAX 65536 /* a list longer than that goes in a circle */
#define TRIES       16

static int copy(void *to, const void *from, size_t size)
{
	struct iovec local = {to, size}, remote = {(void *)(uintptr_t)from, size};
	long n = sys_call(SYS_process_vm_readv, sys_call(SYS_gettid), &local, 1, &remote, 1, 0);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EFAULT;
}

/* One walk; the head of the list must be there and at rest. */
static int walk(const struct r_debug *loader, uintptr_t vdso)
{
	const struct link_map *at, *before = NULL;
	struct r_debug state;
	struct link_map object;
	int count = 0, err = copy(&state, loader, sizeof(state));

	if (err)
		return err;
	if (state.r_state != RT_CONSISTENT)
		return -EAGAIN;
	for (at = state.r_map; at; before = at, at = object.l_next) {
		err = copy(&object, at, sizeof(object));
		if (err || object.l_prev != before || count > OBJECTS_MAX)
			return err ? err : -EAGAIN;
		count += !vdso || object.l_addr != vdso;
	}
	return count;
}

int libraries_count(const struct r_debug *loader, uintptr_t vdso)
{
	int count = -EAGAIN, again;

	for (int i = 0; i < TRIES; i++) {
		count = walk(loader, vdso);
		again = walk(loader, vdso);
		if (count == again && count >= 2)
			return count - 2; /* the program and the shim */
	}
	return count < 0 ? count : -EAGAIN;
}
