/* The user_events sink; see user_events.h. */
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include "base/file.h"
#include "base/memory.h"
#include "encoder/record.h"
#include "sink/events.h"
#include "sink/user_events.h"
#include "sink/user_events_abi.h"

static const char *const descriptions[USER_EVENT_COUNT] = {
	[USER_EVENT_OTLP] = OTLP_EVENT_DESCRIPTION,
	[USER_EVENT_RECORD] = RECORD_DESCRIPTION,
};

static int open_file(const char *path)
{
	return (int)file_open(path, O_RDWR, 0);
}

/* Next space-ended field of a line of /proc/self/mounts; moves *text behind it. Octal escapes are
 * not needed here. */
static size_t next_field(const char **text, const char **ret_field)
{
	size_t length = 0;

	while (**text == ' ')
		(*text)++;
	*ret_field = *text;
	while ((*text)[length] && (*text)[length] != ' ' && (*text)[length] != '\n')
		length++;
	*text += length;
	return length;
}

static bool field_is(const char *field, size_t length, const char *word)
{
	return length == string_length(word) && memcmp(field, word, length) == 0;
}

/* Tries the mount point of one line: tracefs, or tracing/ below debugfs. */
static int open_below(const char *mount, size_t length, const char *below)
{
	char path[256];
	size_t n = length;

	if (length + string_length(below) + 1 > sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, mount, length);
	string_copy(path + n, sizeof(path) - n, below);
	return open_file(path);
}

/* One piece of the file at a time: a mount table can be long, the emitter's stack is small. */
static int open_where_mounted(void)
{
	static char mounts[16384] LARGE_MEMORY; /* the emitter alone comes here */
	const char *text = mounts, *mount, *type;
	size_t mount_length, type_length;
	long length = file_read(USER_EVENTS_MOUNTS, mounts, sizeof(mounts));
	int fd = -ENOENT;

	while (length > 0 && *text && fd < 0) {
		next_field(&text, &mount);
		mount_length = next_field(&text, &mount);
		type_length = next_field(&text, &type);
		if (field_is(type, type_length, "tracefs"))
			fd = open_below(mount, mount_length, "/" USER_EVENTS_FILE);
		else if (field_is(type, type_length, "debugfs"))
			fd = open_below(mount, mount_length, "/tracing/" USER_EVENTS_FILE);
		while (*text && *text != '\n')
			text++;
		if (*text)
			text++;
	}
	return fd;
}

static void unregister(struct user_events *events, enum user_event event)
{
	struct user_events_unregister request = {
		.size = sizeof(request),
		.disable_address = (uintptr_t)&events->enabled[event],
	};

	sys_call(SYS_ioctl, events->fd, USER_EVENTS_UNREGISTER, &request);
}

static int register_event(struct user_events *events, enum user_event event)
{
	struct user_events_register request = {
		.size = sizeof(request),
		.enable_size = sizeof(events->enabled[event]),
		.enable_address = (uintptr_t)&events->enabled[event],
		.description = (uintptr_t)descriptions[event],
	};
	int err;

	/* fork copies registrations of words: the copy would be -EADDRINUSE. */
	unregister(events, event);
	err = (int)sys_call(SYS_ioctl, events->fd, USER_EVENTS_REGISTER, &request);
	if (err < 0)
		return err;
	events->write_index[event] = request.write_index;
	return 0;
}

bool user_events_not_built(void)
{
	return sys_call(SYS_faccessat, AT_FDCWD, USER_EVENTS_LIMIT, 0 /* F_OK */) == -ENOENT &&
	       sys_call(SYS_faccessat, AT_FDCWD, "/proc/sys/kernel", 0) == 0;
}

int user_events_open(struct user_events *events)
{
	int fd = open_file(USER_EVENTS_PATH), err;

	if (fd == -ENOENT)
		fd = open_where_mounted();
	if (fd == -EACCES && user_events_not_built())
		return -ENOENT;
	if (fd < 0)
		return fd;
	events->fd = fd;
	err = register_event(events, USER_EVENT_OTLP);
	if (!err)
		err = register_event(events, USER_EVENT_RECORD);
	if (err) {
		user_events_close(events);
		return err;
	}
	events->registered = true;
	return 0;
}

void user_events_close(struct user_events *events)
{
	if (events->fd <= 0)
		return;
	unregister(events, USER_EVENT_OTLP);
	unregister(events, USER_EVENT_RECORD);
	sys_call(SYS_close, events->fd);
	events->fd = 0;
	events->registered = false;
}

long user_events_write(struct user_events *events, enum user_event event, const uint8_t *payload,
                       size_t length)
{
	struct {
		uint32_t protocol;
		char version[8];
		uint32_t buffer; /* rel_loc: length << 16 | offset from its own end */
	} frame = {.protocol = OTLP_EVENT_PROTOCOL, .buffer = (uint32_t)length << 16};
	struct iovec parts[3] = {
		{&events->write_index[event], sizeof(events->write_index[event])},
		{&frame, sizeof(frame)},
		{(void *)(uintptr_t)payload, length},
	};

	memcpy(frame.version, OTLP_EVENT_VERSION, sizeof(frame.version));
	if (event == USER_EVENT_RECORD)
		parts[1].iov_len = 0;
	return sys_call(SYS_writev, events->fd, parts, 3);
}
