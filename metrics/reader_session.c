/* Reads a session's accumulator; see reader.h. For the command alone: it allocates. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "metrics/reader.h"

int reader_session(int directory, uid_t owner, struct session_accumulator *ret)
{
	int fd = reader_open(directory, SESSION_ACCUMULATOR, owner, O_RDONLY), err;
	struct process_values *totals;

	if (fd < 0)
		return fd;
	totals = malloc(sizeof(*totals));
	err = totals ? reader_accumulator(fd, ret, totals) : -ENOMEM;
	free(totals);
	close(fd);
	return err;
}
