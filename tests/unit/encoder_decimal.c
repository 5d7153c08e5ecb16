/* Doubles against strtod (same value back) and printf (no shorter text does). */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "encoder/decimal.h"

static void expect(double value, const char *text)
{
	char to[DECIMAL_BYTES];

	cr_assert_eq(decimal_from_double(to, value), strlen(text));
	cr_assert_str_eq(to, text);
}

Test(decimal, known_texts)
{
	expect(0, "0");
	expect(-0.0, "-0");
	expect(1, "1");
	expect(-2.5, "-2.5");
	expect(0.1, "0.1");
	expect(0.0001, "0.0001");
	expect(0.00001, "1e-05");
	expect(123456789.25, "123456789.25");
	expect(1e16, "10000000000000000");
	expect(1e17, "1e+17");
	expect(0x1p-30, "9.313225746154785e-10");
	expect(DBL_MAX, "1.7976931348623157e+308");
	expect(DBL_MIN, "2.2250738585072014e-308");
	expect(4.9406564584124654e-324, "5e-324");
}

/* Digits of a number without leading and trailing zeros. */
static int significant(const char *text)
{
	int digits = 0, zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (*text == '0' && digits == 0))
			continue;
		digits++;
		zeros = *text == '0' ? zeros + 1 : 0;
	}
	return digits - zeros;
}

static void check(double value)
{
	char to[DECIMAL_BYTES], shorter[64];
	size_t length = decimal_from_double(to, value);

	cr_assert_eq(length, strlen(to));
	cr_assert_eq(strtod(to, NULL), value, "%a became %s", value, to);
	if (value == 0 || significant(to) == 1)
		return;
	snprintf(shorter, sizeof(shorter), "%.*e", significant(to) - 2, value);
	cr_assert_neq(strtod(shorter, NULL), value, "%s, but %s is enough", to, shorter);
}

Test(decimal, reads_back_and_is_shortest, .timeout = 60)
{
	uint64_t bits = UINT64_C(88172645463325252);

	for (int i = 0; i < 200000; i++) {
		double value;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof(value));
		if (i % 10 == 0 && isfinite(value))
			check(value);
		check((double)(bits >> i % 50) / 1e9);
		check((double)(bits >> i % 60) * 0x1p-30);
	}
}

Test(decimal, powers_of_two_and_their_neighbours)
{
	for (uint64_t exponent = 0; exponent < 2047; exponent++) {
		for (int offset = -1; offset <= 1; offset++) {
			uint64_t bits = (exponent << 52) + (uint64_t)offset;
			double value;

			memcpy(&value, &bits, sizeof(value));
			if (isfinite(value))
				check(value);
		}
	}
}
