/* What the checks of otelue doctor share. Each check says one line or more by these. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "config/settings.h"

struct doctor {
	int problems, notes;
	const struct settings *settings; /* of the present environment; defaults if that is wrong */
};

/* A line; note and problem are followed by one that says what to do ("": nothing). */
__attribute__((format(printf, 1, 2))) void doctor_ok(const char *format, ...);
__attribute__((format(printf, 3, 4))) void doctor_note(struct doctor *doctor, const char *remedy,
                                                       const char *format, ...);
__attribute__((format(printf, 3, 4))) void doctor_problem(struct doctor *doctor, const char *remedy,
                                                          const char *format, ...);

/* First line of a small file of /proc or /sys, without newline; NULL: it cannot be read. Good until
 * the next call. */
const char *doctor_read_line(const char *path);

/* doctor_events.c: the kernel and its events. */
void doctor_check_events(struct doctor *doctor);
void doctor_check_file(struct doctor *doctor);
void doctor_check_tools(struct doctor *doctor);

/* doctor_machine.c: what is not about events. */
void doctor_check_memory(struct doctor *doctor);
void doctor_check_clock(struct doctor *doctor);
void doctor_check_sandbox(struct doctor *doctor);

/* doctor_shim.c: the library at work. */
void doctor_check_library(struct doctor *doctor);
void doctor_check_preload(struct doctor *doctor);
void doctor_check_segments(struct doctor *doctor);

/* doctor_hooks.c: executes this command anew to print the table of the hooks; comes back with an
 * exit code only if it cannot. */
int doctor_show_hooks(void);

#endif
