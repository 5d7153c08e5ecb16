/* Slots for names: who gets one, what it stands for, what others make of the table. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "metrics/collect.h"
#include "metrics/names.h"

static struct name_table table;

static uint32_t slot_of(const char *text, uint8_t error)
{
	return name_slot(&table, text, strlen(text), error);
}

Test(names, a_pair_of_name_and_error_has_one_slot)
{
	cr_assert_eq(slot_of("one.example", 0), 0);
	cr_assert_eq(slot_of("two.example", 0), 1);
	cr_assert_eq(slot_of("one.example", 3), 2);
	cr_assert_eq(slot_of("one.example", 0), 0);
	cr_assert_eq(slot_of("", 0), 3);
}

Test(names, a_slot_says_what_it_stands_for)
{
	cr_assert_null(name_at(&table, 0));
	slot_of("one.example", 3);
	cr_assert_eq(name_at(&table, 0)->error, 3);
	cr_assert_eq(name_at(&table, 0)->length, 11);
	cr_assert_eq(memcmp(name_at(&table, 0)->text, "one.example", 11), 0);
	cr_assert_null(name_at(&table, 1));
}

Test(names, other_bytes_are_question_marks)
{
	slot_of("a b\n\xff\"", 0);
	cr_assert_eq(memcmp(name_at(&table, 0)->text, "a?b??\"", 6), 0);
	cr_assert_eq(slot_of("a?b??\"", 0), 0);
}

Test(names, the_65th_has_none)
{
	char text[20];

	for (uint32_t i = 0; i < NAME_SLOTS; i++) {
		snprintf(text, sizeof(text), "%u", i);
		cr_assert_eq(slot_of(text, 0), i);
	}
	cr_assert_eq(slot_of("one more", 0), NAME_SLOTS);
	cr_assert_eq(slot_of("63", 0), 63);
}

Test(names, one_that_is_too_long_has_none)
{
	char text[NAME_BYTES + 2];

	memset(text, 'a', sizeof(text));
	cr_assert_eq(name_slot(&table, text, NAME_BYTES + 1, 0), NAME_SLOTS);
	cr_assert_eq(name_slot(&table, text, NAME_BYTES, 0), 0);
}

/* Killed while it wrote: the key stands there, and no name. */
Test(names, a_slot_that_was_left_half_written_is_finished_by_the_next)
{
	slot_of("one.example", 0);
	table.slot[0].key &= ~UINT64_C(1);
	memset(table.slot[0].text, 0, NAME_BYTES);
	cr_assert_null(name_at(&table, 0));
	cr_assert_eq(slot_of("two.example", 0), 1);
	cr_assert_eq(slot_of("one.example", 0), 0);
	cr_assert_eq(memcmp(name_at(&table, 0)->text, "one.example", 11), 0);
}

static void *take_all(void *unused)
{
	char text[20];

	for (unsigned int i = 0; i < 100 * NAME_SLOTS; i++) {
		snprintf(text, sizeof(text), "name %u", i % NAME_SLOTS);
		slot_of(text, 0);
	}
	return unused;
}

Test(names, threads_agree_on_slots)
{
	pthread_t thread[8];

	for (int i = 0; i < 8; i++)
		cr_assert_eq(pthread_create(&thread[i], NULL, take_all, NULL), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	for (uint32_t a = 0; a < NAME_SLOTS; a++) {
		cr_assert_not_null(name_at(&table, a));
		for (uint32_t b = 0; b < a; b++)
			cr_assert_neq(table.slot[a].key, table.slot[b].key);
	}
}

Test(names, what_name_slot_cannot_have_written_is_found)
{
	struct name good = {.length = 1, .error = 2, .text = "a"}, bad;

	cr_assert(name_is_plausible(&good, 3));
	cr_assert_not(name_is_plausible(&good, 2), "no such error");
	bad = good;
	bad.length = NAME_BYTES + 1;
	cr_assert_not(name_is_plausible(&bad, 3));
	bad = good;
	bad.text[0] = '\n';
	cr_assert_not(name_is_plausible(&bad, 3));
}

static struct process_values one, tree;

static uint64_t *sum_of(struct process_values *values, uint32_t slot)
{
	return (uint64_t *)values + metric_series_word(&metric_table[METRIC_DNS_LOOKUP_DURATION],
	                                               DNS_ERROR_NAMED + slot);
}

Test(names, a_tree_has_names_of_its_own_numbers)
{
	name_slot(&tree.names, "other", 5, 0);
	*sum_of(&tree, 0) = 100;
	name_slot(&one.names, "mine", 4, 0);
	name_slot(&one.names, "other", 5, 0);
	*sum_of(&one, 0) = 1;
	*sum_of(&one, 1) = 20;
	*sum_of(&one, 2) = 3000; /* which nobody named */
	*sum_of(&one, NAME_SLOTS) = 40000;
	collect_merge(&tree, &one, true);
	cr_assert_eq(*sum_of(&tree, 0), 120);
	cr_assert_eq(*sum_of(&tree, 1), 1);
	cr_assert_eq(*sum_of(&tree, NAME_SLOTS), 43000);
}
