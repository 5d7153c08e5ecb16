/*
 * A session: a directory in which the processes of one tree keep their segments, with one
 * accumulator that takes the totals of those that end, so that thousands of short children cost one
 * block. `otelue run` makes it and names it in OTELUE_SESSION; where a process tree is exported as
 * one, its first process does. Raw system calls only; totals are added with locked adds, by any
 * number of processes at once.
 */
#ifndef METRICS_SESSION_H
#define METRICS_SESSION_H

#include "metrics/ledger.h"
#include "metrics/metric.h"
#include "metrics/segment_list.h"

#define SESSION_VARIABLE    "OTELUE_SESSION" /* absolute path of the directory */
#define SESSION_ACCUMULATOR "accumulator"    /* the file in it */
#define SESSION_MAGIC       UINT64_C(0x73656c75656c746f)
#define SESSION_MESSAGES    8192u

enum session_own {
	SESSION_OF_RUN,  /* made by `otelue run`, which removes it */
	SESSION_OF_TREE, /* by the first process of a tree; the last removes it */
	SESSION_WITHIN,  /* by the first process of a tree in a session, whose maker removes it */
};

struct session_accumulator {
	uint64_t magic;
	uint32_t version;       /* SEGMENT_VERSION */
	uint32_t layout;        /* segment_layout() */
	uint32_t own;           /* enum session_own */
	uint32_t exporter;      /* pid of the process that exports for all; 0: none */
	uint32_t emitter_tid;   /* of that process; 0: it has none (yet) */
	uint32_t leader;        /* the process that the tree is called after: its first exporter */
	uint64_t pid_namespace; /* in which the exporter's pid counts */
	uint64_t ticks_multiplier; /* of the exporter (base/ticks.h): the machine's */
	uint64_t changes_begun;    /* see session_change_begin() */
	uint64_t changes_ended;
	uint64_t processes; /* that handed their totals over, executed programs each for itself */
	uint64_t executed;  /* how many executed another program, or tried to */
	uint64_t unseen;    /* that executed a program which never was seen, as far as swept */
	uint64_t killed;    /* whose segments others have taken in, see session_absorb() */
	struct process_values totals; /* observed rows as plain sums, 0: absent */
	uint32_t messages_length;
	char messages[SESSION_MESSAGES]; /* "program[pid]: text\n", of processes that ended */
};

/* Makes the accumulator in the directory (O_EXCL). 0 or -errno. */
int session_create(const char *directory);

/*
 * Makes a session's directory below the user's, which is made too if it is missing and must be ours
 * alone, with its accumulator. ret_path: at least SESSION_PATH bytes.
 */
#define SESSION_PATH 160
int session_make(const char *user_directory, enum session_own own, char *ret_path);

#define SESSION_EXPORTS "exports" /* the file in it */
/*
 * What the sinks have been told of the whole session, for whoever exports it, mapped and made if it
 * is missing; fork children do not have it. NULL: there is no room.
 */
struct ledger *session_ledger(const char *directory);

/*
 * Is a process of the session on its way from one program to the next? It has nothing mapped then;
 * "<pid>.exec" tells, for ten seconds: the next program may be one that we cannot see. Reads the
 * open directory from its beginning, and leaves it there.
 */
bool session_executes(struct segment_list *list, int directory);

/*
 * Removes a tree's session that no process has mapped any more. -EBUSY: some have, or will have
 * after an exec; -ENOTEMPTY:
 * segments are left (the other files are gone then).
 */
int session_remove(const char *directory);

/* Removes the sessions of trees in the user's directory that no process has mapped any more, if
 * there are many of them and many files. For the constructor. */
void session_sweep(const char *user_directory);

/* No longer maps the accumulator, whose address stays valid and reads as zeros: for a process that
 * ends, whose threads may still look at it. */
void session_let_go(struct session_accumulator *accumulator);

/*
 * Maps the accumulator; the directory and file must be ours. The mapping outlives a drop of
 * privileges, a chroot and a filter of system calls, and fork children inherit it: so a process
 * keeps it from its start on. -errno (-EPROTO: the file is not an accumulator of this version).
 */
int session_open(const char *directory, struct session_accumulator **ret_accumulator);
void session_close(struct session_accumulator *accumulator);

/*
 * Around a process's totals going from its segment to the accumulator or back: the words change
 * within, and so does the segment's state. A reader who sees as many changes ended as begun, and
 * the same number before it reads the accumulator and all segments as after, has counted every
 * process once.
 */
void session_change_begin(struct session_accumulator *accumulator);
void session_change_end(struct session_accumulator *accumulator);

/* Adds the totals of a process that ends, or was killed; *totals then no longer hold what it took
 * over from its parent at fork. No system call. */
void session_add(struct session_accumulator *accumulator, struct process_values *totals);
void session_add_killed(struct session_accumulator *accumulator, struct process_values *totals);

bool session_is_of_exec(const char *name); /* "<pid>.exec" */

/*
 * A process of the session executes a program. One in SESSION_SWEEPS takes "<pid>.exec" of
 * processes away that are gone, and counts them as unseen.
 */
#define SESSION_SWEEPS 256
void session_exec(struct session_accumulator *accumulator, const char *directory,
                  uint64_t pid_namespace);

/*
 * Takes in what a dead process of the session left in the file `name` of the open directory, which
 * then goes: its counts and messages, read after it was known to be dead, or, of one that had
 * handed them over, no more than that it was not seen any more. One caller at a time. Who is killed
 * in the middle of it leaves the process counted in part or not at all, never twice; the file is
 * ignored then.
 */
struct segment_reading;
void session_absorb(struct session_accumulator *accumulator, int directory, const char *name,
                    struct segment_reading *reading);

/* Takes back what session_add() added (an exec that failed). */
void session_subtract(struct session_accumulator *accumulator, const struct process_values *totals);

/*
 * Keeps what a process had to say, before its segment is unlinked: each line of `messages` (ended
 * by NUL) as "program[pid]: line", but not a line that another process has said already. Lines that
 * have no room are dropped.
 */
void session_message(struct session_accumulator *accumulator, const char *program, uint32_t pid,
                     const char *messages);

/* Adds the totals of a whole session within this one, of so many processes, and what else it
 * counted of them. 0 or -errno. */
int session_merge(const char *directory, const struct process_values *totals, uint64_t processes,
                  uint64_t unseen);

/* Totals of an accumulator in the form of a snapshot's, observed rows included. */
void session_totals(struct process_values *ret_totals,
                    const struct session_accumulator *accumulator);

/* Reads the accumulator, see session_totals(). 0 or -errno. */
int session_read(const char *directory, struct process_values *ret_totals, uint64_t *ret_processes);

#endif
