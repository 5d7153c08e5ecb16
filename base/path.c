/* See path.h. */
#include <errno.h>
#include <fcntl.h>
#include "base/memory.h"
#include "base/path.h"
#include "base/syscall.h"

#define LINKS_MOST 8
#define REST_SIZE  256

/* What is resolved, and what is still to be: parts of a path, each with a '/' before it. */
struct walk {
	char *done;
	size_t length, size;
	char rest[REST_SIZE];
	const char *at;
	int links;
};

/* The next part of the rest; its length, 0: none is left. */
static size_t next_part(struct walk *walk)
{
	size_t length = 0;

	while (*walk->at == '/')
		walk->at++;
	while (walk->at[length] && walk->at[length] != '/')
		length++;
	return length;
}

static bool is_part(const struct walk *walk, size_t length, const char *text)
{
	return length == string_length(text) && memcmp(walk->at, text, length) == 0;
}

static void leave_directory(struct walk *walk)
{
	while (walk->length && walk->done[--walk->length] != '/')
		;
}

/* What the link names comes in place of its own name. */
static bool follow(struct walk *walk, size_t part, size_t before, const char *target, size_t length)
{
	const char *behind = walk->at + part;
	size_t left = string_length(behind) + 1;

	if (++walk->links > LINKS_MOST || length + left > sizeof(walk->rest))
		return false;
	memmove(walk->rest + length, behind, left);
	memcpy(walk->rest, target, length);
	walk->at = walk->rest;
	walk->length = *target == '/' ? 0 : before;
	return true;
}

/* Its links lead to files, not to where their texts say. */
static bool is_in_proc(const struct walk *walk)
{
	return walk->length >= 5 && memcmp(walk->done, "/proc", 5) == 0 &&
	       (walk->length == 5 || walk->done[5] == '/');
}

static bool enter(struct walk *walk, size_t part)
{
	char target[128];
	size_t before = walk->length;
	long length;

	if (before + 1 + part >= walk->size)
		return false;
	walk->done[before] = '/';
	memcpy(walk->done + before + 1, walk->at, part);
	walk->length = before + 1 + part;
	walk->done[walk->length] = '\0';
	if (is_in_proc(walk))
		return false;
	length = sys_call(SYS_readlinkat, AT_FDCWD, walk->done, target, sizeof(target));
	if (length == -EINVAL) { /* no link */
		walk->at += part;
		return true;
	}
	return length > 0 && (size_t)length < sizeof(target) &&
	       follow(walk, part, before, target, (size_t)length);
}

bool path_resolve(const char *path, char *ret, size_t size)
{
	struct walk walk = {.done = ret, .size = size};
	size_t part;

	walk.at = walk.rest;
	if (*path != '/' || string_length(path) >= sizeof(walk.rest))
		return false;
	string_copy(walk.rest, sizeof(walk.rest), path);
	while ((part = next_part(&walk))) {
		if (is_part(&walk, part, "..")) {
			leave_directory(&walk);
			walk.at += part;
		} else if (is_part(&walk, part, ".")) {
			walk.at += part;
		} else if (!enter(&walk, part)) {
			return false;
		}
	}
	if (walk.length == 0 || walk.length >= size)
		return false;
	ret[walk.length] = '\0';
	return true;
}
