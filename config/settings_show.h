/*
 * Settings as people read them: values and where they came from, for `otelue config` and `otelue
 * doctor`. Not in the shim.
 */
#ifndef CONFIG_SETTINGS_SHOW_H
#define CONFIG_SETTINGS_SHOW_H

#include "config/settings.h"
#include "config/text.h"

/* The value, lists with commas; "none" for an empty set, "" for an empty text. */
void settings_show_value(const struct settings *settings, enum settings_id id, struct text *to);

/* "default", the variable's name, or the place in the file. */
const char *settings_show_place(const struct settings *settings, enum settings_id id);

/* "default", "variable" or "file". */
const char *settings_show_source(const struct settings *settings, enum settings_id id);

/* The word that a value of a row of kind WORD is written as. */
const char *settings_show_word(enum settings_id id, uint32_t value);

/* The name of a bit of EXPORTERS, FAMILIES or METRICS; NULL: it has none. */
const char *settings_show_bit(enum settings_id id, uint32_t bit);

/* Is this number the row's way to say that there is no limit. */
int settings_show_unlimited(enum settings_id id, uint32_t value);

#endif
