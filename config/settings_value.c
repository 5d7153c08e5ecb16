/* Single values as text, and how messages say what was expected of them. */
#include <errno.h>
#include "base/memory.h"
#include "config/settings_internal.h"

/* Saturates: 20 digits are too many for every row. */
static int number_from_text(const char *string, int64_t *ret_number)
{
	int64_t number = 0;
	const char *s = string;

	for (; *s >= '0' && *s <= '9'; s++)
		number = number > INT64_MAX / 10 - 1 ? INT64_MAX : number * 10 + (*s - '0');
	if (s == string || *s)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

static int word_from_text(const struct settings_row *row, const char *string, uint32_t *ret_value,
                          struct text *expected)
{
	const struct settings_word *word;

	for (word = settings_word_table[row->words]; word->text[0]; word++) {
		if (text_equal_nocase(string, word->text)) {
			*ret_value = word->value;
			return 0;
		}
	}
	value_expected(row, expected);
	return -EINVAL;
}

int value_from_number(const struct settings_row *row, int64_t number, uint32_t *ret_value,
                      struct text *expected)
{
	if (number > row->most) {
		text_add(expected, "an integer ≤ ");
		text_add_u64(expected, row->most);
		return -EINVAL;
	}
	if (number < row->least) {
		value_expected(row, expected);
		return -EINVAL;
	}
	*ret_value = (uint32_t)number;
	return 0;
}

int value_from_text(const struct settings_row *row, const char *string, uint32_t *ret_value,
                    struct text *expected)
{
	int64_t number;

	if (row->kind == SETTING_KIND_WORD)
		return word_from_text(row, string, ret_value, expected);
	if (row->kind == SETTING_KIND_NUMBER && number_from_text(string, &number) == 0)
		return value_from_number(row, number, ret_value, expected);
	if (row->kind == SETTING_KIND_BOOL && text_equal_nocase(string, "true"))
		*ret_value = 1;
	else if (row->kind == SETTING_KIND_BOOL && text_equal_nocase(string, "false"))
		*ret_value = 0;
	else {
		value_expected(row, expected);
		return -EINVAL;
	}
	return 0;
}

/* The first spelling of each value; finer log levels (warn2) are left out. */
static void words_expected(const struct settings_row *row, struct text *expected)
{
	const struct settings_word *first = settings_word_table[row->words], *earlier;
	const char *separator = "one of ";

	for (const struct settings_word *word = first; word->text[0]; word++) {
		for (earlier = first; earlier->value != word->value; earlier++)
			;
		if (earlier != word || (row->words == WORDS_LOG_LEVEL && (word->value & 3) != 1))
			continue;
		text_add(expected, separator);
		text_add(expected, word->text);
		separator = ", ";
	}
}

void value_expected(const struct settings_row *row, struct text *expected)
{
	if (row->kind == SETTING_KIND_BOOL) {
		text_add(expected, "true or false");
	} else if (row->kind == SETTING_KIND_NUMBER) {
		text_add(expected, "an integer ≥ ");
		text_add_u64(expected, row->least);
	} else {
		words_expected(row, expected);
	}
}
