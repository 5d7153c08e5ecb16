/* The emitter thread; see emitter.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include "base/atomic.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/futex.h"
#include "base/memory.h"
#include "base/thread.h"
#include "hooks/counting.h"
#include "preload/clock.h"
#include "preload/emitter.h"
#include "preload/exporter.h"
#include "preload/file_table.h"
#include "preload/lifecycle.h"
#include "preload/mourner.h"
#include "preload/rights.h"
#include "preload/shim.h"
#include "preload/tree.h"
#include "sink/user_events_abi.h"

#define KERNEL_SIGSET_SIZE 8
#define STACK_SIZE         (48 * 1024)
#define TLS_SIZE           4096
#define TICK_NS            UINT64_C(1000000000)
#define REQUEST_LOOK_NS    UINT64_C(10000000) /* is the emitter still there? */

/* One private mapping, wiped in fork children: stack below, then the thread-control block, then the
 * exporter. */
struct arena {
	char stack[STACK_SIZE];
	char tls[TLS_SIZE];
	struct exporter exporter;
};

static struct arena *arena;
static bool confined;

/* What emitter_follow() asks for. `state` is the futex that it sleeps on. */
enum { REQUEST_NONE, REQUEST_MADE, REQUEST_TAKEN, REQUEST_DONE };
static struct {
	uint32_t lock; /* held by the thread that asks */
	uint32_t state;
	struct lifecycle_call call;
	long result;
} request FORK_MEMORY;

/* Words that both sides write. `calls` is the futex that the emitter sleeps on. */
static struct {
	uint32_t tid;       /* 0: no thread that could be asked */
	uint32_t thread;    /* the same, until the kernel has forgotten it */
	uint32_t taken;     /* the arena is a thread's: being made, there, or not yet forgotten */
	uint32_t calls;     /* incremented by whoever wants something */
	uint32_t requested; /* flushes asked for */
	uint32_t done;      /* flushes carried out; the futex that those who asked sleep on */
	uint32_t stop;
	uint32_t exporting; /* a thread of the program is in export_here() */
	uint32_t awake;     /* the exporter has been used: what it knows may be asked */
} emitter FORK_MEMORY;

uint32_t emitter_tid(void)
{
	return relaxed_load(&emitter.tid);
}

/* exit_group is what ends a process whose leader is a zombie with a code of its own. */
static void end_program(struct exporter *exporter, int code)
{
	/* Of a tree: who ends after us must find all of it, whatever becomes of the export. */
	if (tree_is_one())
		lifecycle_close_books();
	exporter_poll(exporter, clock_read_ns(CLOCK_MONOTONIC), true);
	if (exporter_wanted(exporter) && tree_take_over())
		exporter_export(exporter);
	tree_resign();
	lifecycle_close_books();
	exporter_close(exporter);
	sys_call(SYS_exit_group, code);
}

/* Carries out what was asked for, or what is due. Returns the time of the next export. */
static uint64_t turn(struct exporter *exporter, uint64_t now, uint64_t next_export)
{
	uint32_t requested = acquire_load(&emitter.requested);
	bool asked = requested != emitter.done, came = exporter_poll(exporter, now, asked);

	if ((asked || came || now >= next_export) && exporter_wanted(exporter) &&
	    tree_is_exporter() && !exporter_export(exporter) && !asked)
		return now + TICK_NS;
	if (asked) {
		release_store(&emitter.done, requested); /* pairs with emitter_flush() */
		futex_wake_all(&emitter.done);
	}
	if (now >= next_export) {
		uint64_t interval = (uint64_t)shim.settings->interval_ms * 1000000;

		next_export += ((now - next_export) / interval + 1) * interval;
	}
	return next_export;
}

