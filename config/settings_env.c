/* Settings out of variables, where no file is given. Ours are checked strictly, OpenTelemetry's
 * leniently. */
#include <errno.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "config/settings_internal.h"

const char *variable_get(char *const *variables, const char *name)
{
	size_t length = string_length(name);

	for (; *variables; variables++) {
		if (text_has_prefix(*variables, name) && (*variables)[length] == '=')
			return (*variables)[length + 1] ? *variables + length + 1 : NULL;
	}
	return NULL;
}

static int bad_value(struct text *why, const char *string)
{
	text_add(why, ", got ");
	text_add_quoted(why, string);
	return -EINVAL;
}

/* A comma-separated list of exporters. Of OpenTelemetry's variable, others' exporters are left
 * aside. */
static int exporters_from_list(struct settings_loader *loader, const char *name, const char *list,
                               struct text *why)
{
	uint32_t bits = 0;
	int none = 0, ours = 0;

	for (const char *s = list, *end; *s; s = *end ? end + 1 : end) {
		char word[32], line[160];
		struct text item = text_start(word, sizeof(word)),
			    note = text_start(line, sizeof(line));
		int sink = 0;

		while (*s == ' ' || *s == '\t')
			s++;
		for (end = s; *end && *end != ','; end++)
			;
		text_add_bytes(&item, s, (size_t)(end - s));
		while (item.length &&
		       (word[item.length - 1] == ' ' || word[item.length - 1] == '\t'))
			word[--item.length] = '\0';
		while (sink < SINK_COUNT && !text_equal_nocase(word, settings_exporter_names[sink]))
			sink++;
		none |= text_equal_nocase(word, "none");
		ours |= sink < SINK_COUNT;
		if (sink < SINK_COUNT) {
			bits |= 1u << sink;
		} else if (!text_equal_nocase(word, "none") && loader->source == SOURCE_VARIABLE) {
			text_add(why, "expected user_events, otlp_file or none");
			return bad_value(why, word);
		} else if (!text_equal_nocase(word, "none") && item.length) {
			text_add(&note, name);
			text_add(&note, ": exporter ");
			text_add_quoted(&note, word);
			text_add(&note, " is not ours; left to the program's own SDK");
			loader_note(loader, line);
		}
	}
	if (none && ours) {
		text_add(why, "expected none, or exporters without none");
		return bad_value(why, list);
	}
	if (none || ours)
		setting_put(loader, SETTING_exporters, bits);
	return 0;
}

/* A relative path would mean another file after chdir, so it is completed now. */
static int path_from_text(struct settings_loader *loader, enum settings_id id, const char *string,
                          struct text *why)
{
	char path[4096];
	struct text text = text_start(path, sizeof(path));

	if (string[0] != '/') {
		if (sys_call(SYS_getcwd, path, sizeof(path)) <= 0 || path[0] != '/') {
			text_add(why, "expected an absolute path");
			return bad_value(why, string);
		}
		text.length = string_length(path);
		text_add(&text, path[1] ? "/" : "");
	}
	text_add(&text, string);
	if (text.full || setting_put_text(loader, id, path, text.length) < 0) {
		text_add(why, "expected a path of at most ");
		text_add_u64(why, settings_table[id].room - 1u);
		text_add(why, " bytes");
		return bad_value(why, string);
	}
	return 0;
}

static int text_from_text(struct settings_loader *loader, enum settings_id id, const char *string,
                          struct text *why)
{
	if (setting_put_text(loader, id, string, string_length(string)) == 0)
		return 0;
	text_add(why, "expected at most ");
	text_add_u64(why, settings_table[id].room - 1u);
	text_add(why, " bytes");
	return bad_value(why, string);
}

/* An unusable list of attributes is discarded whole, with a note, also where it is our variable's.
 */
static int attributes_from_variable(struct settings_loader *loader, const char *name,
                                    const char *list)
{
	char reason[200], line[400];
	struct text why = text_start(reason, sizeof(reason)), note = text_start(line, sizeof(line));

	if (attributes_from_list(loader, name, list, &why) == 0)
		return 0;
	text_add(&note, name);
	text_add(&note, ": discarded, ");
	text_add(&note, reason);
	loader_note(loader, line);
	return 0;
}

static int setting_from_text(struct settings_loader *loader, enum settings_id id, const char *name,
                             const char *string, struct text *why)
{
	const struct settings_row *row = &settings_table[id];
	char words[200];
	struct text expected = text_start(words, sizeof(words));
	uint32_t value;

	switch ((enum settings_kind)row->kind) {
	case SETTING_KIND_EXPORTERS:
		return exporters_from_list(loader, name, string, why);
	case SETTING_KIND_PATH:
		return path_from_text(loader, id, string, why);
	case SETTING_KIND_TEXT:
		return text_from_text(loader, id, string, why);
	case SETTING_KIND_ATTRIBUTES:
		return attributes_from_variable(loader, name, string);
	default:
		break;
	}
	if (value_from_text(row, string, &value, &expected) < 0) {
		text_add(why, "expected ");
		text_add(why, words);
		return bad_value(why, string);
	}
	setting_put(loader, id, value);
	return 0;
}

/* One setting from its variables: what is wrong in ours is an error, what is wrong in the SDK's is
 * noted. */
static int setting_from_variables(struct settings_loader *loader, enum settings_id id)
{
	const struct settings_row *row = &settings_table[id];
	const char *name = row->variable, *string = NULL;
	char reason[300], line[400];
	struct text why = text_start(reason, sizeof(reason)), note = text_start(line, sizeof(line)),
		    text;

	loader->source = SOURCE_VARIABLE;
	if (name[0])
		string = variable_get(loader->environment->variables, name);
	if (!string && row->otel_variable[0]) {
		name = row->otel_variable;
		loader->source = SOURCE_OTEL_VARIABLE;
		string = variable_get(loader->environment->variables, name);
	}
	if (!string || setting_from_text(loader, id, name, string, &why) == 0)
		return 0;
	if (loader->source == SOURCE_VARIABLE) {
		text = loader_error(loader, name, "");
		text_add(&text, reason);
		return -EINVAL;
	}
	text_add(&note, name);
	text_add(&note, ": ignored, ");
	text_add(&note, reason);
	loader_note(loader, line);
	return 0;
}

int settings_from_variables(struct settings_loader *loader)
{
	struct text text;
	int err;

	for (int id = 0; id < SETTING_COUNT; id++) {
		err = setting_from_variables(loader, (enum settings_id)id);
		if (err)
			return err;
	}
	if (settings_exporter_enabled(&loader->settings, SINK_FILE) &&
	    !loader->settings.otlp_file_path[0]) {
		text = loader_error(loader, "OTELUE_FILE", "");
		text_add(&text, "exporter otlp_file needs the path of its file, for example "
		                "OTELUE_FILE=/tmp/metrics.%p.jsonl");
		return -EINVAL;
	}
	return 0;
}
