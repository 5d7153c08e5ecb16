/* What an error of the user_events interface means and what to do about it: one row an error, for
 * otelue doctor, otelue register and the shim's messages. Constant data, no libc. */
#ifndef SINK_USER_EVENTS_EXPLAIN_H
#define SINK_USER_EVENTS_EXPLAIN_H

enum user_events_call { USER_EVENTS_OPEN, USER_EVENTS_REGISTERING, USER_EVENTS_WRITING };

struct user_events_error {
	const char *problem; /* a clause without full stop */
	const char *remedy;
};

/* err: 0 or -errno as that call gave it. Never NULL. */
const struct user_events_error *user_events_explain(enum user_events_call call, int err);

#endif
