/*
 * The command `otelue`: one function a verb, all listed in the table of cli/otelue.c, and what the
 * verbs share: options, help, errors. One thread. Results go to stdout, what the user is to know
 * beside them to stderr.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>

/* Exit codes. `otelue run` ends like the program that it runs. */
enum cli_exit {
	CLI_OK = 0,
	CLI_PROBLEM = 1, /* something failed, or a check found a problem */
	CLI_USAGE = 2,
};

/* One option. Its value is the letter of the short form, or a number above 255 if it has none. */
struct cli_option {
	int value;
	const char *name;     /* long form, without the dashes; NULL ends the table */
	const char *argument; /* what stands for it in the help; NULL: takes none */
	const char *help;
};

/* What --help prints and cli_next() reads options by. */
struct cli_usage {
	const char *verb;
	const char *synopsis;    /* behind "otelue VERB " */
	const char *description; /* whole lines, each with its newline */
	const struct cli_option *options;
	bool stop_at_operand; /* what follows the first operand are not our options */
};

/* cli_next(): no more options / --help was printed or a wrong option told: end with *ret_exit. */
#define CLI_NO_MORE (-1)
#define CLI_EXIT    (-2)

/*
 * The next option's value, its argument in *ret_argument; at CLI_NO_MORE getopt's optind is the
 * number of the first operand. argv[0] is the verb.
 */
int cli_next(const struct cli_usage *usage, int argc, char **argv, const char **ret_argument,
             int *ret_exit);

/* "otelue VERB: text" on stderr. cli_usage_error() adds where help is and returns CLI_USAGE. */
__attribute__((format(printf, 2, 3))) void cli_error(const char *verb, const char *format, ...);
__attribute__((format(printf, 2, 3))) int cli_usage_error(const struct cli_usage *usage,
                                                          const char *format, ...);

/* Are there operands behind the options of a verb that takes none? Then CLI_USAGE (and told). */
int cli_no_operands(const struct cli_usage *usage, int argc, char **argv);

/* Seconds as written to milliseconds; -1: not CLI_SECONDS. */
#define CLI_SECONDS "seconds from 0.1 to 2147483"
long cli_milliseconds(const char *seconds);

/* Flushes stdout; CLI_PROBLEM (and told) if not all of it could be written, else `code`. */
int cli_finish_output(const char *verb, int code);

/* Verbs. Each parses its own options and returns an exit code. */
int cli_run(int argc, char **argv);
int cli_config(int argc, char **argv);
int cli_metrics(int argc, char **argv);
int cli_decode(int argc, char **argv);
int cli_salvage(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_register(int argc, char **argv);
int cli_help(int argc, char **argv);
/* Not listed: what doctor --hooks executes with the shim preloaded. */
#define HOOKS_VERB "hooks-here"
int cli_hooks_here(int argc, char **argv);

#endif
