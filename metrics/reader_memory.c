/*
 * Does a process use a file's memory? The kernel gives a read lease only where nobody has the file
 * open or mapped for writing. See reader.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/statfs.h>
#include "base/syscall.h"
#include "metrics/reader.h"

#define KERNEL_SIGSET_SIZE 8
#define URGENT             (UINT64_C(1) << (SIGURG - 1))

/* overlayfs gives one also while the file is mapped, and who knows what others do. */
static bool leases_tell(int fd)
{
	struct statfs fs;

	if (sys_call(SYS_fstatfs, fd, &fs) < 0)
		return false;
	switch ((uint32_t)fs.f_type) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

static bool is_pending(void)
{
	uint64_t pending = 0;

	sys_call(SYS_rt_sigpending, &pending, KERNEL_SIGSET_SIZE);
	return (pending & URGENT) != 0;
}

/* Whoever opens the file for writing has a signal sent to the owner: to this thread alone, which
 * blocks it and takes it back. SIGURG is ignored by default, unlike SIGIO. */
int reader_memory_hold(int fd, struct memory_hold *ret)
{
	struct f_owner_ex owner = {F_OWNER_TID, (pid_t)sys_call(SYS_gettid)};
	uint64_t urgent = URGENT;
	int err;

	ret->held = false;
	if (!leases_tell(fd))
		return -EOPNOTSUPP;
	sys_call(SYS_rt_sigprocmask, SIG_BLOCK, &urgent, &ret->mask, KERNEL_SIGSET_SIZE);
	ret->was_pending = is_pending();
	sys_call(SYS_fcntl, fd, F_SETSIG, SIGURG);
	err = (int)sys_call(SYS_fcntl, fd, F_SETOWN_EX, &owner);
	if (!err)
		err = (int)sys_call(SYS_fcntl, fd, F_SETLEASE, F_RDLCK);
	ret->held = true;
	if (err)
		reader_memory_release(fd, ret);
	return err;
}

void reader_memory_release(int fd, struct memory_hold *hold)
{
	struct timespec at_once = {0, 0};
	uint64_t urgent = URGENT;
	siginfo_t info;

	if (!hold->held)
		return;
	hold->held = false;
	sys_call(SYS_fcntl, fd, F_SETLEASE, F_UNLCK);
	/* This thread's come first. One of the program's that came meanwhile is given back. */
	if (!hold->was_pending && is_pending() &&
	    sys_call(SYS_rt_sigtimedwait, &urgent, &info, &at_once, KERNEL_SIGSET_SIZE) == SIGURG &&
	    info.si_code != POLL_MSG)
		sys_call(SYS_rt_sigqueueinfo, sys_call(SYS_getpid), SIGURG, &info);
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &hold->mask, NULL, KERNEL_SIGSET_SIZE);
}

enum memory_use reader_memory_use(int fd)
{
	struct memory_hold hold;
	int err = reader_memory_hold(fd, &hold);

	reader_memory_release(fd, &hold);
	if (err == 0)
		return MEMORY_UNUSED;
	return err == -EAGAIN ? MEMORY_USED : MEMORY_UNTOLD;
}
