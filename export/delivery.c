/* Encoding and writing; see delivery.h. */
#include <errno.h>
#include "base/clock.h"
#include "base/memory.h"
#include "encoder/otlp.h"
#include "encoder/otlp_json.h"
#include "encoder/record.h"
#include "export/delivery.h"
#include "export/file_tail.h"

#define PACE_EVENTS 32 /* written in one go; then the readers get a moment to empty the ring */
#define PACE_NS     1000000

struct point_options delivery_options(const struct settings *settings, enum ledger_account account)
{
	enum SINK sink = account == LEDGER_FILE ? SINK_FILE : SINK_USER_EVENTS;
	struct point_options options = {
		.temporality = TEMPORALITY_DELTA,
		.emit_zero_points = settings->emit_zero_points,
		.explicit_buckets =
			settings_histogram(settings, sink) == HISTOGRAM_AGGREGATION_EXPLICIT,
		.families = settings->families,
	};

	/* A record tells what was added. */
	if (account == LEDGER_RECORD)
		return options;
	if (settings_temporality(settings, sink) == TEMPORALITY_PREFERENCE_CUMULATIVE)
		options.temporality = TEMPORALITY_CUMULATIVE;
	else if (settings_temporality(settings, sink) == TEMPORALITY_PREFERENCE_LOW_MEMORY)
		options.temporality = TEMPORALITY_LOWMEMORY;
	return options;
}

static void account(struct delivery *delivery, enum SINK sink, uint32_t points, long result)
{
	if (delivery->account)
		delivery->account(sink, points, result);
	if (result >= 0)
		delivery->points[sink] += points;
}

static void pace(uint32_t events)
{
	struct timespec moment = {0, PACE_NS};

	if (events % PACE_EVENTS == 0)
		sys_call(SYS_nanosleep, &moment, NULL);
}

/* Writes what stands in the buffer, points of series [from, to), and enters it. */
static long write_event(struct delivery *delivery, enum ledger_account of,
                        const struct point_options *options, size_t length, uint32_t points,
                        uint32_t from, uint32_t to)
{
	enum user_event event = of == LEDGER_OTLP ? USER_EVENT_OTLP : USER_EVENT_RECORD;
	long result;

	ledger_begin(delivery->ledger, of, from, to);
	result = user_events_write(delivery->user_events, event, delivery->buffer, length);
	if (result < 0)
		ledger_cancel(delivery->ledger, of);
	else
		ledger_commit(delivery->ledger, of, options);
	account(delivery, SINK_USER_EVENTS, points, result);
	return result;
}

int delivery_otlp(struct delivery *delivery)
{
	struct ledger *ledger = delivery->ledger;
	struct point_options options = delivery_options(delivery->settings, LEDGER_OTLP);
	struct otlp_input input = {&ledger->snapshot, &ledger->baselines[LEDGER_OTLP].baseline,
	                           &options, delivery->resource_shed, false};
	struct otlp_output output = {0, 0, 0};
	uint32_t events = 0;
	long length;

	for (uint32_t from = 0; from < SERIES_TOTAL; from = output.next) {
		length = otlp_encode(delivery->buffer, delivery->settings->max_event_size, &input,
		                     from, &output);
		if (length < 0)
			return (int)length;
		delivery->oversize += output.oversize;
		if (length == 0)
			continue;
		length = write_event(delivery, LEDGER_OTLP, &options, (size_t)length, output.points,
		                     from, output.next);
		if (length < 0)
			return (int)length;
		pace(++events);
	}
	return 0;
}

int delivery_records(struct delivery *delivery)
{
	struct ledger *ledger = delivery->ledger;
	struct point_options options = delivery_options(delivery->settings, LEDGER_RECORD);
	struct baseline *baseline = &ledger->baselines[LEDGER_RECORD].baseline;
	struct point point;
	uint32_t events = 0;
	long length;

	for (uint32_t series = 0; series < SERIES_TOTAL; series++) {
		if (!point_read(&point, &ledger->snapshot, baseline, &options, series))
			continue;
		ledger->sequence++; /* a process that ends in the middle leaves a gap, no double */
		length = record_encode(delivery->buffer, RECORD_BYTES, &point, ledger->sequence,
		                       delivery->pid, delivery->service);
		if (length < 0) /* the encoder's -ENOSPC is not a full disk */
			account(delivery, SINK_USER_EVENTS, 1, length == -ENOSPC ? -E2BIG : length);
		else
			length = write_event(delivery, LEDGER_RECORD, &options, (size_t)length, 1,
			                     series, series + 1);
		if (length < 0) {
			ledger->sequence--;
			return (int)length;
		}
		pace(++events);
	}
	return 0;
}

/* The line into `json`: its length, or -errno. */
static long encode_line(struct delivery *delivery, struct otlp_output *ret)
{
	struct ledger *ledger = delivery->ledger;
	struct point_options options = delivery_options(delivery->settings, LEDGER_FILE);
	struct otlp_input input = {&ledger->snapshot, &ledger->baselines[LEDGER_FILE].baseline,
	                           &options, delivery->resource, true};

	return otlp_json_encode(delivery->json, OTLP_JSON_BYTES, &input, 0, ret);
}

static char *file_path(struct delivery *delivery, int *ret_err)
{
	char *path = (char *)delivery->buffer;

	*ret_err =
		settings_file_path(delivery->settings, delivery->pid, path, DELIVERY_EVENT_BYTES);
	return path;
}

int delivery_file(struct delivery *delivery)
{
	struct point_options options = delivery_options(delivery->settings, LEDGER_FILE);
	struct otlp_output output;
	int err;
	char *path = file_path(delivery, &err);
	long length;

	if (err < 0)
		return err;
	length = encode_line(delivery, &output);
	if (length <= 0)
		return (int)length;
	ledger_begin(delivery->ledger, LEDGER_FILE, 0, output.next);
	err = file_sink_write(delivery->file, path, delivery->json, (size_t)length);
	if (err)
		ledger_cancel(delivery->ledger, LEDGER_FILE);
	else
		ledger_commit(delivery->ledger, LEDGER_FILE, &options);
	account(delivery, SINK_FILE, output.points, err ? err : length);
	return err;
}

int delivery_file_check(struct delivery *delivery)
{
	int err;
	const char *path = file_path(delivery, &err);

	return err < 0 ? err : file_sink_check(path);
}

bool delivery_file_arrived(struct delivery *delivery)
{
	struct otlp_output output;
	int err;
	const char *path = file_path(delivery, &err);
	long length = err < 0 ? err : encode_line(delivery, &output);
	enum file_tail tail;

	if (length <= 0)
		return false;
	/* The path, in the same buffer, has been opened before the scratch is written to. */
	tail = file_tail_find(path, delivery->json, (size_t)length,
	                      (char *)delivery->buffer + DELIVERY_EVENT_BYTES / 2,
	                      DELIVERY_EVENT_BYTES / 2);
	delivery->file->broken = tail == FILE_TAIL_CUT;
	return tail == FILE_TAIL_FOUND;
}
