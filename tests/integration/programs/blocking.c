/*
 * Every hooked call that blocks, in five ways: left by a cancelled thread, entered by a thread that
 * was cancelled before, left by one that may be cancelled anywhere, interrupted by a signal without
 * SA_RESTART, successful. Prints what came of each: result, errno (which a success leaves at
 * EXDEV), whether clean-up ran and held the mutex. The same has to come out without a shim. With a
 * file's name: writes there how often the calls of each metric returned. Ends with 1 if a call is
 * not what its row says.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/integration/programs/asleep.h"
#include "tests/integration/programs/blocking.h"

enum way { CANCELLED, CANCELLED_BEFORE, CANCELLED_ANYWHERE, INTERRUPTED, SUCCESSFUL, WAYS };

static const char *const names[WAYS] = {"cancelled", "cancelled before", "cancelled anywhere",
                                        "interrupted", "success"};

struct attempt {
	const struct blocking *row;
	enum way way;
	int tid, ended, cleaned, held, returned, error;
	long result;
};

static struct {
	const char *metric;
	long returned;
} totals[64];
static pthread_t thread;
static int failed;

void pause_ms(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	sys_call2(SYS_nanosleep, &time, NULL);
}

void wake_thread(int signal)
{
	pthread_kill(thread, signal);
}

static void say(const char *line)
{
	sys_call3(SYS_write, 1, line, strlen(line));
}

static void clean(void *argument)
{
	struct attempt *attempt = argument;

	attempt->held = release_mutex();
	attempt->cleaned = 1;
	__atomic_store_n(&attempt->ended, 1, __ATOMIC_RELEASE);
}

static void *call(void *argument)
{
	struct attempt *attempt = argument;

	pthread_cleanup_push(clean, attempt);
	__atomic_store_n(&attempt->tid, (int)sys_call0(SYS_gettid), __ATOMIC_RELEASE);
	if (attempt->way == CANCELLED_BEFORE)
		pthread_cancel(pthread_self());
	if (attempt->way == CANCELLED_ANYWHERE)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	errno = EXDEV;
	attempt->result = attempt->row->block();
	attempt->error = errno;
	attempt->returned = 1;
	pthread_cleanup_pop(0);
	__atomic_store_n(&attempt->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

static bool has_ended(struct attempt *attempt)
{
	return __atomic_load_n(&attempt->ended, __ATOMIC_ACQUIRE);
}

static bool is_asleep(struct attempt *attempt)
{
	return thread_is_asleep(__atomic_load_n(&attempt->tid, __ATOMIC_ACQUIRE));
}

/* Until the call blocks, which two looks have to find, or has ended; dies after 20 s. */
static void await_sleep(struct attempt *attempt)
{
	int found = 0;

	for (int i = 0; i < 20000 && found < 2 && !has_ended(attempt); i++) {
		found = is_asleep(attempt) ? found + 1 : 0;
		pause_ms(1);
	}
	if (found < 2 && !has_ended(attempt)) {
		say(attempt->row->name);
		say(": does not block\n");
		sys_call1(SYS_exit_group, 2);
	}
}

static bool ends_by_itself(const struct attempt *attempt)
{
	unsigned int flags = attempt->row->flags;

	if (flags & TIMES_NOTHING)
		return true;
	if (attempt->way == INTERRUPTED)
		return !(flags & NOT_INTERRUPTED);
	if (attempt->way == SUCCESSFUL)
		return flags & TIMES_OUT;
	if (attempt->way == CANCELLED_ANYWHERE)
		return true;
	return !(flags & NOT_CANCELLED);
}

/* A signal that comes before the call blocks is lost on it: sent again until the call has ended. */
static void disturb(struct attempt *attempt)
{
	if (attempt->way == CANCELLED || attempt->way == CANCELLED_ANYWHERE)
		pthread_cancel(thread);
	for (int i = 0; i < 4000 && !has_ended(attempt); i++) {
		if (attempt->way == INTERRUPTED)
			pthread_kill(thread, SIGUSR1);
		pause_ms(5);
		if (!ends_by_itself(attempt) && i > 3)
			break;
	}
	if (!ends_by_itself(attempt) && attempt->row->wake)
		attempt->row->wake();
}

