/*
 * What the readers of settings share: the settings being made, where they come from, and how errors
 * and notes are worded. Private to config/.
 */
#ifndef CONFIG_SETTINGS_INTERNAL_H
#define CONFIG_SETTINGS_INTERNAL_H

#include "config/settings_load.h"

/* Hooks must have small frames; this runs in the constructor, on the main thread's stack, and takes
 * about 40 KiB. */
#if defined(__clang__)
#pragma GCC diagnostic ignored "-Wframe-larger-than"
#else
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#endif

struct settings_loader {
	const struct settings_environment *environment;
	struct settings settings;
	struct settings_error *error;
	enum settings_source source; /* of what is being read */
	bool shared;                 /* the file is the program's SDK's too */
	/* Names of the variables that the file refers to, each with its NUL. */
	char references[1024];
	size_t references_length;
	bool references_full;
};

/* The variable's value, NULL where it is not set or empty. */
const char *variable_get(char *const *variables, const char *name);

/* Without a file. */
int settings_from_variables(struct settings_loader *loader);

/*
 * From the file at `path`, named by the variable. 0: settings are as the file says. 1: left to the
 * program's own SDK.
 */
int settings_from_file(struct settings_loader *loader, const char *variable, const char *path);

/* From the bytes of a document; `name` stands in messages. */
int settings_from_json(struct settings_loader *loader, const struct json_api *json,
                       const char *name, const char *bytes, size_t length);

/* Appends a line to the notes; once, if it fits. */
void loader_note(struct settings_loader *loader, const char *line);

/* Starts the error's text: "name: " or, with a place, "name: place: ". */
struct text loader_error(struct settings_loader *loader, const char *name, const char *place);

/* Reads a scalar setting's value from text. -EINVAL: `expected` says what it should have been. */
int value_from_text(const struct settings_row *row, const char *string, uint32_t *ret_value,
                    struct text *expected);

/* Checks a number for its row; -EINVAL likewise. */
int value_from_number(const struct settings_row *row, int64_t number, uint32_t *ret_value,
                      struct text *expected);

/* "true or false", "an integer ≥ 100", "one of cumulative, delta, low_memory". */
void value_expected(const struct settings_row *row, struct text *expected);

static inline void setting_put(struct settings_loader *loader, enum settings_id id, uint32_t value)
{
	*(uint32_t *)((char *)&loader->settings + settings_table[id].offset) = value;
	loader->settings.source[id] = (uint8_t)loader->source;
}

/* Puts a text with its NUL; -ENAMETOOLONG. */
int setting_put_text(struct settings_loader *loader, enum settings_id id, const char *string,
                     size_t length);

/*
 * key=value,key=value with percent-encoding, checked whole before any is taken: -EINVAL and why.
 * Keys already there stay as they are. What finds no room is left out with a note.
 */
int attributes_from_list(struct settings_loader *loader, const char *name, const char *list,
                         struct text *why);

#endif
