#!/bin/bash
# Threads that wait for each other's locks, as perf trace shows them: acquisitions, contentions and waits of each type.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

lock_types='mutex rwlock_read rwlock_write spinlock semaphore'

hold_events
start_perf trace -e user_events:otelue_metric -o trace.out
"${shimmed[@]}" "$programs/contention" 1 >made
"${shimmed[@]}" "$programs/locks" held
stop_perf

program_traced contention trace.out >contention.trace
equal "numbers of the program" "$(wc -l <made)" 10
while IFS=' {}' read -r number metric attributes; do
	equal "$metric $attributes" "$(traced_sum contention.trace "$metric" "$attributes")" "$number"
done <made

program_traced locks trace.out >locks.trace
for lock_type in $lock_types; do
	equal "waits for one that is held, $lock_type" \
		"$(traced_sum locks.trace libc.lock.wait.duration "libc.lock.type=$lock_type" count)" 1
	between "ns that it waited" 30000000 \
		"$(traced_sum locks.trace libc.lock.wait.duration "libc.lock.type=$lock_type")" 20000000000
done
equal "waits for a condition" "$(traced_sum locks.trace libc.lock.wait.duration libc.lock.type=condition count)" 2
equal "of which timed out" \
	"$(traced_sum locks.trace libc.lock.errors libc.lock.type=condition,error.type=ETIMEDOUT)" 1
