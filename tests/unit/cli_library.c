/* LD_PRELOAD with the shim in it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "cli/library.h"

static void assert_preload(const char *before, const char *path, const char *wanted)
{
	char *value = library_preload(before, path);

	cr_assert_not_null(value);
	cr_assert_str_eq(value, wanted);
	free(value);
}

Test(library, is_all_there_is_where_nothing_was)
{
	assert_preload(NULL, "/x/" LIBRARY_NAME, "/x/" LIBRARY_NAME);
	assert_preload("", "/x/" LIBRARY_NAME, "/x/" LIBRARY_NAME);
}

Test(library, comes_after_what_was_there)
{
	assert_preload("libasan.so /y/other.so", "/x/" LIBRARY_NAME,
	               "libasan.so /y/other.so:/x/" LIBRARY_NAME);
}

Test(library, is_named_once)
{
	assert_preload("/y/" LIBRARY_NAME, "/x/" LIBRARY_NAME, "/y/" LIBRARY_NAME);
	assert_preload("a.so:" LIBRARY_NAME " b.so", "/x/" LIBRARY_NAME,
	               "a.so:" LIBRARY_NAME " b.so");
}

Test(library, is_not_taken_for_one_of_a_similar_name)
{
	assert_preload("/y/not" LIBRARY_NAME, "/x/" LIBRARY_NAME,
	               "/y/not" LIBRARY_NAME ":/x/" LIBRARY_NAME);
	assert_preload("/y/" LIBRARY_NAME ".old", "/x/" LIBRARY_NAME,
	               "/y/" LIBRARY_NAME ".old:/x/" LIBRARY_NAME);
}

Test(library, cannot_be_named_with_a_space_or_colon)
{
	cr_assert_null(library_preload(NULL, "/a b/" LIBRARY_NAME));
	cr_assert_null(library_preload(NULL, "/a:b/" LIBRARY_NAME));
}
