/* What an exporter could not do, told in the segment's messages: one line for each new kind of
 * failure, none for its repetitions. On one thread at a time. No libc. */
#ifndef PRELOAD_FAILURE_H
#define PRELOAD_FAILURE_H

/* Last ones that were told; 0: none. */
struct failures {
	int user_events, file;
};

/* Each err: 0, or -errno as the sink gave it. */
void failure_register(struct failures *failures, int err);
void failure_events(struct failures *failures, int otlp, int records);
void failure_file(struct failures *failures, int err);

#endif
