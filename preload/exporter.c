/* Collecting, encoding, writing; see exporter.h. */
#include <errno.h>
#include "base/clock.h"
#include "base/mapping.h"
#include "base/memory.h"
#include "encoder/otlp_json.h"
#include "hooks/counting.h"
#include "preload/detect.h"
#include "preload/exporter.h"
#include "preload/shim.h"
#include "preload/tree.h"

#define RETRY_FIRST_NS UINT64_C(1000000000)
#define RETRY_MOST_NS  UINT64_C(60000000000)
#define SETTLE_NS      UINT64_C(1000000000)

static bool sink_enabled(enum SINK sink)
{
	return settings_exporter_enabled(shim.settings, sink);
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
	failure_register(&exporter->failures, err);
}

static bool listening(const struct exporter *exporter)
{
	return user_events_listening(&exporter->user_events, USER_EVENT_OTLP) ||
	       user_events_listening(&exporter->user_events, USER_EVENT_RECORD);
}

/* True: it was not settled before. heard_ns: if the listener has just come. */
static bool look_at(struct exporter *exporter, enum user_event event, uint64_t now_ns,
                    uint64_t heard_ns, bool last_chance)
{
	struct listener *listener = &exporter->listeners[event];
	bool before = listener->settled;

	if (!user_events_listening(&exporter->user_events, event))
		listener->heard_ns = 0;
	else if (!listener->heard_ns)
		listener->heard_ns = heard_ns;
	listener->settled =
		listener->heard_ns && (last_chance || now_ns - listener->heard_ns >= SETTLE_NS);
	return listener->settled && !before;
}

bool exporter_poll(struct exporter *exporter, uint64_t now_ns, bool last_chance)
{
	/* Who listens when we register was there before us. */
	uint64_t heard_ns = exporter->user_events.registered ? now_ns : now_ns - SETTLE_NS;
	bool came = false;

	try_to_register(exporter, now_ns);
	for (int event = 0; event < USER_EVENT_COUNT; event++)
		came |= look_at(exporter, (enum user_event)event, now_ns, heard_ns, last_chance);
	return came;
}

bool exporter_wanted(const struct exporter *exporter)
{
	return sink_enabled(SINK_FILE) || listening(exporter);
}

/* What the header says is to be believed when the process has been killed: the word comes last. */
static void set_ledger_state(enum ledger_state state)
{
	struct segment_header *header = counting_segment()->header;

	if (header)
		release_store(&header->ledger, state);
}

static uint32_t accounts_in_use(void)
{
	uint32_t accounts = 0;

	if (sink_enabled(SINK_USER_EVENTS))
		accounts |= 1u << LEDGER_OTLP | 1u << LEDGER_RECORD;
	if (sink_enabled(SINK_FILE))
		accounts |= 1u << LEDGER_FILE;
	return accounts;
}

static void write_identity(const struct exporter *exporter, struct ledger *ledger)
{
	_Static_assert(sizeof(*shim.settings) <= LEDGER_SETTINGS_SIZE, "settings have their room");
	_Static_assert(sizeof(exporter->resource) <= LEDGER_RESOURCE_SIZE, "so has the resource");
	memcpy(ledger->settings, shim.settings, sizeof(*shim.settings));
	settings_seal((struct settings *)ledger->settings);
	memcpy(ledger->resource, &exporter->resource, sizeof(exporter->resource));
}

/* Leaves in the segment who we are and how we export. */
static void leave_identity(const struct exporter *exporter)
{
	struct segment *segment = counting_segment();
	struct ledger *ledger;

	if (!segment->header || !segment->path[0] || tree_is_one())
		return;
	ledger = segment_ledger(segment, LEDGER_IDENTIFIED, 0, false);
	if (!ledger)
		return;
	write_identity(exporter, ledger);
	set_ledger_state(LEDGER_IDENTIFIED);
}

/* An exporter of the tree may have been killed while it exported: what it had on its way is taken
 * for written, for the kernel ends a write that it has begun. */
