/* Sealed settings are believed, anything else is not. */
#include "tests/unit/settings_fixture.h"

static void make_sealed(void)
{
	memcpy(&settings, &settings_default, sizeof(settings));
	settings_seal(&settings);
}

TestSuite(settings_check, .init = make_sealed);

Test(settings_check, sealed_settings_are_valid_wherever_they_are_copied)
{
	struct settings copy;

	memcpy(&copy, &settings, sizeof(copy));
	cr_assert(settings_valid(&copy, sizeof(copy)));
}

Test(settings_check, every_single_changed_byte_is_noticed)
{
	for (size_t i = 0; i < sizeof(settings); i++) {
		((unsigned char *)&settings)[i] ^= 0x40;
		cr_assert_not(settings_valid(&settings, sizeof(settings)), "byte %zu", i);
		((unsigned char *)&settings)[i] ^= 0x40;
	}
	cr_assert(settings_valid(&settings, sizeof(settings)));
}

Test(settings_check, other_lengths_are_not_valid)
{
	cr_assert_not(settings_valid(&settings, sizeof(settings) - 1));
	cr_assert_not(settings_valid(&settings, 0));
}

/* A forger can make the hash right; the values must be within bounds all the same. */
#define assert_forged(change)                                                        \
	do {                                                                         \
		make_sealed();                                                       \
		change;                                                              \
		settings_seal(&settings);                                            \
		cr_assert_not(settings_valid(&settings, sizeof(settings)), #change); \
	} while (0)

Test(settings_check, values_out_of_bounds_are_not_valid_though_sealed)
{
	assert_forged(settings.interval_ms = 99);
	assert_forged(settings.max_event_size = 8169);
	assert_forged(settings.disabled = 2);
	assert_forged(settings.log_level = 0);
	assert_forged(settings.user_events_temporality = 3);
	assert_forged(settings.exporters = 1u << SINK_COUNT);
	assert_forged(settings.exporters = 1u << SINK_FILE);
	assert_forged(settings.families = 1u << HOOK_FAMILY_COUNT);
	assert_forged(settings.optional_metrics = 1u << OPTIONAL_METRIC_COUNT);
	assert_forged(settings.source[0] = SOURCE_COUNT);
}

Test(settings_check, texts_that_do_not_end_are_not_valid_though_sealed)
{
	assert_forged(memset(settings.service_name, 'a', sizeof(settings.service_name)));
	assert_forged(memset(settings.otlp_file_path, '/', sizeof(settings.otlp_file_path)));
	assert_forged(memset(settings.programs_excluded, 'a', sizeof(settings.programs_excluded)));
	assert_forged(
		memset(settings.resource_attributes, 1, sizeof(settings.resource_attributes)));
	assert_forged(memset(settings.notes, 'a', sizeof(settings.notes)));
	assert_forged(memset(settings.config_file, 'a', sizeof(settings.config_file)));
	assert_forged(strcpy(settings.segment_directory, "relative"));
	assert_forged(strcpy(settings.segment_directory, ""));
}
