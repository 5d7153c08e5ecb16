/* See user_events_explain.h. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include "sink/user_events_explain.h"

struct row {
	enum user_events_call call;
	int number;
	struct user_events_error error;
};

static const struct row rows[] = {
	{USER_EVENTS_OPEN,
         ENOENT,
         {"there is no user_events_data: this kernel has no user_events, or tracefs is not mounted",
          "run Linux 6.4 or later with CONFIG_USER_EVENTS=y and mount -t tracefs tracefs "
          "/sys/kernel/tracing"}},
	{USER_EVENTS_OPEN,
         EACCES,
         {"user_events_data may not be opened by this user",
          "as root: chgrp GROUP /sys/kernel/tracing /sys/kernel/tracing/user_events_data, chmod "
          "g+x "
          "and g+rw them, with a GROUP that the user is in"}},
	{USER_EVENTS_OPEN,
         EPERM,
         {"user_events_data may not be opened here: lockdown or a security module forbids it",
          "allow tracefs in the security module's policy, or boot without lockdown"}},
	{USER_EVENTS_OPEN,
         EROFS,
         {"user_events_data lies in a read-only mount",
          "mount tracefs writable, or bind-mount the one file user_events_data writable"}},
	{USER_EVENTS_OPEN,
         EMFILE,
         {"the process has as many descriptors open as it may", "raise RLIMIT_NOFILE (ulimit -n)"}},
	{USER_EVENTS_OPEN,
         ENFILE,
         {"the machine has as many files open as it may", "raise the sysctl fs.file-max"}},
	{USER_EVENTS_REGISTERING,
         EADDRINUSE,
         {"an event of that name with other fields is registered, or this enable word is in use",
          "stop the program that registered it, or as root: otelue register --delete"}},
	{USER_EVENTS_REGISTERING,
         EINVAL,
         {"the kernel does not accept the event's description, size or flags",
          "run Linux 6.4 or later: the interface of 5.18 to 6.3 was another one"}},
	{USER_EVENTS_REGISTERING,
         ENOMEM,
         {"the kernel had no memory, or the enable word is not writable memory",
          "free memory, or raise the limit of the memory control group"}},
	{USER_EVENTS_REGISTERING,
         EMFILE,
         {"as many events are registered as the kernel allows",
          "raise the sysctl kernel.user_events_max, or delete events that nobody needs"}},
	{USER_EVENTS_REGISTERING,
         EPERM,
         {"events that persist need CAP_PERFMON or CAP_SYS_ADMIN",
          "run otelue register as root, or let it hold the events until it is stopped"}},
	{USER_EVENTS_REGISTERING,
         EACCES,
         {"this user may not make events", "give the user write permission on user_events_data"}},
	{USER_EVENTS_REGISTERING,
         ENOTTY,
         {"the file is not the user_events_data that is expected",
          "run Linux 6.4 or later, and look at what is mounted on /sys/kernel/tracing"}},
	{USER_EVENTS_WRITING,
         EBADF,
         {"nobody listens to the event any more", "none is needed: counts go on and are sent when "
                                                  "somebody listens again"}},
	{USER_EVENTS_WRITING,
         ENOENT,
         {"the kernel does not know the event any more",
          "start the program again, and please report it"}},
	{USER_EVENTS_WRITING,
         ENOSPC,
         {"the resource does not fit into an event", "give it fewer or shorter attributes"}},
	{USER_EVENTS_WRITING,
         EINVAL,
         {"the kernel found the payload shorter than the event's fields, or its index negative",
          "this is an error in otelue: please report it"}},
	{USER_EVENTS_WRITING,
         EFAULT,
         {"the kernel found a field that reaches past the payload, or text without NUL",
          "this is an error in otelue: please report it"}},
};

static const struct user_events_error no_error = {"no error", "none is needed"};
static const struct user_events_error unknown[] = {
	[USER_EVENTS_OPEN] = {"user_events_data cannot be opened", "see the error's name"},
	[USER_EVENTS_REGISTERING] = {"the events cannot be registered", "see the error's name"},
	[USER_EVENTS_WRITING] = {"events cannot be written", "see the error's name"},
};

const struct user_events_error *user_events_explain(enum user_events_call call, int err)
{
	if (err == 0)
		return &no_error;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].call == call && rows[i].number == -err)
			return &rows[i].error;
	}
	return &unknown[call];
}