static bool settle(struct exporter *exporter)
{
	if (ledger_check(exporter->ledger))
		return false;
	for (int account = 0; account < LEDGER_ACCOUNTS; account++) {
		struct point_options options =
			delivery_options(shim.settings, (enum ledger_account)account);

		ledger_settle(exporter->ledger, (enum ledger_account)account, &options, true);
	}
	return true;
}

/* In the segment, where it outlives us; else in memory of our own. */
static bool open_ledger(struct exporter *exporter)
{
	const struct segment_header *header = counting_segment()->header;

	if (exporter->ledger)
		return true;
	if (tree_is_one()) {
		exporter->ledger = session_ledger(shim.directory);
		if (!exporter->ledger || !settle(exporter))
			exporter->ledger = mapping_take(sizeof(*exporter->ledger));
		return exporter->ledger;
	}
	if (header && header->ledger == LEDGER_EMPTY)
		leave_identity(exporter); /* there was no room when that was tried first */
	exporter->ledger =
		segment_ledger(counting_segment(), LEDGER_KEPT, accounts_in_use(), counting_names);
	set_ledger_state(exporter->ledger ? LEDGER_KEPT : LEDGER_PRIVATE);
	if (!exporter->ledger)
		exporter->ledger = mapping_take(sizeof(*exporter->ledger));
	return exporter->ledger;
}

/* That of the process which exported first stays the tree's. */
static bool resource_of_tree(struct exporter *exporter)
{
	const struct ledger *ledger = tree_is_one() ? exporter->ledger : NULL;

	if (!ledger || !ledger->resource[0])
		return false;
	memcpy(&exporter->resource, ledger->resource, sizeof(exporter->resource));
	return resource_check(&exporter->resource) == 0;
}

/* For those who take over, and for who exports the rest when all are killed at once. */
static void keep_for_tree(const struct exporter *exporter)
{
	struct ledger *ledger = exporter->ledger;

	if (!tree_is_one() || !ledger)
		return;
	if (!ledger->snapshot.start_time_ns)
		ledger->snapshot.start_time_ns = shim.start_time_ns;
	write_identity(exporter, ledger);
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
	if (!resource_of_tree(exporter))
		detect_resource(&exporter->resource, uuid);
	keep_for_tree(exporter);
	memcpy(&exporter->resource_shed, &exporter->resource, sizeof(exporter->resource));
	count = resource_shed(&exporter->resource_shed, RESOURCE_ENCODED_LIMIT, shed, sizeof(shed));
	resource_copy_string(&exporter->resource, "service.name", exporter->service,
	                     sizeof(exporter->service));
	leave_identity(exporter);
	if (count == 0 || !settings_exporter_enabled(shim.settings, SINK_USER_EVENTS))
		return;
	string_copy(line, sizeof(line),
	            "resource attributes left out of events, which are small: ");
	string_copy(line + string_length(line), sizeof(line) - string_length(line), shed);
	shim_log(LOG_LEVEL_WARN, line);
}

/* False: the tree could not be counted just now. */
static bool collect(struct exporter *exporter)
{
	struct snapshot *snapshot = &exporter->ledger->snapshot;
	struct process_values *totals = tree_is_one() ? &exporter->tree.own : &snapshot->totals;
	uint64_t last = snapshot->time_ns, now, changes;

	counting_totals(totals);
	observe_process(counting_observed(), &exporter->observed, &shim.observed, totals,
	                exporter->emitter_tid);
	counting_totals(totals);
	if (tree_is_one()) {
		if (!tree_totals_add(&exporter->tree, shim.session, shim.directory, totals,
		                     &snapshot->totals, &changes))
			return false;
		tree_collected(changes);
	}
	if (!snapshot->start_time_ns || !tree_is_one())
		snapshot->start_time_ns = shim.start_time_ns;
	if (last < snapshot->start_time_ns)
		last = snapshot->start_time_ns;
	now = clock_read_ns(CLOCK_REALTIME);
	/* Windows move forward also where the clock was set back. */
	snapshot->time_ns = now > last ? now : last + 1;
	return true;
}

