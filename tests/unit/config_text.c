/* Lines built in buffers of fixed size. */
#include <criterion/criterion.h>
#include <string.h>
#include "config/text.h"

Test(text, numbers_are_written_in_decimal)
{
	char buffer[64];
	struct text text = text_start(buffer, sizeof(buffer));

	text_add_s64(&text, INT64_MIN);
	text_add(&text, " ");
	text_add_u64(&text, UINT64_MAX);
	cr_assert_str_eq(buffer, "-9223372036854775808 18446744073709551615");
}

Test(text, what_does_not_fit_is_left_out_and_told)
{
	char buffer[6];
	struct text text = text_start(buffer, sizeof(buffer));

	text_add(&text, "12345");
	cr_assert_not(text.full);
	text_add(&text, "6");
	cr_assert(text.full);
	cr_assert_str_eq(buffer, "12345");
}

Test(text, quotes_hold_no_control_characters_and_only_utf8)
{
	char buffer[64];
	struct text text = text_start(buffer, sizeof(buffer));

	text_add_quoted(&text, "a\nb\033[1m\x7f caf\xc3\xa9 \xff\xc3<\xed\xa0\x80");
	cr_assert_str_eq(buffer, "\"a?b?[1m? caf\xc3\xa9 ?"
	                         "?<?"
	                         "?"
	                         "?\"");
}

Test(text, long_quotes_are_cut_between_characters)
{
	char buffer[300], long_text[201], expected[200];
	struct text text = text_start(buffer, sizeof(buffer));

	for (int i = 0; i < 100; i++)
		memcpy(long_text + 2 * i, "\xc3\xa9", 3);
	text_add_quoted(&text, long_text);
	expected[0] = '"';
	memcpy(expected + 1, long_text, 160);
	strcpy(expected + 161, "...\"");
	cr_assert_str_eq(buffer, expected);
}

Test(text, comparisons_do_not_look_at_the_locale)
{
	cr_assert(text_equal_nocase("TrUe", "true"));
	cr_assert_not(text_equal_nocase("true", "true "));
	cr_assert(text_has_suffix("a.json", ".json"));
	cr_assert_not(text_has_suffix("json", ".json"));
	cr_assert(text_contains("abc", "bc"));
	cr_assert_not(text_contains("abc", "bd"));
}
