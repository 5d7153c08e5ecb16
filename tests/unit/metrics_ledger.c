/* What a killed process leaves in its ledger, at every step of an export. */
#include <errno.h>
#include <sys/mman.h>
#include "metrics/collect.h"
#include "metrics/reader.h"
#include "tests/unit/scratch.h"

static struct ledger ledger;
static struct point point;
static const struct point_options delta = {.families = ~UINT64_C(0)};

static uint64_t *word(struct process_values *values, enum metric_id id)
{
	return (uint64_t *)values + metric_series_word(&metric_table[id], 0);
}

static uint32_t series_of(enum metric_id id)
{
	uint32_t within, series = 0;

	while (snapshot_series(series, &within) != &metric_table[id])
		series++;
	return series;
}

/* A counter of 5 and a histogram of two values are new. */
static void make_ledger(void)
{
	uint64_t *sizes = word(&ledger.snapshot.totals, METRIC_MEMORY_ALLOCATION_SIZE);

	memset(&ledger, 0, sizeof(ledger));
	ledger.snapshot.start_time_ns = 100;
	ledger.snapshot.time_ns = 200;
	*word(&ledger.snapshot.totals, METRIC_PROCESS_EXECS) = 5;
	sizes[0] = 30;
	sizes[4] = sizes[7] = 1;
}

static bool is_new(enum metric_id id)
{
	return point_read(&point, &ledger.snapshot, &ledger.baselines[LEDGER_FILE].baseline, &delta,
	                  series_of(id));
}

TestSuite(ledger, .init = make_ledger);

Test(ledger, an_event_that_was_entered_is_not_new)
{
	ledger_begin(&ledger, LEDGER_FILE, 0, SERIES_TOTAL);
	cr_assert(is_new(METRIC_PROCESS_EXECS));
	ledger_commit(&ledger, LEDGER_FILE, &delta);
	cr_assert_not(is_new(METRIC_PROCESS_EXECS));
	cr_assert_eq(ledger.flights[LEDGER_FILE].stage, LEDGER_IDLE);
}

Test(ledger, an_event_that_was_not_written_stays_new)
{
	ledger_begin(&ledger, LEDGER_FILE, 0, SERIES_TOTAL);
	ledger_cancel(&ledger, LEDGER_FILE);
	ledger_settle(&ledger, LEDGER_FILE, &delta, true);
	cr_assert(is_new(METRIC_PROCESS_EXECS));
}

Test(ledger, an_event_on_its_way_is_settled_as_the_sink_says)
{
	ledger_begin(&ledger, LEDGER_FILE, 0, SERIES_TOTAL);
	ledger_settle(&ledger, LEDGER_FILE, &delta, false);
	cr_assert(is_new(METRIC_PROCESS_EXECS));
	ledger_begin(&ledger, LEDGER_FILE, 0, SERIES_TOTAL);
	ledger_settle(&ledger, LEDGER_FILE, &delta, true);
	cr_assert_not(is_new(METRIC_PROCESS_EXECS));
}

Test(ledger, a_histogram_entered_in_part_is_entered_whole)
{
	uint64_t *told =
		word(&ledger.baselines[LEDGER_FILE].baseline.told, METRIC_MEMORY_ALLOCATION_SIZE);

	ledger_begin(&ledger, LEDGER_FILE, 0, SERIES_TOTAL);
	ledger.flights[LEDGER_FILE].stage = LEDGER_WRITTEN;
	told[0] = 30; /* killed between these two words */
	told[4] = 1;
	ledger_settle(&ledger, LEDGER_FILE, &delta, false);
	cr_assert_not(is_new(METRIC_MEMORY_ALLOCATION_SIZE));
	cr_assert_eq(ledger.baselines[LEDGER_FILE]
	                     .baseline.time_ns[series_of(METRIC_MEMORY_ALLOCATION_SIZE)],
	             200);
}

Test(ledger, only_the_series_of_the_event_are_settled)
{
	uint32_t series = series_of(METRIC_PROCESS_EXECS);

	ledger_begin(&ledger, LEDGER_FILE, series, series + 1);
	ledger_settle(&ledger, LEDGER_FILE, &delta, true);
	cr_assert_not(is_new(METRIC_PROCESS_EXECS));
	cr_assert(is_new(METRIC_MEMORY_ALLOCATION_SIZE));
}

