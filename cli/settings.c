/* See settings.h. */
#include <stddef.h>
#include <unistd.h>
#include "cli/settings.h"

int cli_settings_load(struct settings *ret_settings, struct settings_error *ret_error)
{
	char directory[300];
	const struct settings_environment environment = {
		.variables = environ,
		.open_json = jansson_open_linked,
		.blob_directory = settings_user_directory(settings_default.segment_directory,
	                                                  directory, sizeof(directory))
	                                  ? NULL
	                                  : directory,
	};

	return settings_load(&environment, ret_settings, ret_error);
}