/* The system call that a thread of the program has made for itself and asks of us too. */
static void carry_out_request(void)
{
	uint32_t made = REQUEST_MADE;

	if (!__atomic_compare_exchange_n(&request.state, &made, REQUEST_TAKEN, false,
	                                 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	request.result = rights_follow(&request.call);
	release_store(&request.state, REQUEST_DONE);
	futex_wake_all(&request.state);
}

static void run(struct exporter *exporter)
{
	uint64_t started = clock_read_ns(CLOCK_MONOTONIC);
	uint64_t next_export = started + (uint64_t)shim.settings->interval_ms * 1000000, now;
	uint32_t calls = 0;
	bool awake = false, looked = false, parted = file_table_part(), asked;
	int code;

	/* Short commands end within this wait and have paid for no more than the above. */
	if (shim.settings->start_delay_ms)
		futex_wait(&emitter.calls, 0, (uint64_t)shim.settings->start_delay_ms * 1000000);
	if (acquire_load(&emitter.stop) || !file_table_ready(parted))
		return;
	exporter->emitter_tid = (uint32_t)sys_call(SYS_gettid);
	relaxed_store(&emitter.awake, 1);
	clock_calibrate(&shim.start);
	for (;;) {
		/* First this: who stops us changes it afterwards, and what looks at it ends. */
		calls = acquire_load(&emitter.calls);
		if (acquire_load(&emitter.stop))
			break;
		exporter_seen();
		tree_emitter(exporter->emitter_tid);
		carry_out_request();
		/* Once, and not where an exit waits. */
		asked = acquire_load(&emitter.requested) != emitter.done;
		if (!awake && !asked) {
			exporter_awakes(exporter);
			awake = true;
		}
		now = clock_read_ns(CLOCK_MONOTONIC);
		next_export = turn(exporter, now, next_export);
		/* Once, when our own events are registered; who has asked may be about to end. */
		if (!looked && !asked)
			looked = mourner_look(exporter, &emitter.calls, calls);
		exporter_absorb(exporter, &emitter.calls, calls);
		code = observe_program_end();
		if (code >= 0)
			end_program(exporter, code);
		now = clock_read_ns(CLOCK_MONOTONIC);
		if (next_export > now)
			futex_wait(&emitter.calls, calls,
			           next_export - now < TICK_NS ? next_export - now : TICK_NS);
	}
	exporter_close(exporter);
}

static void thread_main(void *argument)
{
	struct exporter *exporter = argument;

	run(exporter);
	observe_emitter_ends(&exporter->observed);
	exporter->emitter_tid = 0;
	release_store(&emitter.tid, 0);
	futex_wake_all(&emitter.done);
}

static int make_arena(void)
{
	long base;

	if (arena)
		return 0;
	base = sys_call(SYS_mmap, NULL, sizeof(struct arena), PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if ((unsigned long)base > -4096ul)
		return (int)base;
	sys_call(SYS_madvise, base, sizeof(struct arena), MADV_WIPEONFORK);
	arena = (struct arena *)base;
	return 0;
}

/* Clones with all signals blocked: the thread is born so. */
static long clone_thread(void)
{
	uint64_t all = ~UINT64_C(0), before = 0;
	long tid;

	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_SIZE);
	tid = thread_clone(thread_main, &arena->exporter, arena->stack + STACK_SIZE, arena->tls,
	                   &emitter.tid);
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_SIZE);
	return tid;
}

int emitter_start(void)
{
	int err = confined ? -EPERM : make_arena();
	long tid;

	if (err)
		return err;
	if (__atomic_exchange_n(&emitter.taken, 1, __ATOMIC_ACQUIRE))
		return emitter_tid() ? 0 : -EALREADY;
	relaxed_store(&emitter.stop, 0);
	relaxed_store(&emitter.calls, 0); /* it sleeps for start_delay again */
	tid = clone_thread();
	if (tid < 0) {
		release_store(&emitter.taken, 0);
		return (int)tid;
	}
	relaxed_store(&emitter.thread, (uint32_t)tid);
	if (counting_segment()->header)
		relaxed_store(&counting_segment()->header->emitter_tid, (uint32_t)tid);
	return 0;
}

void emitter_confine(void)
{
	confined = true;
}

static void call(void)
{
	__atomic_fetch_add(&emitter.calls, 1, __ATOMIC_RELEASE);
	futex_wake_all(&emitter.calls);
}

bool emitter_reaches_somebody(void)
{
	if (settings_exporter_enabled(shim.settings, SINK_FILE))
		return true;
	if (!settings_exporter_enabled(shim.settings, SINK_USER_EVENTS))
		return false;
	if (relaxed_load(&emitter.awake) && arena->exporter.user_events.registered)
		return exporter_wanted(&arena->exporter);
	return !(relaxed_load(&emitter.awake) && arena->exporter.retry_ns) &&
	       sys_call(SYS_faccessat, AT_FDCWD, USER_EVENTS_PATH, 2 /* W_OK */) == 0;
}

/* Throws away what an export has brought upon the calling thread: a file's size limit, a pipe's
 * end. */
static void drop_signals(uint64_t pending_before)
{
	const uint64_t ours = UINT64_C(1) << (SIGXFSZ - 1) | UINT64_C(1) << (SIGPIPE - 1);
	uint64_t drop = ours & ~pending_before;
	struct timespec at_once = {0, 0};

	while (sys_call(SYS_rt_sigtimedwait, &drop, NULL, &at_once, KERNEL_SIGSET_SIZE) > 0)
		;
}

/* Without an emitter the caller exports, with descriptors in the program's own table for the
 * moment. One thread at a time: others go without. */
static void export_here(void)
{
	uint64_t all = ~UINT64_C(0), before = 0, pending = 0;

	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_SIZE);
	if (!__atomic_exchange_n(&emitter.exporting, 1, __ATOMIC_ACQUIRE)) {
		relaxed_store(&emitter.awake, 1);
		sys_call(SYS_rt_sigpending, &pending, KERNEL_SIGSET_SIZE);
		exporter_poll(&arena->exporter, clock_read_ns(CLOCK_MONOTONIC), true);
		if (exporter_wanted(&arena->exporter))
			exporter_export(&arena->exporter);
		exporter_close(&arena->exporter);
		drop_signals(pending);
		__atomic_store_n(&emitter.exporting, 0, __ATOMIC_RELEASE);
	}
	sys_call(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_SIZE);
}

