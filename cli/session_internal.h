/* What session_directory.c and session_salvage.c share: walking over sessions, safely. */
#ifndef CLI_SESSION_INTERNAL_H
#define CLI_SESSION_INTERNAL_H

#include "cli/session_directory.h"

#define SESSION_DEPTH 8 /* sessions within sessions that are looked at */

/* Opens a directory that is ours alone; -errno. */
int session_open_own(int directory, const char *path);

/* The same for the user's directory below the base. */
int session_open_user(const char *base);

/* Calls `visit` for each name in the directory but "." and ".."; stops where it returns other than
 * 0. */
typedef int session_visitor(int directory, const char *name, int depth, void *context);
int session_visit(int directory, int depth, session_visitor *visit, void *context);

/* Opens a session that no process and no otelue run uses; as long as it is open none of them is
 * cleared away by others. -1: it is used, or cannot be opened. */
int session_claim(int parent, const char *name, int depth);

/* Removes one that was claimed, with those in it that nobody uses, and closes it. */
void session_clear(int claimed, int parent, const char *name, int depth);

#endif
