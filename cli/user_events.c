/* See user_events.h. */
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/user_events.h"
#include "sink/user_events_abi.h"

/* The file below a mount of tracefs or debugfs. */
static bool is_below(const struct mntent *mount, char *path, size_t size)
{
	const char *below;

	if (strcmp(mount->mnt_type, "tracefs") == 0)
		below = "";
	else if (strcmp(mount->mnt_type, "debugfs") == 0)
		below = "/tracing";
	else
		return false;
	snprintf(path, size, "%s%s/" USER_EVENTS_FILE, mount->mnt_dir, below);
	return access(path, F_OK) == 0;
}

int user_events_find(char *path, size_t size)
{
	const struct mntent *mount;
	bool found = access(USER_EVENTS_PATH, F_OK) == 0;
	FILE *mounts = found ? NULL : setmntent(USER_EVENTS_MOUNTS, "re");

	while (mounts && !found && (mount = getmntent(mounts)))
		found = is_below(mount, path, size);
	if (mounts)
		endmntent(mounts);
	if (!found || access(USER_EVENTS_PATH, F_OK) == 0)
		snprintf(path, size, "%s", USER_EVENTS_PATH);
	return found ? 0 : -ENOENT;
}

/* user_events_status lies beside user_events_data. */
static FILE *open_status(const char *path)
{
	char status[USER_EVENTS_PATH_SIZE];
	size_t n = strlen(path) - strlen("data");

	if (n + sizeof("status") > sizeof(status))
		return NULL;
	memcpy(status, path, n);
	strcpy(status + n, "status");
	return fopen(status, "re");
}

static long read_limit(void)
{
	FILE *file = fopen(USER_EVENTS_LIMIT, "re");
	long limit = -1;

	if (file && fscanf(file, "%ld", &limit) != 1)
		limit = -1;
	if (file)
		fclose(file);
	return limit;
}

int user_events_status(const char *path, struct user_events_status *ret)
{
	char line[1024];
	FILE *file = open_status(path);
	int err = file ? 0 : -errno;

	ret->limit = read_limit();
	ret->active = -1;
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Active:", strlen("Active:")) == 0)
			ret->active = atol(line + strlen("Active:"));
	}
	if (file)
		fclose(file);
	return err;
}

/* A line is "name" or "name # Used by ftrace perf". */
enum user_events_listener user_events_listener(const char *path, const char *event, char *who,
                                               size_t size)
{
	enum user_events_listener result = USER_EVENT_ABSENT;
	static const char used[] = "# Used by ";
	char line[1024];
	FILE *file = open_status(path);

	while (file && result == USER_EVENT_ABSENT && fgets(line, sizeof(line), file)) {
		size_t name = strcspn(line, " \n");
		const char *users = strstr(line, used);

		if (name != strlen(event) || strncmp(line, event, name) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		result = users ? USER_EVENT_USED : USER_EVENT_UNUSED;
		snprintf(who, size, "%s", users ? users + sizeof(used) - 1 : "");
	}
	if (file)
		fclose(file);
	return result;
}