/* What the settings say about the last export: none, or how long it may take at most. */
static uint64_t flush_bound(uint64_t bound_ns)
{
	uint64_t timeout_ns = (uint64_t)shim.settings->timeout_ms * 1000000;

	if (!shim.settings->on_exit)
		return 0;
	return timeout_ns && timeout_ns < bound_ns ? timeout_ns : bound_ns;
}

bool emitter_flush(uint64_t bound_ns)
{
	uint64_t now = clock_read_ns(CLOCK_MONOTONIC), end;
	uint32_t mine, done;

	bound_ns = flush_bound(bound_ns);
	if (!bound_ns || !emitter_reaches_somebody() || make_arena())
		return false;
	end = now + bound_ns;
	if (!emitter_tid() && emitter_start()) {
		export_here();
		return true;
	}
	mine = __atomic_add_fetch(&emitter.requested, 1, __ATOMIC_RELEASE);
	call();
	while (now < end && emitter_tid()) {
		done = acquire_load(&emitter.done);
		if ((int32_t)(done - mine) >= 0)
			break;
		futex_wait(&emitter.done, done, end - now);
		now = clock_read_ns(CLOCK_MONOTONIC);
	}
	return true;
}

bool emitter_stop(uint64_t bound_ns)
{
	uint64_t end = clock_read_ns(CLOCK_MONOTONIC) + bound_ns;
	uint32_t thread = relaxed_load(&emitter.thread);
	struct timespec moment = {0, 50000};

	if (!thread)
		return true;
	release_store(&emitter.stop, 1);
	call();
	/* Until the kernel has forgotten the thread: CLONE_CHILD_CLEARTID would be too early for
	 * unshare(2). */
	while (sys_call(SYS_tgkill, shim.owner_pid, thread, 0) != -ESRCH) {
		if (clock_read_ns(CLOCK_MONOTONIC) > end)
			return false;
		sys_call(SYS_nanosleep, &moment, NULL);
	}
	/* Unless another thread, which waited too, has started a new one. */
	if (__atomic_compare_exchange_n(&emitter.thread, &thread, 0, false, __ATOMIC_RELAXED,
	                                __ATOMIC_RELAXED))
		release_store(&emitter.taken, 0);
	return true;
}

/* Waits for the request's end; false: it has been taken back. */
static bool await_request(uint64_t end)
{
	uint64_t now;
	uint32_t state;

	while ((state = acquire_load(&request.state)) != REQUEST_DONE) {
		now = clock_read_ns(CLOCK_MONOTONIC);
		if ((now >= end || !emitter_tid()) && state == REQUEST_MADE &&
		    __atomic_compare_exchange_n(&request.state, &state, REQUEST_NONE, false,
		                                __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return false;
		/* What it has taken it does at once: the arguments must stay until then. */
		futex_wait(&request.state, state, REQUEST_LOOK_NS);
	}
	return true;
}

long emitter_follow(const struct lifecycle_call *call_made, uint64_t bound_ns)
{
	uint64_t end = clock_read_ns(CLOCK_MONOTONIC) + bound_ns;
	struct timespec moment = {0, 50000};
	long result = -ETIMEDOUT;

	while (__atomic_exchange_n(&request.lock, 1, __ATOMIC_ACQUIRE)) {
		if (clock_read_ns(CLOCK_MONOTONIC) > end)
			return -ETIMEDOUT;
		sys_call(SYS_nanosleep, &moment, NULL);
	}
	if (emitter_tid()) {
		memcpy(&request.call, call_made, sizeof(request.call));
		release_store(&request.state, REQUEST_MADE);
		call();
		if (await_request(end))
			result = request.result;
		release_store(&request.state, REQUEST_NONE);
	} else {
		result = -ESRCH;
	}
	release_store(&request.lock, 0);
	return result;
}

void emitter_postfork_child(void)
{
	memset(&request, 0, sizeof(request));
	memset(&emitter, 0, sizeof(emitter));
}
