/* See failure.h. */
#include <errno.h>
#include "base/memory.h"
#include "preload/failure.h"
#include "preload/shim.h"
#include "sink/error_name.h"
#include "sink/file.h"
#include "sink/user_events_explain.h"

static void tell(int *last, int err, const char *place, const char *problem, const char *remedy)
{
	static char line[1536] LARGE_MEMORY; /* we run on one thread at a time */
	const char *const pieces[] = {": ", problem, *remedy ? "; " : "", remedy};
	const char *name = error_name(err);
	char number[32] = "error ";
	size_t n;

	if (*last == err)
		return;
	*last = err;
	if (err == 0)
		return;
	n = string_copy(line, sizeof(line), place);
	n += string_copy(line + n, sizeof(line) - n, ": ");
	string_from_u64(number + string_length(number), (uint64_t)-err);
	n += string_copy(line + n, sizeof(line) - n, name ? name : number);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		n += string_copy(line + n, sizeof(line) - n, pieces[i]);
	shim_log(LOG_LEVEL_WARN, line);
}

/* A kernel without user_events is no failure: `otelue run` shows the counts there. */
void failure_register(struct failures *failures, int err)
{
	const struct user_events_error *error = user_events_explain(
		err == -EACCES ? USER_EVENTS_OPEN : USER_EVENTS_REGISTERING, err);

	tell(&failures->user_events, err == -ENOENT ? 0 : err, "user_events cannot be used",
	     error->problem, error->remedy);
}

/* That nobody listens any more is no failure: counts go on. */
void failure_events(struct failures *failures, int otlp, int records)
{
	int err = otlp ? otlp : records;
	const struct user_events_error *error = user_events_explain(USER_EVENTS_WRITING, err);

	tell(&failures->user_events, err == -EBADF ? 0 : err, "user_events cannot be written",
	     error->problem, error->remedy);
}

void failure_file(struct failures *failures, int err)
{
	tell(&failures->file, err, shim.settings->otlp_file_path,
	     "metrics cannot be written to this file", file_sink_remedy(err));
}
