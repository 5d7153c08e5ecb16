/* Collecting, encoding, writing; see exporter.h. */
#include <errno.h>
#include <sys/mman.h>
#include "base/clock.h"
#include "base/memory.h"
#include "encoder/otlp.h"
#include "encoder/otlp_json.h"
#include "encoder/record.h"
#include "hooks/counting.h"
#include "preload/detect.h"
#include "preload/exporter.h"
#include "sink/user_events_explain.h"
#include "preload/shim.h"

#define RETRY_FIRST_NS UINT64_C(1000000000)
#define RETRY_MOST_NS  UINT64_C(60000000000)
#define SETTLE_NS      UINT64_C(1000000000)
#define PACE_EVENTS    32 /* written in one go; then the readers get a moment to empty the ring */
#define PACE_NS        1000000

static bool sink_enabled(enum SINK sink)
{
	return settings_exporter_enabled(&shim.settings, sink);
}

/* One line for each new kind of failure, none for its repetitions. */
static void log_failure(int *last, int err, const char *what, const char *why)
{
	char line[256], number[21];
	size_t n;

	if (*last == err)
		return;
	*last = err;
	if (err == 0)
		return;
	n = string_copy(line, sizeof(line), what);
	n += string_copy(line + n, sizeof(line) - n, ": error ");
	string_from_u64(number, (uint64_t)-err);
	n += string_copy(line + n, sizeof(line) - n, number);
	n += string_copy(line + n, sizeof(line) - n, *why ? ", " : "");
	string_copy(line + n, sizeof(line) - n, why);
	shim_log(LOG_LEVEL_WARN, line);
}

static void try_to_register(struct exporter *exporter, uint64_t now_ns)
{
	int err;

	if (exporter->user_events.registered || !sink_enabled(SINK_USER_EVENTS) ||
	    now_ns < exporter->retry_ns)
		return;
	err = user_events_open(&exporter->user_events);
	if (!exporter->retry_after_ns)
		exporter->retry_after_ns = RETRY_FIRST_NS;
	exporter->retry_ns = now_ns + exporter->retry_after_ns;
	if (exporter->retry_after_ns < RETRY_MOST_NS)
		exporter->retry_after_ns *= 2;
	/* A kernel without user_events is no failure: `otelue run` shows the counts there. */
	log_failure(&exporter->user_events_error, err == -ENOENT ? 0 : err,
	            "user_events cannot be used",
	            user_events_explain(err == -EACCES ? USER_EVENTS_OPEN : USER_EVENTS_REGISTERING,
	                                err)
	                    ->problem);
}

static bool listening(const struct exporter *exporter)
{
	return user_events_listening(&exporter->user_events, USER_EVENT_OTLP) ||
	       user_events_listening(&exporter->user_events, USER_EVENT_RECORD);
}

bool exporter_poll(struct exporter *exporter, uint64_t now_ns, bool last_chance)
{
	bool before = exporter->settled, registered = exporter->user_events.registered;

	try_to_register(exporter, now_ns);
	if (!listening(exporter))
		exporter->heard_ns = 0;
	else if (!exporter->heard_ns) /* was there before us, or has just come */
		exporter->heard_ns = registered ? now_ns : now_ns - SETTLE_NS;
	exporter->settled =
		exporter->heard_ns && (last_chance || now_ns - exporter->heard_ns >= SETTLE_NS);
	return exporter->settled && !before;
}

bool exporter_wanted(const struct exporter *exporter)
{
	return sink_enabled(SINK_FILE) || listening(exporter);
}

