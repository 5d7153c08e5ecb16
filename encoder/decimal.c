/*
 * The value is r / s * 10^k with big integers r and s; low and high * low are the distances to the
 * midpoints between it and the neighbouring doubles, in the same scale. A digit is the whole part
 * of 10 * r / s; it ends when what is left is within those distances.
 */
#include <stdbool.h>
#include <stdint.h>
#include "base/memory.h"
#include "encoder/decimal.h"

#define BIG_WORDS 34 /* 1088 bits: the largest is 10 * s of the smallest double, 2^1075 * 10 */

/* Little-endian; words from `used` on are not to be read. */
struct big {
	uint32_t used;
	uint32_t word[BIG_WORDS];
};

static void big_set(struct big *a, uint64_t value)
{
	a->used = 0;
	for (; value; value >>= 32)
		a->word[a->used++] = (uint32_t)value;
}

static void big_multiply(struct big *a, uint32_t factor)
{
	uint64_t carry = 0;

	for (uint32_t i = 0; i < a->used; i++) {
		carry += (uint64_t)a->word[i] * factor;
		a->word[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry)
		a->word[a->used++] = (uint32_t)carry;
}

static void big_multiply_power(struct big *a, uint32_t factor, unsigned int exponent)
{
	while (exponent--)
		big_multiply(a, factor);
}

static void big_shift(struct big *a, unsigned int bits)
{
	for (; bits >= 31; bits -= 31)
		big_multiply(a, UINT32_C(1) << 31);
	big_multiply(a, UINT32_C(1) << bits);
}

static uint32_t big_word(const struct big *a, uint32_t index)
{
	return index < a->used ? a->word[index] : 0;
}

static int big_compare(const struct big *a, const struct big *b)
{
	for (uint32_t i = a->used > b->used ? a->used : b->used; i-- > 0;) {
		if (big_word(a, i) != big_word(b, i))
			return big_word(a, i) < big_word(b, i) ? -1 : 1;
	}
	return 0;
}

/* Compares a + factor * b with c. */
static int big_compare_sum(const struct big *a, const struct big *b, uint32_t factor,
                           const struct big *c)
{
	uint64_t carry = 0;
	int order = 0;

	for (uint32_t i = 0; i < a->used || i < b->used || i < c->used; i++) {
		uint32_t word;

		carry += big_word(a, i) + (uint64_t)big_word(b, i) * factor;
		word = (uint32_t)carry;
		if (word != big_word(c, i))
			order = word < big_word(c, i) ? -1 : 1;
		carry >>= 32;
	}
	return carry ? 1 : order;
}

/* a -= b, which is not larger. */
static void big_subtract(struct big *a, const struct big *b)
{
	uint64_t borrow = 0;

	for (uint32_t i = 0; i < a->used; i++) {
		uint64_t difference = (uint64_t)a->word[i] - big_word(b, i) - borrow;

		a->word[i] = (uint32_t)difference;
		borrow = difference >> 63;
	}
	while (a->used && a->word[a->used - 1] == 0)
		a->used--;
}

struct fraction {
	struct big r, s, low;
	uint32_t high; /* times low */
	bool even;     /* the midpoints themselves read back as the value */
	int k;         /* the value is 0.DIGITS * 10^k */
};

static void fraction_multiply(struct fraction *f, unsigned int exponent)
{
	big_multiply_power(&f->r, 10, exponent);
	big_multiply_power(&f->low, 10, exponent);
}

/* r + high is at (even) or above s: the next power of ten. */
static bool reaches_one(const struct fraction *f)
{
	int order = big_compare_sum(&f->r, &f->low, f->high, &f->s);

	return order > 0 || (order == 0 && f->even);
}

/* Scales r / s into [0.1, 1). `exponent` is that of the highest bit. */
static void fraction_scale(struct fraction *f, int exponent)
{
	/* log10(2) = 0.30103; rounded down it may be one too small, never too large */
	int estimate = exponent * 30103;

	f->k = estimate >= 0 ? (estimate + 99999) / 100000 : -(-estimate / 100000);
	if (f->k >= 0)
		big_multiply_power(&f->s, 10, (unsigned int)f->k);
	else
		fraction_multiply(f, (unsigned int)-f->k);
	if (reaches_one(f)) {
		big_multiply(&f->s, 10);
		f->k++;
	}
}

static void fraction_set(struct fraction *f, uint64_t bits)
{
	uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
	int biased = (int)(bits >> 52 & 0x7ff), exponent = biased ? biased - 1075 : -1074;
	/* Below a power of two doubles lie twice as dense as above. */
	bool narrow = mantissa == 0 && biased > 1;

	if (biased)
		mantissa |= UINT64_C(1) << 52;
	big_set(&f->r, mantissa);
	big_set(&f->s, 1);
	big_set(&f->low, 1);
	f->high = 1 + narrow;
	f->even = (mantissa & 1) == 0;
	if (exponent >= 0) {
		big_shift(&f->r, (unsigned int)exponent);
		big_shift(&f->low, (unsigned int)exponent);
	} else {
		big_shift(&f->s, (unsigned int)-exponent);
	}
	big_shift(&f->r, 1 + narrow);
	big_shift(&f->s, 1 + narrow);
	fraction_scale(f, exponent + 63 - __builtin_clzll(mantissa));
}

/* r = 10 * r mod s; returns the digit. */
static unsigned int fraction_digit(struct fraction *f)
{
	unsigned int digit = 0;

	fraction_multiply(f, 1);
	while (big_compare(&f->r, &f->s) >= 0) {
		big_subtract(&f->r, &f->s);
		digit++;
	}
	return digit;
}

/* At most 17 digits, of 0.DIGITS * 10^*ret_k; returns how many. Not inlined: its frame is large. */
static __attribute__((noinline)) unsigned int find_digits(uint64_t bits, char *digits, int *ret_k)
{
	struct fraction f;
	unsigned int n = 0;
	bool low = false, high = false;

	fraction_set(&f, bits);
	while (!low && !high) {
		unsigned int digit = fraction_digit(&f);
		int order = big_compare(&f.r, &f.low);

		low = order < 0 || (order == 0 && f.even);
		high = reaches_one(&f);
		if (low && high) /* both ends read back: the nearer one */
			high = big_compare_sum(&f.r, &f.r, 1, &f.s) >= 0;
		digits[n++] = (char)('0' + digit + high);
	}
	*ret_k = f.k;
	return n;
}

static size_t put_exponent(char *to, int exponent)
{
	unsigned int magnitude = (unsigned int)(exponent < 0 ? -exponent : exponent);
	size_t n = 0;

	to[n++] = 'e';
	to[n++] = exponent < 0 ? '-' : '+';
	if (magnitude < 10)
		to[n++] = '0';
	return n + string_from_u64(to + n, magnitude);
}

/* 0.DIGITS * 10^k; as %.17g would choose: an exponent below 1e-4 and from 1e17 on. */
static size_t put_number(char *to, const char *digits, unsigned int count, int k)
{
	bool exponent = k < -3 || k > 17;
	int whole = exponent ? 1 : k;
	size_t n = 0;

	if (whole <= 0) {
		to[n++] = '0';
		to[n++] = '.';
		for (; whole < 0; whole++)
			to[n++] = '0';
		whole = -1;
	}
	for (unsigned int i = 0; i < count; i++) {
		if ((int)i == whole)
			to[n++] = '.';
		to[n++] = digits[i];
	}
	for (int i = (int)count; i < whole; i++)
		to[n++] = '0';
	if (exponent)
		n += put_exponent(to + n, k - 1);
	to[n] = '\0';
	return n;
}

size_t decimal_from_double(char *to, double value)
{
	char digits[20];
	uint64_t bits;
	size_t sign;
	unsigned int count;
	int k;

	memcpy(&bits, &value, sizeof(bits));
	sign = bits >> 63;
	if (sign)
		*to = '-';
	bits &= ~(UINT64_C(1) << 63);
	if (bits == 0)
		return sign + string_copy(to + sign, 2, "0");
	count = find_digits(bits, digits, &k);
	return sign + put_number(to + sign, digits, count, k);
}
