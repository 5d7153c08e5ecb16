/* See segment_list.h. */
#include <errno.h>
#include <fcntl.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "metrics/segment_list.h"

#define DIRENT_LENGTH_AT 16 /* of struct linux_dirent64 */
#define DIRENT_NAME_AT   19

int segment_list_open(struct segment_list *list, const char *path)
{
	list->directory = (int)sys_call(SYS_openat, AT_FDCWD, path,
	                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	list->bytes = list->at = 0;
	return list->directory < 0 ? list->directory : 0;
}

void segment_list_close(struct segment_list *list)
{
	sys_call(SYS_close, list->directory);
}

static bool is_segment(const char *name)
{
	uint64_t pid = string_to_u64(&name), time;

	if (pid == 0 || *name++ != '.')
		return false;
	time = string_to_u64(&name);
	return time != 0 && *name == '\0';
}

const char *segment_list_any(struct segment_list *list)
{
	const char *name;
	uint16_t length;

	do {
		if (list->at >= list->bytes) {
			list->at = 0;
			list->bytes = sys_call(SYS_getdents64, list->directory, list->entries,
			                       sizeof(list->entries));
			if (list->bytes <= 0)
				return NULL;
		}
		memcpy(&length, list->entries + list->at + DIRENT_LENGTH_AT, sizeof(length));
		name = list->entries + list->at + DIRENT_NAME_AT;
		list->at += length;
	} while (string_equal(name, ".") || string_equal(name, ".."));
	return name;
}

const char *segment_list_next(struct segment_list *list)
{
	const char *name;

	do
		name = segment_list_any(list);
	while (name && !is_segment(name));
	return name;
}

bool segment_list_empty(struct segment_list *list, const char *path)
{
	bool empty;

	if (segment_list_open(list, path))
		return true;
	empty = !segment_list_next(list);
	segment_list_close(list);
	return empty;
}
