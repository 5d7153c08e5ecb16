/* The same system call once more; see rights.h. */
#include "base/syscall.h"
#include "preload/rights.h"
#include "preload/shim.h"

/* Landlock's rules are a descriptor of the program's table, which is not ours: we borrow it. -1,
 * with flags that want no rules, is none. */
static long restrict_self(long rules, long flags)
{
	long process, own, result;

	if (rules < 0)
		return sys_call(SYS_landlock_restrict_self, rules, flags);
	process = sys_call(SYS_pidfd_open, shim.owner_pid, 0);
	if (process < 0)
		return process;
	own = sys_call(SYS_pidfd_getfd, process, rules, 0);
	sys_call(SYS_close, process);
	if (own < 0)
		return own;
	result = sys_call(SYS_landlock_restrict_self, own, flags);
	sys_call(SYS_close, own);
	return result;
}

long rights_follow(const struct lifecycle_call *call)
{
	const long *a = call->arguments;

	if (call->number == SYS_landlock_restrict_self)
		return restrict_self(a[0], a[1]);
	return sys_call(call->number, a[0], a[1], a[2], a[3], a[4]);
}
