/* Nothing that others wrote reaches a terminal as it stands. */
#include <criterion/criterion.h>
#include "cli/printable.h"
#include "encoder/utf8.h"

#define NONE "\xef\xbf\xbd"

static const char *printable(const char *from)
{
	static char to[256];

	cr_assert_eq(printable_copy(to, sizeof(to), from, strlen(from)), strlen(to));
	return to;
}

Test(printable, leaves_text_as_it_is)
{
	cr_assert_str_eq(printable("plain text"), "plain text");
	cr_assert_str_eq(printable("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80"),
	                 "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80");
}

Test(printable, takes_control_characters_out)
{
	cr_assert_str_eq(printable("a\033[2Jb"), "a" NONE "[2Jb");
	cr_assert_str_eq(printable("a\nb\tc\x7f"), "a" NONE "b" NONE "c" NONE);
	cr_assert_str_eq(printable("\xc2\x9b"), NONE, "C1: another way to start a sequence");
}

Test(printable, takes_changes_of_direction_out)
{
	cr_assert_str_eq(printable("a\xe2\x80\xae"
	                           "b"),
	                 "a" NONE "b");
	cr_assert_str_eq(printable("a\xe2\x81\xa6"
	                           "b"),
	                 "a" NONE "b");
}

Test(printable, mends_what_is_no_utf8)
{
	cr_assert_str_eq(printable("a\xff\xfe"
	                           "b"),
	                 "a" NONE NONE "b");
	cr_assert_str_eq(printable("\xc0\xaf"), NONE NONE, "an overlong slash");
	cr_assert_str_eq(printable("cut \xe2\x82"), "cut " NONE);
}

Test(printable, cuts_at_a_character)
{
	char to[5];

	cr_assert_eq(printable_copy(to, sizeof(to), "ab\xe2\x82\xac", 5), 2);
	cr_assert_str_eq(to, "ab");
	cr_assert_eq(printable_copy(to, sizeof(to), "a\xe2\x82\xac", 4), 4);
}

Test(printable, stops_at_a_nul)
{
	char to[16];

	cr_assert_eq(printable_copy(to, sizeof(to), "ab\0cd", 5), 2);
}

Test(printable, makes_valid_utf8_of_any_bytes)
{
	char from[64], to[256];

	srand(1);
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof(from); k++)
			from[k] = (char)rand();
		cr_assert(utf8_valid(to, printable_copy(to, sizeof(to), from, sizeof(from))));
	}
}
