/* The books of what the sinks have been told. No libc: runs on the emitter. See ledger.h. */
#include <errno.h>
#include "base/atomic.h"
#include "metrics/ledger.h"
#include "metrics/reader.h"

void ledger_begin(struct ledger *ledger, enum ledger_account account, uint32_t from, uint32_t to)
{
	struct ledger_flight *flight = &ledger->flights[account];

	flight->from = from;
	flight->to = to;
	/* Pairs with the end of the process, after which nothing more is stored. */
	release_store(&flight->stage, LEDGER_WRITING);
}

void ledger_commit(struct ledger *ledger, enum ledger_account account,
                   const struct point_options *options)
{
	struct ledger_flight *flight = &ledger->flights[account];

	release_store(&flight->stage, LEDGER_WRITTEN);
	baseline_commit_range(&ledger->baselines[account].baseline, &ledger->snapshot, options,
	                      flight->from, flight->to);
	release_store(&flight->stage, LEDGER_IDLE);
}

void ledger_cancel(struct ledger *ledger, enum ledger_account account)
{
	release_store(&ledger->flights[account].stage, LEDGER_IDLE);
}

void ledger_settle(struct ledger *ledger, enum ledger_account account,
                   const struct point_options *options, bool written)
{
	struct ledger_flight *flight = &ledger->flights[account];

	/* A histogram whose words were stored in part still has the others as new: it is stored
	 * again. */
	if (flight->stage == LEDGER_WRITTEN || (flight->stage == LEDGER_WRITING && written))
		ledger_commit(ledger, account, options);
	flight->stage = LEDGER_IDLE;
}

int ledger_check(const struct ledger *ledger)
{
	for (int account = 0; account < LEDGER_ACCOUNTS; account++) {
		const struct ledger_flight *flight = &ledger->flights[account];

		if (flight->stage >= LEDGER_STAGES)
			return -EBADMSG;
		if (flight->stage != LEDGER_IDLE &&
		    (flight->from > flight->to || flight->to > SERIES_TOTAL))
			return -EBADMSG;
		/* Differences of sums within bounds do not overflow. */
		if (reader_check_totals(&ledger->baselines[account].baseline.told))
			return -EBADMSG;
	}
	return reader_check_totals(&ledger->snapshot.totals);
}