static void identify(struct exporter *exporter)
{
	static const uint8_t nobody[16];
	struct segment *segment = counting_segment();
	const uint8_t *uuid = segment->header ? segment->header->instance_id : nobody;
	char shed[128], line[200];
	int count;

	if (exporter->identified)
		return;
	exporter->identified = true;
	detect_resource(&exporter->resource, uuid);
	memcpy(&exporter->resource_shed, &exporter->resource, sizeof(exporter->resource));
	count = resource_shed(&exporter->resource_shed, RESOURCE_ENCODED_LIMIT, shed, sizeof(shed));
	resource_copy_string(&exporter->resource, "service.name", exporter->service,
	                     sizeof(exporter->service));
	if (count == 0)
		return;
	string_copy(line, sizeof(line),
	            "resource attributes left out of events, which are small: ");
	string_copy(line + string_length(line), sizeof(line) - string_length(line), shed);
	shim_log(LOG_LEVEL_WARN, line);
}

static void collect(struct exporter *exporter)
{
	struct snapshot *snapshot = &exporter->snapshot;
	uint64_t last = snapshot->time_ns, now;

	counting_totals(&snapshot->totals);
	observe_process(counting_observed(), &exporter->observed, &shim.observed, &snapshot->totals,
	                exporter->emitter_tid);
	counting_totals(&snapshot->totals);
	snapshot->start_time_ns = shim.start_time_ns;
	if (last < snapshot->start_time_ns)
		last = snapshot->start_time_ns;
	now = clock_read_ns(CLOCK_REALTIME);
	/* Windows move forward also where the clock was set back. */
	snapshot->time_ns = now > last ? now : last + 1;
}

static struct point_options options_for(enum SINK sink)
{
	struct point_options options = {
		.temporality = TEMPORALITY_DELTA,
		.emit_zero_points = shim.settings.emit_zero_points,
		.explicit_buckets =
			settings_histogram(&shim.settings, sink) == HISTOGRAM_AGGREGATION_EXPLICIT,
		.families = shim.settings.families,
	};

	if (settings_temporality(&shim.settings, sink) == TEMPORALITY_PREFERENCE_CUMULATIVE)
		options.temporality = TEMPORALITY_CUMULATIVE;
	return options;
}

static uint32_t error_value(long err)
{
	switch (err) {
	case 0:
		return EXPORT_ERROR_NONE;
	case -E2BIG:
	case -ENOSPC:
		return EXPORT_ERROR_E2BIG;
	case -EBADF:
		return EXPORT_ERROR_EBADF;
	case -EFAULT:
		return EXPORT_ERROR_EFAULT;
	default:
		return EXPORT_ERROR_OTHER;
	}
}

/* Our own health: what was written, or why not. */
static void account(enum SINK sink, uint32_t points, long result)
{
	struct process_values *process = counting_observed();
	uint32_t exporter = sink * EXPORTER_NAME_COUNT + sink; /* type and name */

	observe_add(process, METRIC_EXPORTED_DATA_POINTS,
	            exporter * EXPORT_ERROR_COUNT + error_value(result < 0 ? result : 0), points);
	if (result <= 0)
		return;
	observe_add(process, METRIC_EVENTS_WRITTEN, sink, 1);
	observe_add(process, METRIC_BYTES_WRITTEN, sink, (uint64_t)result);
}

static void pace(uint32_t events)
{
	struct timespec moment = {0, PACE_NS};

	if (events % PACE_EVENTS == 0)
		sys_call(SYS_nanosleep, &moment, NULL);
}

static void export_otlp_events(struct exporter *exporter)
{
	struct baseline *baseline = &exporter->baselines[BASELINE_OTLP];
	struct point_options options = options_for(SINK_USER_EVENTS);
	struct otlp_input input = {&exporter->snapshot, baseline, &options,
	                           &exporter->resource_shed, false};
	struct otlp_output output = {0, 0, 0};
	uint32_t events = 0;
	long length, result;

	for (uint32_t from = 0; from < SERIES_TOTAL; from = output.next) {
		length = otlp_encode(exporter->buffer, shim.settings.max_event_size, &input, from,
		                     &output);
		if (length < 0) {
			log_failure(&exporter->user_events_error, (int)length,
			            "the resource does not fit into an event", "");
			return;
		}
		observe_add(counting_observed(), METRIC_MEASUREMENTS_DROPPED, DROP_REASON_OVERSIZE,
		            output.oversize);
		if (length > 0) {
			result = user_events_write(&exporter->user_events, USER_EVENT_OTLP,
			                           exporter->buffer, (size_t)length);
			account(SINK_USER_EVENTS, output.points, result);
			if (result < 0)
				return; /* these points and the later ones go into the next export
				         */
			pace(++events);
		}
		baseline_commit_range(baseline, &exporter->snapshot, &options, from, output.next);
	}
}

