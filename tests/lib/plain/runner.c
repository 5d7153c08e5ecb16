/* Runs the registered tests one by one, each in a forked child, and prints TAP. See criterion.h. */
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <criterion/criterion.h>

static struct plain_test *tests;

/* Keeps the order of the source within a file. */
void plain_register(struct plain_test *test)
{
	struct plain_test **end = &tests;

	while (*end)
		end = &(*end)->next;
	*end = test;
}

void plain_fail(const char *file, int line, const char *assertion, const char *format, ...)
{
	va_list arguments;

	printf("# %s:%d: failed: %s: ", file, line, assertion);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	fflush(stdout);
	_exit(101);
}

static const struct plain_options *suite_options(const char *suite)
{
	static const struct plain_options none;
	const struct plain_test *test;

	for (test = tests; test; test = test->next) {
		if (!test->name && !strcmp(test->suite, suite))
			return &test->options;
	}
	return &none;
}

static void run_in_child(const struct plain_test *test)
{
	const struct plain_options *suite = suite_options(test->suite);
	void (*init)(void) = test->options.init ? test->options.init : suite->init;
	void (*fini)(void) = test->options.fini ? test->options.fini : suite->fini;

	alarm(test->options.timeout > 0 ? (unsigned int)test->options.timeout * 10 : 120);
	if (init)
		init();
	test->run();
	if (fini)
		fini();
	exit(0);
}

static bool passes(const struct plain_test *test, bool *ret_skipped)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		run_in_child(test);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return false;
	if (WIFSIGNALED(status)) {
		if (WTERMSIG(status) != test->options.signal)
			printf("# ended by signal %d\n", WTERMSIG(status));
		return WTERMSIG(status) == test->options.signal;
	}
	*ret_skipped = WEXITSTATUS(status) == PLAIN_SKIPPED;
	if (*ret_skipped)
		return true;
	return !test->options.signal && WEXITSTATUS(status) == test->options.exit_code;
}

/*
 * The file that PLAIN_SKIPS names has lines "suite::name reason": what the place where the tests
 * run cannot do. The reason, or NULL.
 */
static const char *skip_reason(const struct plain_test *test)
{
	const char *path = getenv("PLAIN_SKIPS");
	FILE *file = path ? fopen(path, "re") : NULL;
	static char line[256];
	char name[256];
	int length = snprintf(name, sizeof(name), "%s::%s ", test->suite, test->name);
	const char *reason = NULL;

	while (file && !reason && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, (size_t)length))
			reason = line + length;
	}
	if (file)
		fclose(file);
	return reason;
}

int main(void)
{
	const struct plain_test *test;
	const char *reason;
	int count = 0, failures = 0;

	for (test = tests; test; test = test->next) {
		if (!test->name)
			continue;
		reason = skip_reason(test);
		if (reason) {
			printf("ok %d - %s::%s # SKIP %s", ++count, test->suite, test->name,
			       reason);
			continue;
		}
		bool skipped = false, passed = passes(test, &skipped);

		failures += !passed;
		printf("%sok %d - %s::%s%s\n", passed ? "" : "not ", ++count, test->suite,
		       test->name, skipped ? " # SKIP" : "");
	}
	printf("1..%d\n", count);
	return failures > 0;
}
