/* The calls' table, marks and notes; see calls.h. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "tests/integration/programs/calls.h"

static const struct call *const tables[] = {file_open_calls, file_io_calls,  file_state_calls,
                                            socket_calls,    metadata_calls, directory_calls};
static char notes[1 << 20];
static size_t notes_length;
static char **names; /* of the calls to make; none: all */
bool small_stack;
char *volatile nowhere;

static void append(const char *text)
{
	notes_length += string_copy(notes + notes_length, sizeof(notes) - notes_length, text);
}

static void append_number(long value)
{
	char digits[21];

	if (value < 0)
		append("-");
	string_from_u64(digits, value < 0 ? -(uint64_t)value : (uint64_t)value);
	append(digits);
}

long note(const char *what, long result, int error)
{
	append(what);
	append(" = ");
	append_number(result);
	append(", errno ");
	append_number(error);
	append("\n");
	return result;
}

long mode_of(int fd)
{
	struct stat status = {0};

	sys_call(SYS_fstat, fd, &status);
	return status.st_mode;
}

static int is_asked_for(const char *name)
{
	for (char **asked = names; *asked; asked++) {
		if (string_equal(*asked, name))
			return 1;
	}
	return !*names;
}

static void for_each_call(void (*run)(const struct call *call))
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct call *call = tables[t]; call->name; call++)
			run(call);
	}
}

static void list(const struct call *call)
{
	append(call->name);
	append("\n");
}

static void make(const struct call *call)
{
	if (is_asked_for(call->name)) {
		list(call);
		call->run();
	}
}

static void make_all(int unused)
{
	(void)unused;
	sys_call(SYS_write, -1, "begin", 5);
	for_each_call(make);
	sys_call(SYS_write, -1, "end", 3);
}

/* Where the processor's registers alone fill a signal's frame, that much more. */
static void make_all_on_signal_stack(void)
{
	static char memory[1 << 16];
	size_t frame = (size_t)sysconf(_SC_MINSIGSTKSZ);
	stack_t stack = {.ss_sp = memory, .ss_size = frame > 4096 ? frame + 4096 : 8192};
	struct sigaction action = {.sa_handler = make_all, .sa_flags = SA_ONSTACK};

	small_stack = true;
	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
}

static void *make_all_in_thread(void *unused)
{
	make_all(0);
	return unused;
}

static void make_all_in_small_thread(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN));
	if (pthread_create(&thread, &attributes, make_all_in_thread, NULL) == 0)
		pthread_join(thread, NULL);
}

static void print(void)
{
	size_t done = 0;

	while (done < notes_length) {
		long n = sys_call(SYS_write, 1, notes + done, notes_length - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	names = argv + argc;
	if (string_equal(how, "--list")) {
		for_each_call(list);
	} else if (string_equal(how, "--signal-stack")) {
		make_all_on_signal_stack();
	} else if (string_equal(how, "--small-thread")) {
		make_all_in_small_thread();
	} else {
		names = argv + 1;
		make_all(0);
	}
	print();
	return 0;
}
