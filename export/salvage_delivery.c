/* From a ledger to the sinks; see salvage_internal.h. */
#include "base/memory.h"
#include "export/describe.h"
#include "export/salvage_internal.h"

static bool wants(const struct salvager *salvager, enum SINK sink)
{
	return settings_exporter_enabled(&salvager->settings, sink);
}

static bool listens(const struct salvager *salvager, enum user_event event)
{
	return wants(salvager, SINK_USER_EVENTS) &&
	       user_events_listening(salvager->user_events, event);
}

enum salvage_outcome salvage_find_sink(const struct salvager *salvager)
{
	if (wants(salvager, SINK_FILE) || listens(salvager, USER_EVENT_OTLP) ||
	    listens(salvager, USER_EVENT_RECORD))
		return SALVAGE_EXPORTED;
	return wants(salvager, SINK_USER_EVENTS) ? SALVAGE_NOBODY : SALVAGE_NO_EXPORTER;
}

void salvage_describe(struct salvager *salvager)
{
	const struct segment_reading *reading = &salvager->reading;
	struct resource *resource = &salvager->resource;

	resource_init(resource, salvager->settings.attribute_value_length_limit);
	describe_executable(resource, reading->program);
	describe_instance(resource, reading->instance_id);
	resource_add_int(resource, RESOURCE_DETECTED, "process.pid", reading->pid);
	resource_add_int(resource, RESOURCE_DETECTED, "process.parent_pid", reading->parent_pid);
	describe_rest(resource, &salvager->settings);
}

static void begin_delivery(struct salvager *salvager)
{
	char shed[128];

	memcpy(&salvager->resource_shed, &salvager->resource, sizeof(salvager->resource));
	resource_shed(&salvager->resource_shed, RESOURCE_ENCODED_LIMIT, shed, sizeof(shed));
	resource_copy_string(&salvager->resource, "service.name", salvager->service,
	                     sizeof(salvager->service));
	memset(&salvager->file, 0, sizeof(salvager->file));
	memset(&salvager->delivery, 0, sizeof(salvager->delivery));
	salvager->delivery.settings = &salvager->settings;
	salvager->delivery.pid = salvager->reading.pid;
	salvager->delivery.ledger = &salvager->ledger;
	salvager->delivery.resource = &salvager->resource;
	salvager->delivery.resource_shed = &salvager->resource_shed;
	salvager->delivery.service = salvager->service;
	salvager->delivery.user_events = salvager->user_events;
	salvager->delivery.file = &salvager->file;
	salvager->delivery.buffer = salvager->buffer;
	salvager->delivery.json = salvager->json;
}

static void settle(struct salvager *salvager)
{
	struct ledger *ledger = &salvager->ledger;

	for (int account = 0; account < LEDGER_ACCOUNTS; account++) {
		struct point_options options =
			delivery_options(&salvager->settings, (enum ledger_account)account);
		/* A write to user_events is not cut short: mostly it was done when the process
		 * came to its end. */
		bool written = true;

		if (account == LEDGER_FILE && ledger->flights[account].stage == LEDGER_WRITING)
			written = delivery_file_arrived(&salvager->delivery);
		ledger_settle(ledger, (enum ledger_account)account, &options, written);
	}
}

void salvage_prepare(struct salvager *salvager)
{
	begin_delivery(salvager);
	settle(salvager);
}

/* The latest moment at which it is known to have lived, and later than all that was exported. */
void salvage_take(struct salvager *salvager, const struct process_values *totals, uint64_t start_ns,
                  uint64_t seen_ns)
{
	struct snapshot *snapshot = &salvager->ledger.snapshot;
	uint64_t last = snapshot->time_ns;

	memcpy(&snapshot->totals, totals, sizeof(snapshot->totals));
	snapshot->start_time_ns = start_ns;
	if (last < start_ns)
		last = start_ns;
	snapshot->time_ns = seen_ns > last ? seen_ns : last + 1;
}

static uint64_t count_points(const struct salvager *salvager, enum ledger_account account)
{
	const struct ledger *ledger = &salvager->ledger;
	struct point_options options = delivery_options(&salvager->settings, account);
	struct point point;
	uint64_t count = 0;

	for (uint32_t series = 0; series < SERIES_TOTAL; series++)
		count += point_read(&point, &ledger->snapshot, &ledger->baselines[account].baseline,
		                    &options, series);
	return count;
}

static int deliver_to(struct salvager *salvager, enum ledger_account account)
{
	enum SINK sink = account == LEDGER_FILE ? SINK_FILE : SINK_USER_EVENTS;
	int err = 0;

	if (salvager->dry) {
		if (account == LEDGER_FILE)
			err = delivery_file_check(&salvager->delivery);
		if (err)
			return err;
		salvager->delivery.points[sink] += count_points(salvager, account);
		return 0;
	}
	switch (account) {
	case LEDGER_OTLP:
		return delivery_otlp(&salvager->delivery);
	case LEDGER_RECORD:
		return delivery_records(&salvager->delivery);
	default:
		return delivery_file(&salvager->delivery);
	}
}

int salvage_deliver(struct salvager *salvager)
{
	const bool to[LEDGER_ACCOUNTS] = {
		[LEDGER_OTLP] = listens(salvager, USER_EVENT_OTLP),
		[LEDGER_RECORD] = listens(salvager, USER_EVENT_RECORD),
		[LEDGER_FILE] = wants(salvager, SINK_FILE),
	};
	bool done = false;
	int err, last = 0;

	for (int account = 0; account < LEDGER_ACCOUNTS; account++) {
		if (!to[account])
			continue;
		err = deliver_to(salvager, (enum ledger_account)account);
		done |= !err;
		last = err ? err : last;
	}
	file_sink_close(&salvager->file);
	return done ? 0 : last;
}
