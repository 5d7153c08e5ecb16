/* Reads a session's accumulator; see reader.h. For the command alone: it allocates. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "metrics/reader_internal.h"

int reader_session(int directory, uid_t owner, struct session_accumulator *ret)
{
	struct process_values *totals;
	int fd = reader_open(directory, SESSION_ACCUMULATOR, owner, O_RDONLY), err;

	if (fd < 0)
		return fd;
	err = reader_read_at(fd, ret, sizeof(*ret), 0);
	close(fd);
	if (err)
		return err;
	if (ret->magic == 0)
		return -EAGAIN;
	if (ret->magic != SESSION_MAGIC)
		return -EBADMSG;
	if (ret->version != SEGMENT_VERSION || ret->layout != segment_layout())
		return -EPROTO;
	if (ret->processes > READER_LARGEST)
		return -EBADMSG;
	reader_copy_messages(ret->messages, ret->messages, ret->messages_length,
	                     SESSION_MESSAGES - 1);
	totals = malloc(sizeof(*totals));
	if (!totals)
		return -ENOMEM;
	session_totals(totals, ret);
	err = reader_check_totals(totals);
	free(totals);
	return err;
}
