/* Against realpath(3), on every path that a tree with links of all kinds has. */
#include <errno.h>
#include <limits.h>
#include "base/path.h"
#include "tests/unit/scratch.h"

static char ret[PATH_MAX], expected[PATH_MAX], path[512];

static const char *below(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return path;
}

static void make_tree(void)
{
	char absolute[128];

	scratch_make();
	cr_assert_eq(mkdir(below("a"), 0700), 0);
	cr_assert_eq(mkdir(below("a/b"), 0700), 0);
	close(open(below("a/b/file"), O_CREAT | O_WRONLY, 0600));
	snprintf(absolute, sizeof(absolute), "%s/a/b", scratch);
	cr_assert_eq(symlink(absolute, below("absolute")), 0);
	cr_assert_eq(symlink("a/b", below("relative")), 0);
	cr_assert_eq(symlink("../b/../b/./file", below("a/b/up")), 0);
	cr_assert_eq(symlink("relative/up", below("chain")), 0);
	cr_assert_eq(symlink("/", below("root")), 0);
	cr_assert_eq(symlink("none", below("broken")), 0);
	cr_assert_eq(symlink("loop", below("loop")), 0);
}

TestSuite(path, .init = make_tree, .fini = scratch_remove);

Test(path, is_what_realpath_says)
{
	static const char *const names[] = {
		"a/b/file",  "absolute/file", "relative/file", "a/b/up",       "chain",
		"a//b///up", "a/./b/../b/up", "relative/.",    "absolute/up",  "a/b/../../chain",
		"a/b/",      "a/../a/..",     "a/b/up/../up",  "../../../dev", "absolute/../b/file",
	};

	int exist = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		/* A file is no directory: what the kernel would not walk we need not know. */
		if (!realpath(below(names[i]), expected))
			continue;
		exist++;
		errno = 0;
		cr_assert(path_resolve(path, ret, 256), "%s", path);
		cr_assert_str_eq(ret, expected);
		cr_assert_eq(errno, 0);
	}
	cr_assert_eq(exist, 14);
}

Test(path, follows_to_other_places)
{
	cr_assert_not_null(realpath(below("root/dev/null"), expected));
	cr_assert(path_resolve(path, ret, 256));
	cr_assert_str_eq(ret, expected);
}

/* Where a link of /proc leads its text does not tell. */
Test(path, is_not_looked_for_in_proc)
{
	cr_assert_not(path_resolve("/proc/self/exe", ret, 256));
	cr_assert_not(path_resolve("/proc/self/cwd", ret, 256));
	cr_assert_not(path_resolve("/dev/fd/0", ret, 256));
	cr_assert_not(path_resolve(below("root/proc/version"), ret, 256));
	cr_assert_not(path_resolve("/dev/../proc/version", ret, 256));
}

Test(path, says_so_where_there_is_none)
{
	static const char *const names[] = {"broken", "loop",      "loop/file",
	                                    "none",   "a/none/..", "root"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		cr_assert_not(path_resolve(below(names[i]), ret, 256), "%s", path);
	cr_assert_not(path_resolve("", ret, 256));
	cr_assert_not(path_resolve("relative", ret, 256));
	cr_assert_not(path_resolve("/", ret, 256));
}

/* It fits exactly, or not at all; nothing is written beyond. */
Test(path, is_never_cut)
{
	size_t length;

	cr_assert_not_null(realpath(below("chain"), expected));
	length = strlen(expected);
	memset(ret, '#', sizeof(ret));
	cr_assert_not(path_resolve(path, ret, length));
	cr_assert_eq(ret[length], '#');
	cr_assert(path_resolve(path, ret, length + 1));
	cr_assert_str_eq(ret, expected);
	cr_assert_eq(ret[length + 1], '#');
}

Test(path, gives_up_where_paths_or_links_are_long)
{
	char at[512], target[200];

	memset(at, 'x', sizeof(at));
	at[0] = '/';
	at[sizeof(at) - 1] = '\0';
	cr_assert_not(path_resolve(at, ret, sizeof(ret)));
	/* A link whose text is as long as is read at once may be longer. */
	snprintf(target, sizeof(target), "%0*d", 128, 0);
	cr_assert_eq(symlink(target, below("long")), 0);
	close(open(below(target), O_CREAT | O_WRONLY, 0600));
	cr_assert_not(path_resolve(below("long"), ret, sizeof(ret)));
}

TestSuite(path_links);

Test(path_links, are_followed_eight_times)
{
	char from[64], to[64];

	scratch_make();
	close(open(below("0"), O_CREAT | O_WRONLY, 0600));
	for (int i = 1; i <= 9; i++) {
		snprintf(from, sizeof(from), "%d", i);
		snprintf(to, sizeof(to), "%d", i - 1);
		cr_assert_eq(symlink(to, below(from)), 0);
	}
	cr_assert(path_resolve(below("8"), ret, 256));
	cr_assert_str_eq(ret, realpath(below("0"), expected));
	cr_assert_not(path_resolve(below("9"), ret, 256));
	scratch_remove();
}
