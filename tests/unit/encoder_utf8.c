/*
 * Repaired as Python does:
 *   python3 -c 'print(b"...".decode("utf-8", "replace").encode())'
 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include "encoder/utf8.h"

#define BAD "\xef\xbf\xbd"

struct repair {
	const char *from, *to;
};

static const struct repair repairs[] = {
	{"plain", "plain"},
	{"K\xc3\xb6ln", "K\xc3\xb6ln"},
	{"\xff", BAD},
	{"a\x80z", "a" BAD "z"},
	{"\xc3", BAD},
	{"\xc3z", BAD "z"},
	{"\xc0\xaf", BAD BAD},
	{"\xe2\x82\xac", "\xe2\x82\xac"},
	{"\xe2\x82", BAD},
	{"\xe2\x82z", BAD "z"},
	{"\xe0\x80\x80", BAD BAD BAD},
	{"\xed\xa0\x80", BAD BAD BAD},
	{"\xed\x9f\xbf", "\xed\x9f\xbf"},
	{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	{"\xf0\x9f\x98z", BAD "z"},
	{"\xf0\x80\x80\x80", BAD BAD BAD BAD},
	{"\xf4\x90\x80\x80", BAD BAD BAD BAD},
	{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	{"\xf5\x80", BAD BAD},
	{"\xc3\xc3\xb6", BAD "\xc3\xb6"},
};

Test(utf8, repairs_like_python)
{
	for (size_t i = 0; i < sizeof(repairs) / sizeof(repairs[0]); i++) {
		const struct repair *repair = &repairs[i];
		size_t length = strlen(repair->from);
		char to[64];

		cr_assert_eq(utf8_repair(NULL, repair->from, length, SIZE_MAX), strlen(repair->to),
		             "case %zu", i);
		cr_assert_eq(utf8_repair(to, repair->from, length, SIZE_MAX), strlen(repair->to));
		cr_assert_arr_eq(to, repair->to, strlen(repair->to), "case %zu", i);
		cr_assert_eq(utf8_valid(repair->from, length),
		             strcmp(repair->from, repair->to) == 0, "case %zu", i);
	}
}

Test(utf8, the_limit_counts_characters)
{
	char to[16];

	cr_assert_eq(utf8_repair(to, "\xe2\x82\xac\xe2\x82\xac!", 7, 2), 6);
	cr_assert_eq(utf8_repair(to, "abc", 3, 0), 0);
	cr_assert_eq(utf8_repair(to, "abc", 3, 3), 3);
}

Test(utf8, nul_is_a_character)
{
	cr_assert(utf8_valid("a\0b", 3));
}

Test(utf8, cuts_between_characters)
{
	static const char text[] = "a\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};

	for (size_t size = 0; size < sizeof(expected) / sizeof(expected[0]); size++)
		cr_assert_eq(utf8_cut(text, sizeof(text) - 1, size), expected[size]);
}
