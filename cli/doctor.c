/*
 * otelue doctor: checks one after the other what the shim and its readers need, says what it found
 * and what to do. Exit code 1 if anything would keep metrics from arriving.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/memory.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "metrics/session.h"

static const struct cli_option options[] = {
	{'H', "hooks", NULL, "show where each hooked function leads, and nothing else"},
	{0, NULL, NULL, NULL},
};

static const struct cli_usage usage = {
	"doctor",
	"[--hooks]",
	"Checks the kernel's user_events, the rights of this user, shared memory, the shim (by a\n"
	"short trial), the configuration of the present environment and what earlier runs left\n"
	"behind. Each line is ok, note or problem, followed by what to do. The exit code is 1 if\n"
	"there is a problem.\n",
	options,
	false,
};

__attribute__((format(printf, 3, 0))) static void say(enum terminal_style style, const char *word,
                                                      const char *format, va_list arguments)
{
	printf("%s%-8s%s", terminal_style(stdout, style), word,
	       terminal_style(stdout, STYLE_PLAIN));
	vprintf(format, arguments);
	putchar('\n');
}

static void say_remedy(const char *remedy)
{
	if (*remedy)
		printf("        -> %s\n", remedy);
}

void doctor_ok(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(STYLE_GOOD, "ok", format, arguments);
	va_end(arguments);
}

void doctor_note(struct doctor *doctor, const char *remedy, const char *format, ...)
{
	va_list arguments;

	doctor->notes++;
	va_start(arguments, format);
	say(STYLE_NOTE, "note", format, arguments);
	va_end(arguments);
	say_remedy(remedy);
}

void doctor_problem(struct doctor *doctor, const char *remedy, const char *format, ...)
{
	va_list arguments;

	doctor->problems++;
	va_start(arguments, format);
	say(STYLE_BAD, "problem", format, arguments);
	va_end(arguments);
	say_remedy(remedy);
}

const char *doctor_read_line(const char *path)
{
	static char line[1024];
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, sizeof(line), file);

	if (file)
		fclose(file);
	if (!read)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

extern char **environ;

static bool is_variable(const char *name, size_t length)
{
	static const char *const others[] = {"OTELUE_CONFIG", SESSION_VARIABLE};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strlen(others[i]) == length && memcmp(others[i], name, length) == 0)
			return true;
	}
	for (int i = 0; i < SETTING_COUNT; i++) {
		const char *variable = settings_table[i].variable;

		if (strlen(variable) == length && memcmp(variable, name, length) == 0)
			return true;
	}
	return false;
}

/* A misspelt one is obeyed by nobody. */
static void check_variables(struct doctor *doctor)
{
	for (char **variable = environ; *variable; variable++) {
		size_t length = strcspn(*variable, "=");

		if (strncmp(*variable, "OTELUE_", 7) == 0 && !is_variable(*variable, length))
			doctor_note(doctor, "otelue.json(5) has the names of variables",
			            "configuration: %.*s is no variable of otelue", (int)length,
			            *variable);
	}
}

/* The settings; where they are wrong, that is told and the defaults stand in. */
static void check_configuration(struct doctor *doctor, struct settings *settings)
{
	struct settings_error error;

	if (cli_settings_load(settings, &error) < 0) {
		doctor_problem(doctor,
		               "programs run uncounted until this is corrected (otelue config)",
		               "configuration: %s", error.text);
		*settings = settings_default;
		return;
	}
	if (settings->disabled)
		doctor_problem(doctor,
		               "unset OTELUE_DISABLED and OTEL_SDK_DISABLED, or change the file",
		               "configuration: counting is switched off");
	else
		doctor_ok("configuration: %s", settings->config_file[0]
		                                       ? settings->config_file
		                                       : "environment and defaults");
	for (char *line = strtok(settings->notes, "\n"); line; line = strtok(NULL, "\n"))
		doctor_note(doctor, "", "configuration: %s", line);
}

static int check_all(void)
{
	struct settings *settings = memory_take(sizeof(*settings));
	struct doctor doctor = {.settings = settings};

	check_configuration(&doctor, settings);
	check_variables(&doctor);
	doctor_check_events(&doctor);
	doctor_check_file(&doctor);
	doctor_check_tools(&doctor);
	doctor_check_memory(&doctor);
	doctor_check_library(&doctor);
	doctor_check_preload(&doctor);
	doctor_check_clock(&doctor);
	doctor_check_sandbox(&doctor);
	doctor_check_segments(&doctor);
	printf("%d problem%s, %d note%s\n", doctor.problems, doctor.problems == 1 ? "" : "s",
	       doctor.notes, doctor.notes == 1 ? "" : "s");
	free(settings);
	return cli_finish_output(usage.verb, doctor.problems ? CLI_PROBLEM : CLI_OK);
}

int cli_doctor(int argc, char **argv)
{
	const char *argument;
	bool hooks = false;
	int option, code = CLI_OK;

	while ((option = cli_next(&usage, argc, argv, &argument, &code)) != CLI_NO_MORE) {
		if (option == CLI_EXIT)
			return code;
		hooks = true;
	}
	code = cli_no_operands(&usage, argc, argv);
	if (code != CLI_OK)
		return code;
	return hooks ? doctor_show_hooks() : check_all();
}