void count_returns(const char *metric, long times)
{
	size_t i = 0;

	while (totals[i].metric && strcmp(totals[i].metric, metric) != 0)
		i++;
	totals[i].metric = metric;
	totals[i].returned += times;
}

static void judge(const struct attempt *attempt, bool was_cancelled)
{
	unsigned int flags = attempt->row->flags;
	bool right = true;

	if (attempt->way == CANCELLED || attempt->way == CANCELLED_BEFORE)
		right = was_cancelled == !(flags & NOT_CANCELLED) &&
		        was_cancelled == attempt->cleaned &&
		        attempt->held == (was_cancelled && (flags & HOLDS_MUTEX));
	else if (attempt->way == CANCELLED_ANYWHERE)
		right = was_cancelled && attempt->cleaned;
	else if (attempt->way == INTERRUPTED && !(flags & (NOT_INTERRUPTED | TIMES_NOTHING)))
		right = attempt->error == EINTR || attempt->result > 0;
	else if (attempt->way == SUCCESSFUL)
		right = attempt->error == EXDEV && attempt->result >= 0;
	if (right)
		return;
	failed = 1;
	fprintf(stderr, "%s, %s: not what its row says\n", attempt->row->name, names[attempt->way]);
}

static void report(const struct attempt *attempt, bool was_cancelled)
{
	char line[200];

	if (was_cancelled)
		snprintf(line, sizeof(line), "%s, %s: ended, clean-up %d, mutex %d\n",
		         attempt->row->name, names[attempt->way], attempt->cleaned, attempt->held);
	else
		snprintf(line, sizeof(line), "%s, %s: %ld errno %d\n", attempt->row->name,
		         names[attempt->way], attempt->result, attempt->error);
	say(line);
	judge(attempt, was_cancelled);
	if (attempt->row->metric)
		count_returns(attempt->row->metric, attempt->returned);
}

static void make_attempt(const struct blocking *row, enum way way)
{
	struct attempt attempt = {.row = row, .way = way};
	void *result = NULL;

	wait_time = way == SUCCESSFUL ? (struct timespec){0, 20000000} : (struct timespec){100, 0};
	make_descriptors();
	make_locks();
	if (row->begin)
		row->begin();
	if (pthread_create(&thread, NULL, call, &attempt))
		abort();
	await_sleep(&attempt);
	disturb(&attempt);
	pthread_join(thread, &result);
	count_returns("libc.thread.join.duration", 1);
	report(&attempt, result == PTHREAD_CANCELED);
	end_child();
	end_thread();
	close_descriptors();
}

static bool is_possible(unsigned int flags, enum way way)
{
	switch (way) {
	case CANCELLED_ANYWHERE:
		return !(flags & (TIMES_NOTHING | NOT_ANYWHERE));
	case CANCELLED:
	case INTERRUPTED:
		return !(flags & TIMES_NOTHING);
	case SUCCESSFUL:
		return !(flags & NEVER_SUCCEEDS);
	default:
		return true;
	}
}

static void attempt_all(const struct blocking *row)
{
	for (; row->name; row++) {
		for (int way = 0; way < WAYS; way++) {
			if (is_possible(row->flags, (enum way)way))
				make_attempt(row, (enum way)way);
		}
	}
}

static void handler(int signal)
{
	(void)signal;
}

static void write_totals(const char *path)
{
	FILE *file = fopen(path, "w");

	for (size_t i = 0; totals[i].metric; i++)
		fprintf(file, "%ld %s\n", totals[i].returned, totals[i].metric);
	fclose(file);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = handler};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGUSR1, &action, NULL);
	attempt_all(blocking_io);
	attempt_all(blocking_waits);
	attempt_all(blocking_inside);
	if (argc > 1)
		write_totals(argv[1]);
	return failed;
}
