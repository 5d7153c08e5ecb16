/* The kernel's user_events as seen from outside: where its files are, what its status tells. */
#ifndef CLI_USER_EVENTS_H
#define CLI_USER_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#define USER_EVENTS_PATH_SIZE 4096

/*
 * Path of user_events_data: the usual one, else where tracefs or debugfs is mounted. -ENOENT: there
 * is none; the path is the usual one then.
 */
int user_events_find(char *path, size_t size);

struct user_events_status {
	long active; /* events registered, by anybody */
	long limit;  /* kernel.user_events_max */
};

/* -errno: the status beside user_events_data cannot be read; what is not known is -1. */
int user_events_status(const char *path, struct user_events_status *ret);

enum user_events_listener {
	USER_EVENT_ABSENT, /* nobody has registered it */
	USER_EVENT_UNUSED, /* nobody listens */
	USER_EVENT_USED
};

/* Is the event registered, and who listens ("ftrace perf")? */
enum user_events_listener user_events_listener(const char *path, const char *event, char *who,
                                               size_t size);

#endif
