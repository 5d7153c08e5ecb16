/*
 * What the parts of the shim share about this process. Written by the constructor and by the
 * handlers of fork, on the program's threads; read by the emitter. One instance, zero until the
 * constructor has run.
 */
#ifndef PRELOAD_SHIM_H
#define PRELOAD_SHIM_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include "config/settings.h"
#include "metrics/session.h"
#include "preload/clock.h"
#include "preload/observe.h"

#define SHIM_HIDDEN __attribute__((visibility("hidden")))

struct shim {
	const struct settings *settings;
	bool counting;          /* the settings let us count in this program */
	bool restricted;        /* a seccomp filter is there: no emitter, no look-ups */
	bool confined;          /* a filter was set later: no system call of ours at all */
	uint64_t pid_namespace; /* of owner_pid; 0: unknown */
	uint32_t owner_pid;     /* the process that this state is about; differs in a vfork child */
	uint64_t start_time_ns; /* Unix epoch: counting began */
	struct clock_pair start;             /* the same on CLOCK_MONOTONIC and on the counter */
	struct session_accumulator *session; /* NULL: none */
	char directory[160];                 /* where the segment is made */
	char program[256];                   /* path of the executable, cut */
	struct observe_baseline observed;    /* what the process had used before */
	const struct r_debug *loader;        /* the dynamic linker's list of objects */
	uintptr_t vdso;                      /* where the kernel put its own, 0: nowhere */
	uint32_t page_size;
	uint32_t hooks_active[HOOK_FAMILY_COUNT]; /* for otelue.hooks.active */
};

extern struct shim shim SHIM_HIDDEN;

/* Keeps a line in the segment for `otelue run` and `otelue doctor`, if the log level lets it. */
void shim_log(uint32_t level, const char *text) SHIM_HIDDEN;

#endif
