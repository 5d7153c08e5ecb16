/* The functions behind the hooks, against what dlsym finds. This program stands where the shim
 * does. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdbool.h>
#include "hooks/lookup.h"

static const char *const names[] = {
#define HOOK(family, need, type, name, parameters) #name,
#include "hooks/hooks.def"
#undef HOOK
};

#define NAMES (sizeof(names) / sizeof(names[0]))

Test(lookup, finds_what_dlsym_finds)
{
	int found = 0;

	for (size_t i = 0; i < NAMES; i++) {
		void *function = NULL, *wanted = dlsym(RTLD_NEXT, names[i]);
		enum lookup result = lookup_next(names[i], &function);

		if (result == LOOKUP_UNKNOWN) /* code chooses */
			continue;
		cr_assert_eq(result, wanted ? LOOKUP_FOUND : LOOKUP_ABSENT, "%s", names[i]);
		cr_assert_eq(function, wanted, "%s", names[i]);
		found += result == LOOKUP_FOUND;
	}
	cr_assert_gt(found, 300);
}

Test(lookup, takes_the_default_version)
{
	static const char *const versioned[] = {"realpath", "memcpy", "pthread_cond_wait",
	                                        "glob",     "fopen",  "posix_spawn",
	                                        "sem_wait", "dlopen", "regexec"};

	for (size_t i = 0; i < sizeof(versioned) / sizeof(versioned[0]); i++) {
		void *function = NULL;

		if (lookup_next(versioned[i], &function) == LOOKUP_FOUND)
			cr_assert_eq(function, dlsym(RTLD_NEXT, versioned[i]), "%s", versioned[i]);
	}
}

/* Sanitizers have some of these themselves. */
Test(lookup, leaves_it_to_dlsym_where_code_chooses)
{
	static const char *const chosen[] = {"strlen", "memchr", "rawmemchr", "wmemcmp"};
	int unknown = 0;

	for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
		void *function = NULL;
		bool found = lookup_next(chosen[i], &function) == LOOKUP_FOUND;

		cr_assert_eq(function, found ? dlsym(RTLD_NEXT, chosen[i]) : NULL, "%s", chosen[i]);
		unknown += !found;
	}
	cr_assert_gt(unknown, 0);
}

Test(lookup, does_not_find_what_is_not_there)
{
	void *function = NULL;

	cr_assert_eq(lookup_next("no_such_function", &function), LOOKUP_ABSENT);
	cr_assert_eq(lookup_next("", &function), LOOKUP_ABSENT);
	cr_assert_null(function);
}

/* Before the program itself there is none. */
Test(lookup, finds_nothing_before_the_first_object)
{
	const char *const some[] = {"read", "malloc", "main"};
	uint32_t defined = 7;

	cr_assert(lookup_before(some, 3, &defined));
	cr_assert_eq(defined, 0);
}

Test(lookup, leaves_dlerror_alone)
{
	void *function;

	cr_assert_null(dlsym(RTLD_DEFAULT, "no_such_function"));
	lookup_next("read", &function);
	lookup_next("no_such_function_either", &function);
	cr_assert_not_null(dlerror());
	cr_assert_null(dlerror());
}
