/* Precedence, repair, limits, shedding, and blocks that somebody else has written. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "encoder/resource.h"

static struct resource resource;

static void make(uint32_t value_limit)
{
	resource_init(&resource, value_limit);
}

static int add(enum resource_source source, const char *key, const char *value)
{
	return resource_add_string(&resource, source, key, value, strlen(value));
}

static const char *get(const char *key)
{
	static char text[RESOURCE_BYTES + 1];

	resource_copy_string(&resource, key, text, sizeof(text));
	return text;
}

static unsigned int count(void)
{
	struct resource_attribute attribute;
	uint32_t position = 0;
	unsigned int n = 0;

	while (resource_next(&resource, &position, &attribute))
		n++;
	return n;
}

Test(resource, user_value_replaces_detected_one)
{
	make(RESOURCE_NO_LIMIT);
	add(RESOURCE_DETECTED, "host.name", "detected");
	add(RESOURCE_USER, "host.name", "mine");
	cr_assert_str_eq(get("host.name"), "mine");
	cr_assert_eq(count(), 1);
}

Test(resource, detected_value_does_not_replace_the_users)
{
	make(RESOURCE_NO_LIMIT);
	add(RESOURCE_USER, "host.name", "mine");
	cr_assert_eq(add(RESOURCE_DETECTED, "host.name", "detected"), 0);
	cr_assert_str_eq(get("host.name"), "mine");
}

Test(resource, later_call_replaces_earlier_of_the_same_source)
{
	make(RESOURCE_NO_LIMIT);
	add(RESOURCE_DETECTED, "service.instance.id", "parent");
	add(RESOURCE_DETECTED, "host.name", "h");
	add(RESOURCE_DETECTED, "service.instance.id", "child");
	cr_assert_str_eq(get("service.instance.id"), "child");
	cr_assert_eq(count(), 2);
	cr_assert_eq(resource_check(&resource), 0);
}

Test(resource, keeps_types)
{
	struct resource_attribute attribute;

	make(RESOURCE_NO_LIMIT);
	resource_add_int(&resource, RESOURCE_USER, "i", INT64_MIN);
	resource_add_bool(&resource, RESOURCE_USER, "b", true);
	resource_add_double(&resource, RESOURCE_USER, "d", -0.5);
	cr_assert(resource_find(&resource, "i", &attribute));
	cr_assert_eq(attribute.integer, INT64_MIN);
	cr_assert(resource_find(&resource, "b", &attribute));
	cr_assert_eq(attribute.type, RESOURCE_BOOL);
	cr_assert_eq(attribute.integer, 1);
	cr_assert(resource_find(&resource, "d", &attribute));
	cr_assert_eq(attribute.number, -0.5);
	cr_assert_not(resource_find(&resource, "e", &attribute));
	cr_assert(resource_remove(&resource, "b"));
	cr_assert_not(resource_remove(&resource, "b"));
	cr_assert_eq(count(), 2);
}

Test(resource, values_are_repaired_and_cut_by_characters)
{
	make(4);
	add(RESOURCE_USER, "a", "\xff\xe2\x82\xac");
	cr_assert_str_eq(get("a"), "\xef\xbf\xbd\xe2\x82\xac");
	add(RESOURCE_USER, "a", "12\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
	cr_assert_str_eq(get("a"), "12\xe2\x82\xac\xe2\x82\xac");
}

Test(resource, a_limit_of_zero_leaves_empty_values)
{
	make(0);
	cr_assert_eq(add(RESOURCE_USER, "a", "x"), 0);
	cr_assert_str_eq(get("a"), "");
	cr_assert_eq(count(), 1);
}

Test(resource, refuses_bad_keys)
{
	char longest[RESOURCE_KEY_MAX + 2];

	make(RESOURCE_NO_LIMIT);
	cr_assert_eq(add(RESOURCE_USER, "", "x"), -EINVAL);
	cr_assert_eq(add(RESOURCE_USER, "a b", "x"), -EINVAL);
	cr_assert_eq(add(RESOURCE_USER, "a;b", "x"), -EINVAL);
	cr_assert_eq(add(RESOURCE_USER, "\xc3\xb6", "x"), -EINVAL);
	cr_assert_eq(add(RESOURCE_USER, "a\x7f", "x"), -EINVAL);
	memset(longest, 'k', sizeof(longest));
	longest[RESOURCE_KEY_MAX + 1] = '\0';
	cr_assert_eq(add(RESOURCE_USER, longest, "x"), -EINVAL);
	longest[RESOURCE_KEY_MAX] = '\0';
	cr_assert_eq(add(RESOURCE_USER, longest, "x"), 0);
	cr_assert_eq(count(), 1);
}

Test(resource, a_full_block_refuses_and_stays_as_it_was)
{
	static char value[RESOURCE_BYTES];
	struct resource before;

	make(RESOURCE_NO_LIMIT);
	memset(value, 'v', sizeof(value));
	add(RESOURCE_USER, "small", "x");
	before = resource;
	cr_assert_eq(resource_add_string(&resource, RESOURCE_USER, "small", value, sizeof(value)),
	             -ENOSPC);
	cr_assert_arr_eq(&resource, &before, sizeof(before));
	/* What is replaced makes room. */
	for (size_t length = RESOURCE_BYTES;; length--) {
		if (resource_add_string(&resource, RESOURCE_USER, "small", value, length) == 0) {
			cr_assert_eq(resource.used, RESOURCE_BYTES);
			break;
		}
	}
	cr_assert_eq(add(RESOURCE_USER, "k", ""), -ENOSPC);
	cr_assert_eq(resource_check(&resource), 0);
}

