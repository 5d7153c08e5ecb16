/* Slots for names. See names.h. No libc: runs in hooks and on the emitter. */
#include "base/atomic.h"
#include "base/memory.h"
#include "metrics/names.h"

#define READY 1u
#define TAKEN 2u /* no key is 0 */

static char printable(char c)
{
	return c > ' ' && c <= '~' ? c : '?';
}

/* FNV-1a */
static uint64_t key_of(const char *text, size_t length, uint8_t error)
{
	uint64_t hash = (UINT64_C(14695981039346656037) ^ error) * UINT64_C(1099511628211);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)printable(text[i])) * UINT64_C(1099511628211);
	return (hash & ~(uint64_t)READY) | TAKEN;
}

static bool is_same(const struct name *name, const char *text, size_t length, uint8_t error)
{
	bool same = relaxed_load(&name->length) == length && relaxed_load(&name->error) == error;

	for (size_t i = 0; same && i < length; i++)
		same = relaxed_load(&name->text[i]) == printable(text[i]);
	return same;
}

static void publish(struct name *name, uint64_t key, const char *text, size_t length, uint8_t error)
{
	relaxed_store(&name->length, (uint8_t)length);
	relaxed_store(&name->error, error);
	for (size_t i = 0; i < length; i++)
		relaxed_store(&name->text[i], printable(text[i]));
	/* Pairs with name_at(). */
	release_store(&name->key, key | READY);
}

uint32_t name_slot(struct name_table *table, const char *text, size_t length, uint8_t error)
{
	uint64_t key = key_of(text, length, error);

	if (length > NAME_BYTES)
		return NAME_SLOTS;
	for (uint32_t slot = 0; slot < NAME_SLOTS; slot++) {
		struct name *name = &table->slot[slot];
		uint64_t found = 0;

		if (__atomic_compare_exchange_n(&name->key, &found, key, false, __ATOMIC_ACQUIRE,
		                                __ATOMIC_ACQUIRE))
			found = key;
		if (found == key)
			publish(name, key, text, length, error);
		else if (found != (key | READY) || !is_same(name, text, length, error))
			continue;
		return slot;
	}
	return NAME_SLOTS;
}

const struct name *name_at(const struct name_table *table, uint32_t slot)
{
	const struct name *name = &table->slot[slot];

	return acquire_load(&name->key) & READY ? name : NULL;
}

/* Others may be writing the same bytes once more. */
static void copy(struct name *to, const struct name *from)
{
	to->key = acquire_load(&from->key);
	to->error = relaxed_load(&from->error);
	to->length = relaxed_load(&from->length);
	for (uint32_t i = 0; i < NAME_BYTES; i++)
		to->text[i] = relaxed_load(&from->text[i]);
}

void names_copy(struct name_table *to, const struct name_table *from)
{
	for (uint32_t slot = 0; slot < NAME_SLOTS; slot++) {
		const struct name *name = name_at(from, slot);

		if (name)
			copy(&to->slot[slot], name);
	}
}

bool name_is_plausible(const struct name *name, uint8_t errors)
{
	bool plausible = name->length <= NAME_BYTES && name->error < errors;

	for (uint32_t i = 0; plausible && i < name->length; i++)
		plausible = name->text[i] == printable(name->text[i]);
	return plausible;
}
