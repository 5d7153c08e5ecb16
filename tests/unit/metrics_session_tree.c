/* Sessions that processes make for themselves, and the lists of segments in them. */
#include <errno.h>
#include "metrics/segment_list.h"
#include "metrics/session.h"
#include "tests/unit/scratch.h"

static char path[SESSION_PATH];
static struct session_accumulator *accumulator;
static struct segment_list list;

static void make_session(void)
{
	scratch_make();
	cr_assert_eq(session_make(scratch, SESSION_OF_TREE, path), 0);
	cr_assert_eq(session_open(path, &accumulator), 0);
}

TestSuite(session_tree, .init = make_session, .fini = scratch_remove);

Test(session_tree, lies_in_the_users_directory_closed_to_others)
{
	struct stat status;

	cr_assert_eq(strncmp(path, scratch, strlen(scratch)), 0);
	cr_assert_eq(stat(path, &status), 0);
	cr_assert_eq(status.st_mode, S_IFDIR | 0700);
	cr_assert_eq(accumulator->own, SESSION_OF_TREE);
}

Test(session_tree, is_not_made_where_others_may_look_in)
{
	char other[SESSION_PATH];

	cr_assert_eq(chmod(scratch, 0755), 0);
	cr_assert_eq(session_make(scratch, SESSION_OF_TREE, other), -EACCES);
}

Test(session_tree, stays_while_a_process_has_it_mapped)
{
	cr_assert_eq(session_remove(path), -EBUSY);
	cr_assert_eq(access(path, F_OK), 0);
}

Test(session_tree, goes_when_nobody_has_it_mapped)
{
	cr_assert_not_null(session_ledger(path));
	accumulator->processes = 7;
	session_let_go(accumulator);
	cr_assert_eq(accumulator->processes, 0, "zeros stand there now");
	cr_assert_eq(session_remove(path), 0);
	cr_assert_eq(access(path, F_OK), -1);
	cr_assert_eq(session_open(path, &accumulator), -ENOENT);
}

Test(session_tree, hands_the_ledger_on)
{
	struct ledger *one = session_ledger(path), *other = session_ledger(path);

	cr_assert_not_null(one);
	cr_assert_not_null(other);
	one->sequence = 42;
	cr_assert_eq(other->sequence, 42);
}

Test(session_tree, lists_segments_and_nothing_else)
{
	static const char *const names[] = {"12.345", "12.exec", "12", "x.1", "0.1", "12.345x"};
	char name[SESSION_PATH + 32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, names[i]);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	cr_assert_eq(segment_list_open(&list, path), 0);
	cr_assert_str_eq(segment_list_next(&list), "12.345");
	cr_assert_null(segment_list_next(&list));
	segment_list_close(&list);
	cr_assert_not(segment_list_empty(&list, path));
	cr_assert(segment_list_empty(&list, scratch));
	cr_assert(segment_list_empty(&list, "/nowhere"));
}
