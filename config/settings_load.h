/*
 * Settings out of the environment and the file that it names. Order: the kill switch;
 * OTELUE_CONFIG, else OTEL_CONFIG_FILE if it is JSON; with neither, OTELUE_X, else OTEL_X, for each
 * setting; then the defaults. An empty variable is an unset one.
 *
 * What is wrong in our own variables and in a file is an error, whole or not at all. What is wrong
 * in OTEL_ variables, which the program's own SDK reads too, is left aside and said in
 * settings.notes; likewise what a file named by OTEL_CONFIG_FILE says to that SDK only (other
 * exporters, tracing, logs). OTELUE_CONFIG's file is ours alone: what this version cannot do is an
 * error there.
 *
 * Called from the constructor or by the command; one thread. errno stays as it is, no descriptor
 * stays open.
 */
#ifndef CONFIG_SETTINGS_LOAD_H
#define CONFIG_SETTINGS_LOAD_H

#include <stdbool.h>
#include "config/jansson_api.h"
#include "config/settings.h"

/* One line without newline: the place, what was expected, what was found. */
struct settings_error {
	char text[512];
};

struct settings_environment {
	char *const *variables; /* NAME=value, NULL at the end; the caller's, not environ */
	bool secure;            /* AT_SECURE: nothing is read, the defaults hold */
	int (*open_json)(struct json_api *ret_api, struct text *why);
	/*
	 * Directory for parsed settings (settings_blob.h), made if missing. NULL: neither read nor
	 * left; so it should be under a seccomp filter, which might kill for the system calls that
	 * it takes.
	 */
	const char *blob_directory;
};

/*
 * Does any variable, ours or OpenTelemetry's, say something? If not, settings_default holds and
 * nothing need be loaded: so most programs run, and should start fast.
 */
int settings_are_given(const struct settings_environment *environment);

/*
 * 0: *ret_settings is sealed and may be obeyed, `disabled` included. -errno: *ret_settings is
 * untouched, *ret_error says why, and nothing is to be counted. -EOVERFLOW: the file is whoever's
 * in this user namespace, which nobody in it can change.
 */
int settings_load(const struct settings_environment *environment, struct settings *ret_settings,
                  struct settings_error *ret_error);

/* "<parent>/otelue.<effective uid>": where segments and parsed settings of a user are.
 * -ENAMETOOLONG. */
int settings_user_directory(const char *parent, char *to, size_t size);

#endif
