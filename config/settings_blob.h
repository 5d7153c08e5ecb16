/*
 * Parsed settings, left in the user's directory by the first process that parsed a file, so that
 * the next ones need no JSON library. A blob is a cache and never more: it is used only if it is a
 * regular file of ours that nobody else may touch, made by this build, whole, of this very file
 * (device, inode, size, both times) and if the variables that the file refers to have the same
 * values; else the file is parsed again. At most BLOB_SLOTS files are left, each within a few KiB;
 * newer ones take the place of older ones.
 *
 * Raw system calls only; any failure just means that there is no blob.
 */
#ifndef CONFIG_SETTINGS_BLOB_H
#define CONFIG_SETTINGS_BLOB_H

#include "config/settings_internal.h"

#define BLOB_SLOTS 64
#define BLOB_WAYS  4 /* places that one path may use: as many sets of variables are remembered */

struct file_identity {
	uint64_t device, inode, size, mtime_ns, ctime_ns;
	uint64_t path_hash;
	uint64_t shared;
};

/* Takes loader->settings from a blob; true if there was one. */
bool settings_blob_read(struct settings_loader *loader, const struct file_identity *identity);

/* Leaves loader->settings, which are sealed. */
void settings_blob_write(const struct settings_loader *loader,
                         const struct file_identity *identity);

#endif
