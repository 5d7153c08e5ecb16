/* Sums over shards, derived rows, sums over processes. No libc: runs on the emitter. */
#include "base/atomic.h"
#include "base/memory.h"
#include "metrics/collect.h"

static void add_words(uint64_t *to, const uint64_t *from, size_t words)
{
	for (size_t i = 0; i < words; i++)
		to[i] += counter_read(&from[i]);
}

void collect_add_process(struct process_values *to, const struct process_values *from)
{
	add_words((uint64_t *)to, (const uint64_t *)from, PROCESS_WORDS);
}

static uint32_t page_words(uint32_t page)
{
	int64_t left = (int64_t)PROCESS_WORDS - (int64_t)page * SEGMENT_PAGE_WORDS;

	if (left <= 0) /* names */
		return 0;
	return left < SEGMENT_PAGE_WORDS ? (uint32_t)left : SEGMENT_PAGE_WORDS;
}

void collect_add_pages(struct process_values *to, const struct process_values *from, uint64_t pages)
{
	for (; pages; pages &= pages - 1) {
		uint32_t page = (uint32_t)__builtin_ctzll(pages), at = page * SEGMENT_PAGE_WORDS;

		add_words((uint64_t *)to + at, (const uint64_t *)from + at, page_words(page));
	}
}

void collect_add_shard(struct process_values *to, const struct shard_values *from)
{
	add_words((uint64_t *)&to->common, (const uint64_t *)from, SHARD_WORDS);
}

static uint64_t *words_of(struct process_values *values, enum metric_id id, uint32_t series)
{
	return (uint64_t *)values + metric_series_word(&metric_table[id], series);
}

static uint64_t sum_of(struct process_values *values, enum metric_id id)
{
	uint64_t sum = 0;

	for (uint32_t series = 0; series < metric_table[id].series; series++)
		sum += *words_of(values, id, series);
	return sum;
}

/* Allocations are counted by the histogram of their sizes alone. */
static void derive_memory(struct process_values *totals, int64_t inherited_bytes,
                          int64_t inherited_blocks)
{
	uint64_t allocations = 0;

	for (uint32_t operation = 0; operation < MEMORY_OPERATION_COUNT; operation++) {
		const uint64_t *sizes = words_of(totals, METRIC_MEMORY_ALLOCATION_SIZE, operation);
		uint64_t count = 0;

		for (uint32_t i = 1; i < metric_table[METRIC_MEMORY_ALLOCATION_SIZE].width; i++)
			count += sizes[i];
		*words_of(totals, METRIC_MEMORY_ALLOCATIONS, operation) = count;
		allocations += count;
	}
	*words_of(totals, METRIC_MEMORY_USED, 0) = sum_of(totals, METRIC_MEMORY_ALLOCATED) -
	                                           sum_of(totals, METRIC_MEMORY_FREED) +
	                                           (uint64_t)inherited_bytes;
	*words_of(totals, METRIC_MEMORY_ALLOCATION_COUNT, 0) =
		allocations - sum_of(totals, METRIC_MEMORY_DEALLOCATIONS) +
		(uint64_t)inherited_blocks;
}

static void derive_mappings(struct process_values *totals)
{
	*words_of(totals, METRIC_MAPPING_USAGE, 0) =
		sum_of(totals, METRIC_MAPPING_MAPPED) - sum_of(totals, METRIC_MAPPING_UNMAPPED);
}

static void derive_network(struct process_values *totals)
{
	const struct metric *io = &metric_table[METRIC_SOCKET_IO];

	for (uint32_t direction = 0; direction < NETWORK_DIRECTION_COUNT; direction++)
		*words_of(totals, METRIC_PROCESS_NETWORK_IO, direction) = 0;
	for (uint32_t series = 0; series < io->series; series++) {
		if (metric_attribute_value(io, series, 2) != NETWORK_TYPE_NONE)
			*words_of(totals, METRIC_PROCESS_NETWORK_IO,
			          metric_attribute_value(io, series, 0)) +=
				*words_of(totals, METRIC_SOCKET_IO, series);
	}
}

void collect_derive(struct process_values *totals, int64_t inherited_bytes,
                    int64_t inherited_blocks)
{
	derive_memory(totals, inherited_bytes, inherited_blocks);
	derive_network(totals);
	derive_mappings(totals);
}

void collect_add_segment(struct process_values *to, const struct segment *segment)
{
	uint64_t pages = acquire_load(&segment->process_pages);

	collect_add_pages(to, segment->process, pages);
	if (!(SEGMENT_NAMES_PAGES & ~pages))
		names_copy(&to->names, &segment->process->names);
	for (uint32_t index = 0; index < segment->shards_mapped; index++) {
		const struct shard_values *shard = segment_shard(segment, index);

		if (shard)
			collect_add_shard(to, shard);
	}
}

