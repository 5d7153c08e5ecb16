/* Where the result of otelue run goes. */
#ifndef CLI_RUN_OUTPUT_H
#define CLI_RUN_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include "cli/report.h"

struct run_output {
	const char *path; /* NULL: standard error */
	FILE *to;         /* NULL: nowhere */
	bool json, made;
	bool shared; /* it is our standard output or error */
};

/*
 * Opens `path`, or standard error if it is NULL; quiet: nowhere then. What the file holds stays
 * until there is a result. 0 or -errno.
 */
int run_output_open(struct run_output *output, const char *path, bool json, bool quiet);

/* There will be no result: a file that was not there before goes again. */
void run_output_drop(struct run_output *output);

/* Why nothing was counted has been told if `explained`. 0 or -errno. */
int run_output_write(const struct run_output *output, const struct report *report, bool explained);

#endif
