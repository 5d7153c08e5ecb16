/*
 * What killed processes left in sessions is exported as themselves (export/salvage.h) before the
 * sessions go: by otelue run for its own session and for those whose otelue run was killed, and by
 * otelue salvage. The locks of session_internal.h and of each segment see to it that all of them
 * together export once.
 */
#ifndef CLI_SESSION_SALVAGE_H
#define CLI_SESSION_SALVAGE_H

#include "cli/session_directory.h"
#include "export/salvage.h"

/*
 * At the end of the run whose session it is: exports, out of it and of those within it, and leaves
 * all of it to be counted. own: for processes that left no settings, who had the run's. False:
 * something could not be exported, and a later try may. complain: told what is not.
 */
bool session_salvage_own(const struct session_directory *session, const struct settings *own,
                         void (*complain)(const char *text));

/*
 * Removes the sessions below the base that nobody uses any more, what they hold exported. (Not what
 * left no settings: with whose?) One that holds what cannot be exported now is left for otelue
 * salvage, for a day. Returns how many are gone.
 */
int session_salvage_sweep(const char *base);

/* Calls `visit` with a path of each session below the base whose otelue run is gone, inner ones
 * included, but trees; no sweep takes it meanwhile. */
void session_salvage_stale(const char *base, void (*visit)(const char *path, void *context),
                           void *context);

/* Why it was left alone, a clause. */
const char *session_salvage_reason(const struct salvager *salvager, enum salvage_outcome outcome,
                                   int error);

#endif
