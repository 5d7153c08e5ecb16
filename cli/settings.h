/* The settings that a program started now would have, from the present environment. */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "config/settings_load.h"

/* As settings_load(); leaves the parsed file for the processes to come. */
int cli_settings_load(struct settings *ret_settings, struct settings_error *ret_error);

#endif