static void add_detected(void)
{
	add(RESOURCE_DETECTED, "service.name", "unknown_service:x");
	add(RESOURCE_DETECTED, "service.instance.id", "00000000-0000-0000-0000-000000000000");
	resource_add_int(&resource, RESOURCE_DETECTED, "process.pid", 1);
	add(RESOURCE_DETECTED, "host.name", "box");
	add(RESOURCE_DETECTED, "host.arch", "amd64");
	add(RESOURCE_DETECTED, "os.type", "linux");
	add(RESOURCE_DETECTED, "telemetry.sdk.name", "otelue");
}

Test(resource, nothing_is_shed_when_it_fits)
{
	char keys[64] = "x";

	make(RESOURCE_NO_LIMIT);
	add_detected();
	cr_assert_eq(resource_shed(&resource, resource_encoded_size(&resource), keys, 64), 0);
	cr_assert_str_eq(keys, "");
	cr_assert_eq(count(), 7);
}

Test(resource, sheds_detected_then_users_never_the_identity)
{
	char keys[64];
	size_t size;

	make(RESOURCE_NO_LIMIT);
	add_detected();
	add(RESOURCE_USER, "team", "blue");
	add(RESOURCE_USER, "zone", "b");
	add(RESOURCE_USER, "service.owner", "me");
	size = resource_encoded_size(&resource);
	cr_assert_eq(resource_shed(&resource, size - 1, keys, sizeof(keys)), 1);
	cr_assert_str_eq(keys, "os.type");
	cr_assert_eq(resource_shed(&resource, 165, keys, sizeof(keys)), 5);
	cr_assert_str_eq(keys, "host.arch, host.name, zone, team, service.owner");
	cr_assert_leq(resource_encoded_size(&resource), 165);
	cr_assert_eq(count(), 4);
	cr_assert_str_eq(get("telemetry.sdk.name"), "otelue");
	cr_assert_eq(resource_check(&resource), 0);
}

Test(resource, cuts_the_longest_strings_last)
{
	char name[1500], keys[16];
	size_t limit = RESOURCE_ENCODED_LIMIT;

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = "\xe2\x82\xac"[i % 3];
	make(RESOURCE_NO_LIMIT);
	add_detected();
	resource_add_string(&resource, RESOURCE_USER, "service.name", name, sizeof(name));
	resource_add_string(&resource, RESOURCE_USER, "service.version", name, sizeof(name));
	cr_assert_eq(resource_shed(&resource, limit, keys, sizeof(keys)), 3 + 2);
	cr_assert_str_eq(keys, "os.type, ...");
	cr_assert_leq(resource_encoded_size(&resource), limit);
	cr_assert_gt(resource_encoded_size(&resource), limit - 8);
	cr_assert_eq(strlen(get("service.name")) % 3, 0);
	cr_assert_eq(resource_check(&resource), 0);
}

Test(resource, whatever_the_user_gives_fits_into_its_limit)
{
	char key[64], value[200], keys[1];

	memset(value, 'v', sizeof(value));
	make(RESOURCE_NO_LIMIT);
	add_detected();
	for (int i = 0;; i++) {
		snprintf(key, sizeof(key), "service.%d", i);
		if (resource_add_string(&resource, RESOURCE_USER, key, value, sizeof(value)) < 0)
			break;
	}
	cr_assert_gt(resource_shed(&resource, RESOURCE_ENCODED_LIMIT, keys, sizeof(keys)), 0);
	cr_assert_leq(resource_encoded_size(&resource), RESOURCE_ENCODED_LIMIT);
	cr_assert_eq(resource_check(&resource), 0);
}

Test(resource, tells_when_it_cannot_be_made_so_small)
{
	make(RESOURCE_NO_LIMIT);
	add_detected();
	cr_assert_eq(resource_shed(&resource, 20, NULL, 0), -ENOSPC);
}

Test(resource, a_copy_from_shared_memory_is_believed_only_when_it_is_whole)
{
	struct resource good, bad;
	uint32_t rejected = 0;

	make(RESOURCE_NO_LIMIT);
	add_detected();
	resource_add_bool(&resource, RESOURCE_USER, "b", true);
	good = resource;
	cr_assert_eq(resource_check(&good), 0);
	good.used = RESOURCE_BYTES + 1;
	cr_assert_eq(resource_check(&good), -EINVAL);
	/* Any byte changed: either refused, or safe to walk. */
	for (uint32_t i = 0; i < resource.used; i++) {
		for (int bit = 0; bit < 8; bit++) {
			struct resource_attribute attribute;
			uint32_t position = 0;

			bad = resource;
			bad.data[i] ^= (uint8_t)(1 << bit);
			if (resource_check(&bad) < 0) {
				rejected++;
				continue;
			}
			while (resource_next(&bad, &position, &attribute))
				cr_assert_leq(position, bad.used);
		}
	}
	cr_assert_gt(rejected, resource.used);
}

Test(resource, a_string_is_copied_whole_characters_only)
{
	char text[4];

	make(RESOURCE_NO_LIMIT);
	add(RESOURCE_USER, "service.name", "ab\xe2\x82\xac");
	resource_copy_string(&resource, "service.name", text, sizeof(text));
	cr_assert_str_eq(text, "ab");
	resource_copy_string(&resource, "none", text, sizeof(text));
	cr_assert_str_eq(text, "");
}
