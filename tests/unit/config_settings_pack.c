/* Attributes and patterns packed into texts of fixed size. */
#include <errno.h>
#include "config/settings_pack.h"
#include "tests/unit/settings_fixture.h"

static void make_default(void)
{
	memcpy(&settings, &settings_default, sizeof(settings));
}

TestSuite(settings_pack, .init = make_default);

static int add(const char *key, const char *text)
{
	struct settings_attribute attribute = {.key = key,
	                                       .text = text,
	                                       .key_length = (uint32_t)strlen(key),
	                                       .text_length = (uint32_t)strlen(text)};

	return settings_attribute_add(&settings, &attribute);
}

Test(settings_pack, attributes_of_all_types_come_back)
{
	struct settings_attribute one = {
		.key = "i", .key_length = 1, .type = ATTRIBUTE_INT, .integer = INT64_MIN};
	uint32_t offset = 0;

	cr_assert_eq(settings_attribute_add(&settings, &one), 0);
	one = (struct settings_attribute){
		.key = "d", .key_length = 1, .type = ATTRIBUTE_DOUBLE, .real = 0.1};
	cr_assert_eq(settings_attribute_add(&settings, &one), 0);
	one = (struct settings_attribute){
		.key = "b", .key_length = 1, .type = ATTRIBUTE_BOOL, .integer = 1};
	cr_assert_eq(settings_attribute_add(&settings, &one), 0);
	cr_assert_eq(add("s", ""), 0);

	cr_assert(settings_attribute_next(&settings, &offset, &one));
	cr_assert_eq(one.integer, INT64_MIN);
	cr_assert(settings_attribute_next(&settings, &offset, &one));
	cr_assert_eq(one.real, 0.1);
	cr_assert(settings_attribute_next(&settings, &offset, &one));
	cr_assert_eq(one.type, ATTRIBUTE_BOOL);
	cr_assert_eq(one.integer, 1);
	cr_assert(settings_attribute_next(&settings, &offset, &one));
	cr_assert_str_eq(one.key, "s");
	cr_assert_eq(one.text_length, 0);
	cr_assert_not(settings_attribute_next(&settings, &offset, &one));
	cr_assert(settings_attributes_valid(&settings));
}

Test(settings_pack, a_key_is_added_once)
{
	cr_assert_eq(add("a", "1"), 0);
	cr_assert_eq(add("a", "2"), -EEXIST);
	cr_assert_str_eq(attribute_text("a"), "1");
}

Test(settings_pack, a_full_list_stays_well_formed)
{
	char key[16];
	int n = 0;

	do
		snprintf(key, sizeof(key), "k%d", n++);
	while (add(key, "some value") == 0);
	cr_assert_gt(n, 90);
	cr_assert_eq(add("one.more", "some value"), -ENOSPC);
	cr_assert(settings_attributes_valid(&settings));
}

Test(settings_pack, a_removed_attribute_leaves_the_others)
{
	cr_assert_eq(add("a", "1"), 0);
	cr_assert_eq(add("b", "22"), 0);
	cr_assert_eq(add("c", "333"), 0);
	settings_attribute_remove(&settings, "b", 0);
	cr_assert_null(attribute_text("b"));
	cr_assert_str_eq(attribute_text("a"), "1");
	cr_assert_str_eq(attribute_text("c"), "333");
	cr_assert(settings_attributes_valid(&settings));
}

Test(settings_pack, held_attributes_are_not_removed)
{
	cr_assert_eq(add("a", "1"), 0);
	settings_attribute_remove(&settings, "a", settings_attributes_used(&settings));
	cr_assert_str_eq(attribute_text("a"), "1");
}

Test(settings_pack, any_bytes_can_be_walked)
{
	struct settings_attribute attribute;
	uint32_t state = 1;

	for (int round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(settings.resource_attributes); i++) {
			state = state * 1664525u + 1013904223u;
			settings.resource_attributes[i] =
				(char)(state >> 24 & (round & 1 ? 3 : 255));
		}
		for (uint32_t offset = 0;
		     settings_attribute_next(&settings, &offset, &attribute);) {
			cr_assert_leq(offset, sizeof(settings.resource_attributes));
			cr_assert_eq(strlen(attribute.key) <= attribute.key_length, true);
		}
		settings_attributes_valid(&settings);
	}
}

Test(settings_pack, patterns_are_kept_until_the_room_ends)
{
	char list[10] = "";

	cr_assert_eq(settings_pattern_add(list, sizeof(list), "abc", 3), 0);
	cr_assert_eq(settings_pattern_add(list, sizeof(list), "", 0), -EINVAL);
	cr_assert_eq(settings_pattern_add(list, sizeof(list), "12345", 5), -ENOSPC);
	cr_assert_eq(settings_pattern_add(list, sizeof(list), "1234", 4), 0);
	cr_assert_arr_eq(list, "abc\0001234\0", 10);
	cr_assert(settings_patterns_valid(list, sizeof(list)));
}

Test(settings_pack, patterns_must_end)
{
	cr_assert(settings_patterns_valid("\0xx", 3));
	cr_assert_not(settings_patterns_valid("a\0b", 3));
	cr_assert_not(settings_patterns_valid("abc", 3));
}
