/* Which source holds: the order of configuration's precedence, in plain sight in settings_load().
 */
#include <errno.h>
#include "base/memory.h"
#include "base/syscall.h"
#include "config/settings_internal.h"

struct text loader_error(struct settings_loader *loader, const char *name, const char *place)
{
	struct text text = text_start(loader->error->text, sizeof(loader->error->text));

	text_add_clean(&text, name);
	text_add(&text, ": ");
	if (place[0]) {
		text_add_clean(&text, place);
		text_add(&text, ": ");
	}
	return text;
}

void loader_note(struct settings_loader *loader, const char *line)
{
	char *notes = loader->settings.notes;
	size_t used = string_length(notes), length = string_length(line);

	if (text_contains(notes, line) || used + length + 2 > sizeof(loader->settings.notes))
		return;
	memcpy(notes + used, line, length);
	notes[used + length] = '\n';
	notes[used + length + 1] = '\0';
}

int setting_put_text(struct settings_loader *loader, enum settings_id id, const char *string,
                     size_t length)
{
	char *to = (char *)&loader->settings + settings_table[id].offset;

	if (length + 1 > settings_table[id].room)
		return -ENAMETOOLONG;
	memset(to, 0, settings_table[id].room);
	memcpy(to, string, length);
	loader->settings.source[id] = (uint8_t)loader->source;
	return 0;
}

int settings_user_directory(const char *parent, char *to, size_t size)
{
	struct text text = text_start(to, size);

	text_add(&text, parent);
	text_add(&text, "/otelue.");
	text_add_u64(&text, (uint64_t)sys_call(SYS_geteuid));
	return text.full ? -ENAMETOOLONG : 0;
}

/*
 * Looked at before anything else. Our switch is obeyed whatever is wrong elsewhere; set to
 * something else than true or false it is an error, and so stops us as well.
 */
static int kill_switch(struct settings_loader *loader)
{
	const struct settings_row *row = &settings_table[SETTING_disabled];
	char *const *variables = loader->environment->variables;
	const char *ours = variable_get(variables, row->variable);
	const char *theirs = variable_get(variables, row->otel_variable);
	struct text text;

	if (ours && !text_equal_nocase(ours, "true") && !text_equal_nocase(ours, "false")) {
		text = loader_error(loader, row->variable, "");
		text_add(&text, "expected true or false, got ");
		text_add_quoted(&text, ours);
		return -EINVAL;
	}
	loader->source = ours ? SOURCE_VARIABLE : SOURCE_OTEL_VARIABLE;
	if (!text_equal_nocase(ours ? ours : theirs ? theirs : "", "true"))
		return 0;
	setting_put(loader, SETTING_disabled, 1);
	return 1;
}

static int load(struct settings_loader *loader)
{
	char *const *variables = loader->environment->variables;
	const char *path;
	int err;

	if (loader->environment->secure)
		return 0;
	err = kill_switch(loader);
	if (err)
		return err < 0 ? err : 0;
	path = variable_get(variables, "OTELUE_CONFIG");
	if (path)
		return settings_from_file(loader, "OTELUE_CONFIG", path);
	path = variable_get(variables, "OTEL_CONFIG_FILE");
	if (path) {
		loader->shared = true;
		err = settings_from_file(loader, "OTEL_CONFIG_FILE", path);
		if (err <= 0)
			return err;
	}
	return settings_from_variables(loader);
}

int settings_are_given(const struct settings_environment *environment)
{
	char *const *variables = environment->secure ? NULL : environment->variables;

	for (; variables && *variables; variables++) {
		if (text_has_prefix(*variables, "OTEL"))
			return 1;
	}
	return 0;
}

int settings_load(const struct settings_environment *environment, struct settings *ret_settings,
                  struct settings_error *ret_error)
{
	struct settings_loader loader = {.environment = environment, .error = ret_error};
	int err, saved_errno = errno;

	memcpy(&loader.settings, &settings_default, sizeof(loader.settings));
	err = load(&loader);
	errno = saved_errno;
	if (err)
		return err;
	settings_seal(&loader.settings);
	memcpy(ret_settings, &loader.settings, sizeof(*ret_settings));
	return 0;
}
