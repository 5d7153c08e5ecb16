/*
 * The part of Criterion that our unit tests use, for where Criterion itself cannot run: under
 * ThreadSanitizer (its memory arena cannot be mapped) and under qemu-user (it executes itself). The
 * same test sources compile with either. Each test runs in a forked child; results are TAP.
 * Configure takes it with --enable-tests=plain.
 */
#ifndef TESTS_PLAIN_CRITERION_H
#define TESTS_PLAIN_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plain_options {
	int line; /* so that the braces are never empty */
	void (*init)(void);
	void (*fini)(void);
	int signal; /* that the test is to die of */
	int exit_code;
	double timeout; /* seconds, of Criterion; ten times that where programs run slowly */
};

struct plain_test {
	const char *suite, *name; /* name NULL: options of the whole suite */
	void (*run)(void);
	struct plain_options options;
	struct plain_test *next;
};

void plain_register(struct plain_test *test);
__attribute__((noreturn, format(printf, 4, 5))) void
plain_fail(const char *file, int line, const char *assertion, const char *format, ...);

#define PLAIN_ENTRY(id, suite_name, test_name, function, ...)                            \
	static struct plain_test id##_entry = {                                          \
		suite_name, test_name, function, {.line = __LINE__, __VA_ARGS__}, NULL}; \
	__attribute__((constructor)) static void id##_register(void)                     \
	{                                                                                \
		plain_register(&id##_entry);                                             \
	}

#define TestSuite(suite, ...) PLAIN_ENTRY(options_of_##suite, #suite, NULL, NULL, __VA_ARGS__)
#define Test(suite, name, ...)                                                         \
	static void test_of_##suite##_##name(void);                                    \
	PLAIN_ENTRY(test_of_##suite##_##name, #suite, #name, test_of_##suite##_##name, \
	            __VA_ARGS__)                                                       \
	static void test_of_##suite##_##name(void)

#define PLAIN_ASSERT(condition, text, ...)                                     \
	do {                                                                   \
		if (!(condition))                                              \
			plain_fail(__FILE__, __LINE__, text, " " __VA_ARGS__); \
	} while (0)

#define cr_assert(condition, ...)       PLAIN_ASSERT(condition, #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...)   PLAIN_ASSERT(!(condition), "not " #condition, __VA_ARGS__)
#define cr_assert_null(value, ...)      PLAIN_ASSERT(!(value), #value " is null", __VA_ARGS__)
#define cr_assert_not_null(value, ...)  PLAIN_ASSERT(value, #value " is not null", __VA_ARGS__)
#define cr_assert_eq(a, b, ...)         PLAIN_ASSERT((a) == (b), #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...)        PLAIN_ASSERT((a) != (b), #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...)         PLAIN_ASSERT((a) < (b), #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...)        PLAIN_ASSERT((a) <= (b), #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...)         PLAIN_ASSERT((a) > (b), #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...)        PLAIN_ASSERT((a) >= (b), #a " >= " #b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)     PLAIN_ASSERT(!strcmp(a, b), #a " is " #b, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...)    PLAIN_ASSERT(strcmp(a, b), #a " is not " #b, __VA_ARGS__)
#define cr_assert_str_empty(a, ...)     PLAIN_ASSERT(!(a)[0], #a " is empty", __VA_ARGS__)
#define cr_assert_str_not_empty(a, ...) PLAIN_ASSERT((a)[0], #a " is not empty", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) \
	PLAIN_ASSERT(!memcmp(a, b, size), #a " holds the bytes of " #b, __VA_ARGS__)
#define cr_assert_float_eq(a, b, epsilon, ...)                                             \
	PLAIN_ASSERT((a) - (b) <= (epsilon) && (b) - (a) <= (epsilon), #a " is about " #b, \
	             __VA_ARGS__)
#define PLAIN_SKIPPED 77
#define cr_skip_test(...)                 \
	do {                              \
		printf("# " __VA_ARGS__); \
		printf("\n");             \
		fflush(stdout);           \
		_exit(PLAIN_SKIPPED);     \
	} while (0)
#define cr_assert_fail(...) PLAIN_ASSERT(0, "never here", __VA_ARGS__)
#define cr_expect           cr_assert
#define cr_expect_eq        cr_assert_eq
#define cr_expect_str_eq    cr_assert_str_eq
#define cr_log_info(...)    printf("# " __VA_ARGS__)

#endif
