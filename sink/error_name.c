/* See error_name.h. */
#include <errno.h>
#include <stddef.h>
#include "sink/error_name.h"

#define ROW(name)           \
	{                   \
		name, #name \
	}

/* The names themselves, not pointers, which would be relocated. */
static const struct {
	int number;
	char name[13];
} rows[] = {
	ROW(EPERM),  ROW(ENOENT),     ROW(EIO),    ROW(ENXIO),        ROW(EBADF),   ROW(EAGAIN),
	ROW(ENOMEM), ROW(EACCES),     ROW(EFAULT), ROW(EBUSY),        ROW(EEXIST),  ROW(ENODEV),
	ROW(EINVAL), ROW(ENOTDIR),    ROW(EISDIR), ROW(ENFILE),       ROW(EMFILE),  ROW(ENOTTY),
	ROW(EFBIG),  ROW(ETXTBSY),    ROW(ENOSPC), ROW(ESPIPE),       ROW(EROFS),   ROW(EPIPE),
	ROW(ELOOP),  ROW(ENOSYS),     ROW(E2BIG),  ROW(ENAMETOOLONG), ROW(ESTALE),  ROW(EDQUOT),
	ROW(EINTR),  ROW(EADDRINUSE), ROW(ETIME),  ROW(EOPNOTSUPP),   ROW(ENOLINK), ROW(EREMOTEIO),
};

const char *error_name(int err)
{
	int number = err < 0 ? -err : err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			return rows[i].name;
	return NULL;
}