static void export_records(struct exporter *exporter)
{
	struct baseline *baseline = &exporter->baselines[BASELINE_RECORD];
	struct point_options options = options_for(SINK_USER_EVENTS);
	struct point point;
	uint32_t events = 0;
	long length, result;

	options.temporality = TEMPORALITY_DELTA;
	for (uint32_t series = 0; series < SERIES_TOTAL; series++) {
		if (!point_read(&point, &exporter->snapshot, baseline, &options, series))
			continue;
		length = record_encode(exporter->buffer, RECORD_BYTES, &point,
		                       exporter->sequence + 1, shim.owner_pid, exporter->service);
		result = length < 0 ? length
		                    : user_events_write(&exporter->user_events, USER_EVENT_RECORD,
		                                        exporter->buffer, (size_t)length);
		account(SINK_USER_EVENTS, 1, result);
		if (result < 0)
			return;
		exporter->sequence++;
		baseline_commit(baseline, &exporter->snapshot, &point);
		pace(++events);
	}
}

static char *json_buffer(struct exporter *exporter)
{
	long base;

	if (!exporter->json) {
		base = sys_call(SYS_mmap, NULL, OTLP_JSON_BYTES, PROT_READ | PROT_WRITE,
		                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if ((unsigned long)base > -4096ul)
			return NULL;
		sys_call(SYS_madvise, base, OTLP_JSON_BYTES, MADV_DONTFORK);
		exporter->json = (char *)base;
	}
	return exporter->json;
}

static int export_file(struct exporter *exporter)
{
	struct baseline *baseline = &exporter->baselines[BASELINE_FILE];
	struct point_options options = options_for(SINK_FILE);
	struct otlp_input input = {&exporter->snapshot, baseline, &options, &exporter->resource,
	                           true};
	struct otlp_output output;
	char *json = json_buffer(exporter), *path = (char *)exporter->buffer;
	long length;
	int err;

	if (!json)
		return -ENOMEM;
	err = settings_file_path(&shim.settings, shim.owner_pid, path, sizeof(exporter->buffer));
	if (err < 0)
		return err;
	length = otlp_json_encode(json, OTLP_JSON_BYTES, &input, 0, &output);
	if (length <= 0)
		return (int)length;
	err = file_sink_write(&exporter->file, path, json, (size_t)length);
	account(SINK_FILE, output.points, err ? err : length);
	if (!err)
		baseline_commit_range(baseline, &exporter->snapshot, &options, 0, output.next);
	return err;
}

void exporter_export(struct exporter *exporter)
{
	bool otlp =
		exporter->settled && user_events_listening(&exporter->user_events, USER_EVENT_OTLP);
	bool records = exporter->settled &&
	               user_events_listening(&exporter->user_events, USER_EVENT_RECORD);

	identify(exporter);
	collect(exporter);
	if (otlp)
		export_otlp_events(exporter);
	if (records)
		export_records(exporter);
	if (sink_enabled(SINK_FILE))
		log_failure(&exporter->file_error, export_file(exporter),
		            "OTELUE_FILE cannot be written", "");
}

void exporter_close(struct exporter *exporter)
{
	user_events_close(&exporter->user_events);
	file_sink_close(&exporter->file);
	/* The next thread that exports registers at once. */
	exporter->retry_ns = exporter->retry_after_ns = 0;
	exporter->settled = false;
	exporter->heard_ns = 0;
}