Test(ledger, refuses_a_flight_that_cannot_be)
{
	struct ledger_flight *flight = &ledger.flights[LEDGER_OTLP];

	cr_assert_eq(ledger_check(&ledger), 0);
	*flight = (struct ledger_flight){LEDGER_STAGES, 0, 0};
	cr_assert_eq(ledger_check(&ledger), -EBADMSG);
	*flight = (struct ledger_flight){LEDGER_WRITTEN, 0, SERIES_TOTAL + 1};
	cr_assert_eq(ledger_check(&ledger), -EBADMSG);
	*flight = (struct ledger_flight){LEDGER_WRITING, 2, 1};
	cr_assert_eq(ledger_check(&ledger), -EBADMSG);
}

Test(ledger, refuses_sums_that_cannot_be)
{
	uint64_t *told = word(&ledger.baselines[LEDGER_RECORD].baseline.told, METRIC_PROCESS_EXECS);

	*told = READER_LARGEST;
	cr_assert_eq(ledger_check(&ledger), 0);
	*told = READER_LARGEST + 1;
	cr_assert_eq(ledger_check(&ledger), -EBADMSG);
	*told = 0;
	*word(&ledger.snapshot.totals, METRIC_PROCESS_EXECS) = READER_LARGEST + 1;
	cr_assert_eq(ledger_check(&ledger), -EBADMSG);
}

static int resident_pages(struct segment *segment)
{
	unsigned char pages[SEGMENT_ROUND(sizeof(struct ledger)) / SEGMENT_PAGE];
	int count = 0;

	cr_assert_eq(
		mincore((char *)segment->header + SEGMENT_LEDGER_OFFSET, sizeof(ledger), pages), 0);
	for (size_t i = 0; i < sizeof(pages); i++)
		count += pages[i] & 1;
	return count;
}

Test(ledger, takes_memory_when_it_is_needed, .init = scratch_make, .fini = scratch_remove)
{
	struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};
	const int front = offsetof(struct ledger, snapshot) / SEGMENT_PAGE;
	const int all = sizeof(struct ledger) / SEGMENT_PAGE;
	const int names = (NAMED_END - NAMED_WORD) * 8 / SEGMENT_PAGE - 1;
	const int kept = front + 2 * (int)sizeof(struct ledger_baseline) / SEGMENT_PAGE;
	struct segment segment;

	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_eq(resident_pages(&segment), 0);
	cr_assert_not_null(segment_ledger(&segment, LEDGER_IDENTIFIED, 0, false));
	cr_assert_eq(resident_pages(&segment), front);
	cr_assert_not_null(segment_ledger(&segment, LEDGER_KEPT, 1u << LEDGER_FILE, false));
	cr_assert_leq(resident_pages(&segment), kept - 2 * names);
	cr_assert_not_null(segment_ledger(&segment, LEDGER_KEPT, ~0u, true));
	cr_assert_eq(resident_pages(&segment), all);
}

Test(ledger, is_read_as_far_as_the_header_says, .init = scratch_make, .fini = scratch_remove)
{
	static struct segment_reading reading;
	static struct ledger copy;
	struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};
	struct segment segment;
	struct ledger *own;
	int fd;

	cr_assert_eq(segment_create(&segment, &identity), 0);
	own = segment_ledger(&segment, LEDGER_KEPT, 1u << LEDGER_FILE, false);
	own->settings[0] = 7;
	own->snapshot.time_ns = 9;
	own->flights[LEDGER_FILE].stage = LEDGER_WRITTEN;
	fd = open(segment.path, O_RDONLY);
	for (enum ledger_state state = LEDGER_EMPTY; state < LEDGER_STATES; state++) {
		segment.header->ledger = state;
		cr_assert_eq(reader_parse(fd, &reading), 0);
		cr_assert_eq(reader_ledger(fd, &reading, LEDGER_KEPT, &copy), 0);
		cr_assert_eq(copy.settings[0],
		             state == LEDGER_IDENTIFIED || state == LEDGER_KEPT ? 7 : 0);
		cr_assert_eq(copy.snapshot.time_ns, state == LEDGER_KEPT ? 9 : 0);
	}
	segment.header->ledger = LEDGER_STATES;
	cr_assert_eq(reader_parse(fd, &reading), -EBADMSG);
	segment.header->ledger = LEDGER_KEPT;
	own->flights[LEDGER_FILE].stage = LEDGER_STAGES;
	cr_assert_eq(reader_parse(fd, &reading), 0);
	cr_assert_eq(reader_ledger(fd, &reading, LEDGER_KEPT, &copy), -EBADMSG);
	close(fd);
}