void collect_clear(struct process_values *totals, bool named)
{
	uint64_t *words = (uint64_t *)totals;

	if (named) {
		memset(totals, 0, sizeof(*totals));
		return;
	}
	memset(words, 0, NAMED_WORD * sizeof(uint64_t));
	memset(words + NAMED_END, 0, (PROCESS_WORDS - NAMED_END) * sizeof(uint64_t));
}

void collect_totals(struct process_values *ret, const struct segment *segment)
{
	memset(ret, 0, sizeof(*ret));
	collect_add_segment(ret, segment);
	collect_derive(ret, segment->header->inherited_bytes, segment->header->inherited_blocks);
}

static void add_live(const struct shard_values *shard, uint64_t *bytes, uint64_t *blocks)
{
	const uint32_t width = WIDTH_BYTES;

	for (uint32_t operation = 0; operation < MEMORY_OPERATION_COUNT; operation++) {
		*bytes += counter_read(&shard->MEMORY_ALLOCATED[operation]);
		for (uint32_t i = 1; i < width; i++)
			*blocks +=
				counter_read(&shard->MEMORY_ALLOCATION_SIZE[operation * width + i]);
	}
	for (uint32_t release = 0; release < MEMORY_RELEASE_COUNT; release++) {
		*bytes -= counter_read(&shard->MEMORY_FREED[release]);
		*blocks -= counter_read(&shard->MEMORY_DEALLOCATIONS[release]);
	}
}

void collect_live(const struct segment *segment, int64_t *ret_bytes, int64_t *ret_blocks)
{
	uint64_t bytes = (uint64_t)segment->header->inherited_bytes;
	uint64_t blocks = (uint64_t)segment->header->inherited_blocks;

	if (acquire_load(&segment->process_pages) & 1)
		add_live(&segment->process->common, &bytes, &blocks);
	for (uint32_t index = 0; index < segment->shards_mapped; index++) {
		const struct shard_values *shard = segment_shard(segment, index);

		if (shard)
			add_live(shard, &bytes, &blocks);
	}
	*ret_bytes = (int64_t)bytes;
	*ret_blocks = (int64_t)blocks;
}

static void drain_words(uint64_t *to, uint64_t *from, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		if (counter_read(&from[i]))
			counter_add_shared(&to[i],
			                   __atomic_exchange_n(&from[i], 0, __ATOMIC_RELAXED));
	}
}

void collect_drain(struct process_values *to, struct process_values *from, uint64_t pages)
{
	for (; pages; pages &= pages - 1) {
		uint32_t page = (uint32_t)__builtin_ctzll(pages), at = page * SEGMENT_PAGE_WORDS;

		drain_words((uint64_t *)to + at, (uint64_t *)from + at, page_words(page));
	}
}

static void merge_observed(uint64_t *tree, uint64_t word)
{
	if (word == OBSERVED_ABSENT)
		return;
	if (*tree == OBSERVED_ABSENT)
		*tree = word;
	else
		*tree = observed_from_s64(observed_to_s64(*tree) + observed_to_s64(word));
}

uint32_t collect_series_in(struct process_values *to, const struct process_values *from,
                           const struct metric *metric, uint32_t series)
{
	const struct name *name;

	if (!metric_is_named(metric, series) || series == DNS_ERROR_OVERFLOW)
		return series;
	name = name_at(&from->names, series - DNS_ERROR_NAMED);
	if (!name)
		return DNS_ERROR_OVERFLOW;
	return DNS_ERROR_NAMED + name_slot(&to->names, name->text, name->length, name->error);
}

void collect_merge(struct process_values *tree, const struct process_values *totals, bool ended)
{
	for (int id = 0; id < METRIC_COUNT; id++) {
		const struct metric *metric = &metric_table[id];
		bool observed = metric->place == PLACE_OBSERVED;

		if (metric->kind == KIND_GAUGE ||
		    (ended && observed && metric->kind == KIND_UPDOWN))
			continue;
		for (uint32_t series = 0; series < metric->series; series++) {
			uint32_t in_tree = collect_series_in(tree, totals, metric, series);
			uint64_t *to = (uint64_t *)tree + metric_series_word(metric, in_tree);
			const uint64_t *from =
				(const uint64_t *)totals + metric_series_word(metric, series);

			if (observed)
				merge_observed(to, *from);
			else
				add_words(to, from, metric->width);
		}
	}
}
