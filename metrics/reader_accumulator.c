/* Reads a session's accumulator; see reader.h. No libc. */
#include <errno.h>
#include "metrics/reader_internal.h"

int reader_accumulator(int fd, struct session_accumulator *ret, struct process_values *ret_totals)
{
	int err = reader_read_at(fd, ret, sizeof(*ret), 0);

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
	session_totals(ret_totals, ret);
	return reader_check_totals(ret_totals);
}
