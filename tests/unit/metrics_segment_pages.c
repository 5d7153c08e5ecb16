/* The process's block gets its memory page by page, when something is first counted there. */
#include "metrics/collect.h"
#include "metrics/segment_internal.h"
#include "tests/unit/scratch.h"

static struct segment segment;

static void make_segment(void)
{
	struct segment_identity identity = {.directory = scratch, .start_time_ns = 1000};

	scratch_make();
	cr_assert_eq(segment_create(&segment, &identity), 0);
	cr_assert_str_not_empty(segment.path);
}

static uint64_t file_bytes(void)
{
	struct stat status;

	cr_assert_eq(stat(segment.path, &status), 0);
	return (uint64_t)status.st_blocks * 512;
}

TestSuite(segment_pages, .init = make_segment, .fini = scratch_remove);

Test(segment_pages, one_is_there_at_first_and_more_when_used)
{
	uint64_t last = segment_process_pages(PROCESS_WORDS - 1, 1);

	cr_assert_eq(file_bytes(), SEGMENT_PAGE);
	cr_assert(segment_populate_process(&segment, last | 1));
	cr_assert_eq(segment.process_pages, last | 1);
	cr_assert_eq(file_bytes(), 3 * SEGMENT_PAGE);
	cr_assert(segment_populate_process(&segment, SEGMENT_PROCESS_PAGES_ALL));
	cr_assert_eq(file_bytes(), SEGMENT_PAGE * (1 + SEGMENT_PROCESS_PAGES));
}

Test(segment_pages, are_known_by_their_words)
{
	cr_assert_eq(segment_process_pages(0, 1), 1);
	cr_assert_eq(segment_process_pages(SEGMENT_PAGE_WORDS - 1, 1), 1);
	cr_assert_eq(segment_process_pages(SEGMENT_PAGE_WORDS - 1, 2), 3);
	cr_assert_eq(segment_process_pages(SEGMENT_PAGE_WORDS, 2 * SEGMENT_PAGE_WORDS + 1), 14);
}

Test(segment_pages, without_memory_are_not_looked_at)
{
	struct process_values totals;

	collect_totals(&totals, &segment);
	cr_assert_eq(file_bytes(), SEGMENT_PAGE);
}

/* As on a kernel whose pages are larger than ours: where we begin, none of its own does. */
Test(segment_pages, within_a_larger_page_of_the_kernel_get_memory)
{
	const size_t larger = sysconf(_SC_PAGESIZE), reserved = 2 * (size_t)LARGEST_PAGE;
	char *map = mmap(NULL, reserved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *first;
	unsigned char resident = 0;

	cr_assert_neq(map, MAP_FAILED);
	first = map + (LARGEST_PAGE - (uintptr_t)map % LARGEST_PAGE) % LARGEST_PAGE;
	cr_assert_eq(populate(first + larger / 2, larger / 4), 0);
	cr_assert_eq(mincore(first, larger, &resident), 0);
	cr_assert_eq(resident & 1, 1);
	munmap(map, reserved);
}
