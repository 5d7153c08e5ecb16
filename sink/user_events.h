/*
 * The sink that the kernel carries: Linux user_events, two events, each with an enable word in this
 * process that the kernel sets while somebody listens. Emitter thread only, but for
 * user_events_listening(), which any thread may call.
 *
 * A descriptor and registrations belong to one process: after fork begin with user_events_init()
 * again.
 */
#ifndef SINK_USER_EVENTS_H
#define SINK_USER_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/atomic.h"

enum user_event { USER_EVENT_OTLP, USER_EVENT_RECORD, USER_EVENT_COUNT };

struct user_events {
	uint32_t enabled[USER_EVENT_COUNT]; /* written by the kernel: bit 0 */
	uint32_t write_index[USER_EVENT_COUNT];
	int fd; /* <= 0: not open; file_open() gives none below 3 */
	bool registered;
};

/* Largest OTLP request that one event carries to perf. */
#define USER_EVENTS_OTLP_MAX 8168

/*
 * Opens user_events_data (default place, else where /proc/self/mounts shows tracefs) and registers
 * both events. 0 or -errno as in user_events_abi.h; may be called again after a failure.
 */
int user_events_open(struct user_events *events);

/* Is the kernel built without them? The sysctl tells it also to a user who may not look into
 * tracefs. Any thread. */
bool user_events_not_built(void);

/* Takes the registrations back and closes. */
void user_events_close(struct user_events *events);

static inline bool user_events_listening(const struct user_events *events, enum user_event event)
{
	return events->registered && relaxed_load(&events->enabled[event]);
}

/*
 * Writes one event: bytes written or -errno (-EBADF: nobody listens any more). For USER_EVENT_OTLP
 * the payload is the request alone, its frame is added here; for USER_EVENT_RECORD it is what
 * record_encode() made.
 */
long user_events_write(struct user_events *events, enum user_event event, const uint8_t *payload,
                       size_t length);

#endif