static uint32_t error_value(long err)
{
	switch (err) {
	case 0:
		return EXPORT_ERROR_NONE;
	case -E2BIG:
		return EXPORT_ERROR_E2BIG;
	case -EBADF:
		return EXPORT_ERROR_EBADF;
	case -EFAULT:
		return EXPORT_ERROR_EFAULT;
	case -ENOENT:
		return EXPORT_ERROR_ENOENT;
	case -EACCES:
		return EXPORT_ERROR_EACCES;
	case -ENOSPC:
		return EXPORT_ERROR_ENOSPC;
	case -EFBIG:
		return EXPORT_ERROR_EFBIG;
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

static int export_file(struct exporter *exporter, struct delivery *delivery)
{
	if (!exporter->json)
		exporter->json = mapping_take(OTLP_JSON_BYTES);
	delivery->json = exporter->json;
	return exporter->json ? delivery_file(delivery) : -ENOMEM;
}

static void identify_once(struct exporter *exporter)
{
	if (accounts_in_use() && (!tree_is_one() || open_ledger(exporter)))
		identify(exporter);
}

/* What /proc tells costs a start 20 us, which one that ends before this does not pay. */
static void ask_proc(const struct exporter *exporter)
{
	struct segment_header *header = counting_segment()->header;
	struct process_values *totals;

	if (header && !header->pid_namespace)
		relaxed_store(&header->pid_namespace, segment_pid_namespace());
	if (header)
		relaxed_store(&shim.pid_namespace, header->pid_namespace);
	if (shim.observed.calls_known ||
	    !settings_metric_enabled(shim.settings, METRIC_IO_COVERAGE))
		return;
	totals = mapping_take(sizeof(*totals));
	if (!totals)
		return;
	counting_totals(totals);
	observe_calls_begin(&shim.observed, totals, exporter->emitter_tid);
	sys_call(SYS_munmap, totals, sizeof(*totals));
}

void exporter_awakes(struct exporter *exporter)
{
	ask_proc(exporter);
	identify_once(exporter);
}

void exporter_seen(void)
{
	struct segment_header *header = counting_segment()->header;

	if (header)
		relaxed_store(&header->seen_time_ns, clock_read_ns(CLOCK_REALTIME));
}

static bool is_told(const struct exporter *exporter, enum user_event event)
{
	return exporter->listeners[event].settled &&
	       user_events_listening(&exporter->user_events, event);
}

bool exporter_export(struct exporter *exporter)
{
	bool otlp = is_told(exporter, USER_EVENT_OTLP);
	bool records = is_told(exporter, USER_EVENT_RECORD);
	struct delivery delivery = {
		.settings = shim.settings,
		.pid = tree_is_one() ? tree_pid() : shim.owner_pid,
		.resource = &exporter->resource,
		.resource_shed = &exporter->resource_shed,
		.service = exporter->service,
		.user_events = &exporter->user_events,
		.file = &exporter->file,
		.buffer = exporter->buffer,
		.account = account,
	};

	/* In this order: identity, then what is told. */
	identify_once(exporter);
	if (!open_ledger(exporter))
		return true;
	delivery.ledger = exporter->ledger;
	if (!collect(exporter))
		return false;
	if (otlp || records)
		failure_events(&exporter->failures, otlp ? delivery_otlp(&delivery) : 0,
		               records ? delivery_records(&delivery) : 0);
	if (sink_enabled(SINK_FILE))
		failure_file(&exporter->failures, export_file(exporter, &delivery));
	observe_add(counting_observed(), METRIC_MEASUREMENTS_DROPPED, DROP_REASON_OVERSIZE,
	            delivery.oversize);
	return true;
}

void exporter_absorb(struct exporter *exporter, const uint32_t *calls, uint32_t seen)
{
	if (tree_is_one() && tree_is_exporter())
		tree_totals_absorb(&exporter->tree, shim.session, shim.directory, calls, seen);
}

void exporter_close(struct exporter *exporter)
{
	user_events_close(&exporter->user_events);
	file_sink_close(&exporter->file);
	/* The next thread that exports registers at once. */
	exporter->retry_ns = exporter->retry_after_ns = 0;
	memset(exporter->listeners, 0, sizeof(exporter->listeners));
}
