/*
 * Segments that their owner forged. The input is a list of changes to a valid one: 16 bytes each,
 * where (u32), how long (u32, 1 to 8), what (u64, little endian); a change of length 0 cuts the
 * file there. The reader may refuse the result, but what it accepts is within its own bounds, and
 * what salvage takes of it can be encoded. The same for a session's accumulator.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "encoder/otlp_json.h"
#include "export/salvage.h"
#include "metrics/segment_internal.h"

struct change {
	uint32_t at, length;
	uint64_t value;
};

static struct segment segment;
static int file, directory;
static char path[] = "/tmp/otelue-fuzz.XXXXXX";

static void remove_files(void)
{
	unlinkat(directory, SESSION_ACCUMULATOR, 0);
	rmdir(path);
}

/* As a process leaves it whose last export was half entered. */
static void fill_ledger(void)
{
	struct ledger *ledger = segment_ledger(&segment, LEDGER_KEPT, ~0u, true);
	struct resource *resource;
	struct settings settings;

	if (!ledger)
		abort();
	memcpy(&settings, &settings_default, sizeof(settings));
	settings_seal(&settings);
	memcpy(ledger->settings, &settings, sizeof(settings));
	resource = (struct resource *)ledger->resource;
	resource_init(resource, RESOURCE_NO_LIMIT);
	resource_add_string(resource, RESOURCE_USER, "service.name", "fuzzed", 6);
	resource_add_int(resource, RESOURCE_DETECTED, "process.pid", 1);
	if (!salvage_identity_valid(ledger))
		abort();
	ledger_begin(ledger, LEDGER_FILE, 0, SERIES_TOTAL);
	ledger->flights[LEDGER_FILE].stage = LEDGER_WRITTEN;
	segment.header->ledger = LEDGER_KEPT;
}

static void make_files(void)
{
	/* There: so it is anonymous memory. */
	struct segment_identity identity = {.directory = "/dev/null/none"};

	if (segment_create(&segment, &identity) < 0 || !segment_claim(&segment, 1))
		abort();
	segment_message(&segment, "a message");
	fill_ledger();
	file = memfd_create("segment", MFD_CLOEXEC);
	if (file < 0 || !mkdtemp(path) || session_create(path) < 0)
		abort();
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	atexit(remove_files);
	if (write(file, segment.header, SEGMENT_FIRST_MAP) != (ssize_t)SEGMENT_FIRST_MAP)
		abort();
}

static void apply(int fd, const uint8_t *bytes, size_t size, size_t length)
{
	struct change change;

	for (; size >= sizeof(change); bytes += sizeof(change), size -= sizeof(change)) {
		memcpy(&change, bytes, sizeof(change));
		change.at %= (uint32_t)length;
		if (change.length == 0) {
			if (ftruncate(fd, change.at) < 0)
				abort();
		} else if (pwrite(fd, &change.value, 1 + change.length % 8, change.at) < 0) {
			abort();
		}
	}
}

static void check_totals(const struct process_values *totals)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];
		const uint64_t *words = (const uint64_t *)totals + metric_series_word(metric, 0);

		if (metric->kind != KIND_COUNTER || metric->place != PLACE_RECORDED)
			continue;
		for (uint32_t i = 0; i < metric->shard_series; i++) {
			if (words[i] > READER_LARGEST)
				abort();
		}
	}
}

static void try_ledger(const struct segment_reading *reading)
{
	static struct ledger ledger;
	static char line[OTLP_JSON_BYTES];
	struct otlp_output output;

	if (reader_ledger(file, reading, LEDGER_KEPT, &ledger) < 0 ||
	    reading->ledger == LEDGER_EMPTY || !salvage_identity_valid(&ledger))
		return;
	for (enum ledger_account account = 0; account < LEDGER_ACCOUNTS; account++) {
		const struct settings *settings = (const struct settings *)ledger.settings;
		const struct resource *resource = (const struct resource *)ledger.resource;
		struct point_options options = delivery_options(settings, account);
		const struct otlp_input input = {&ledger.snapshot,
		                                 &ledger.baselines[account].baseline, &options,
		                                 resource, true};

		ledger_settle(&ledger, account, &options, true);
		memcpy(&ledger.snapshot.totals, &reading->totals, sizeof(reading->totals));
		if (otlp_json_encode(line, sizeof(line), &input, 0, &output) > (long)sizeof(line) ||
		    otlp_encode((uint8_t *)line, 4048, &input, 0, &output) > 4048)
			abort();
	}
}

static void try_segment(const uint8_t *bytes, size_t size)
{
	static struct segment_reading reading;

	apply(file, bytes, size, SEGMENT_FIRST_MAP);
	if (reader_parse(file, &reading) == 0) {
		check_totals(&reading.totals);
		try_ledger(&reading);
		if (!memchr(reading.program, 0, sizeof(reading.program)) ||
		    !memchr(reading.messages, 0, sizeof(reading.messages)) ||
		    reading.shards > SEGMENT_SHARDS_MAX || reading.pid > INT32_MAX)
			abort();
	}
	if (pwrite(file, segment.header, SEGMENT_FIRST_MAP, 0) != (ssize_t)SEGMENT_FIRST_MAP ||
	    ftruncate(file, SEGMENT_FIRST_MAP) < 0)
		abort();
}

static void try_session(const uint8_t *bytes, size_t size)
{
	static struct session_accumulator valid, accumulator;
	int fd = openat(directory, SESSION_ACCUMULATOR, O_RDWR | O_CLOEXEC);

	if (fd < 0 || (valid.magic == 0 && pread(fd, &valid, sizeof(valid), 0) != sizeof(valid)))
		abort();
	apply(fd, bytes, size, sizeof(valid));
	if (reader_session(directory, geteuid(), &accumulator) == 0 &&
	    (!memchr(accumulator.messages, 0, sizeof(accumulator.messages)) ||
	     accumulator.processes > READER_LARGEST))
		abort();
	if (pwrite(fd, &valid, sizeof(valid), 0) != sizeof(valid) ||
	    ftruncate(fd, sizeof(valid)) < 0)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (!segment.header)
		make_files();
	try_segment(bytes, size);
	try_session(bytes, size);
	return 0;
}
