#!/bin/bash
# otelue register and what otelue doctor says of events: persistent for root, held open for others, deleted, limited,
# and each missing right or mount told with its remedy.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

# On a kernel of somebody's own, rights and limit are put back whatever happens.
limit=$(</proc/sys/kernel/user_events_max)
restore() {
	echo "$limit" >/proc/sys/kernel/user_events_max
	chgrp 0 "$tracing" "$tracing/user_events_data"
	chmod 700 "$tracing"
	chmod 640 "$tracing/user_events_data"
}
trap restore EXIT

otelue=$OTELUE_BUILD/otelue
nobody=(setpriv --reuid 1234 --regid 1234 --clear-groups)
absent() { ! event_exists "$1"; }
says() { "$otelue" doctor >doctor.out || true; grep -q "$1" doctor.out || { cat doctor.out; return 1; }; }

# Nothing there at first: doctor sees no problem, but that nobody has made the events.
succeeds "otelue_metric is not there" absent otelue_metric
"$otelue" doctor >doctor.out || { cat doctor.out; exit 1; }
# Its trial makes them where it takes longer than the start delay, and has just ended.
wait_until 10 absent otelue_metric
says '^note .*event otelue_metric: not registered now'

# Root's persist.
"$otelue" register
event_exists otelue_metric
event_exists otlp_metrics
says '^note .*event otelue_metric: registered, nobody listens'
echo 1 >"$tracing"/events/user_events/otelue_metric/enable
says '^ok .*event otelue_metric: ftrace listens'
code=0
"$otelue" register --delete 2>delete.err || code=$?
equal "deleting an event in use" "$code" 1
matches "its message" "$(<delete.err)" 'otelue_metric is in use'
echo 0 >"$tracing"/events/user_events/otelue_metric/enable
"$otelue" register --delete
succeeds "otelue_metric is not there" absent otelue_metric
succeeds "otlp_metrics is not there" absent otlp_metrics

# Held open until stopped.
"$otelue" register --hold >hold.out &
wait_until 10 file_has hold.out 'held open'
event_exists otlp_metrics
kill -TERM $!
wait $!
wait_until 10 absent otlp_metrics

# Another user: first without rights, then with those that doctor advises.
code=0
"${nobody[@]}" "$otelue" register 2>nobody.err || code=$?
equal "register without rights" "$code" 1
matches "its message" "$(<nobody.err)" 'EACCES.*chgrp'
"${nobody[@]}" "$otelue" doctor >doctor.out || code=$?
matches "doctor" "$(<doctor.out)" 'problem user_events: .*may not be opened by this user'
chgrp 1234 "$tracing" "$tracing/user_events_data"
chmod g+x "$tracing"
chmod g+rw "$tracing/user_events_data"
rm hold.out
"${nobody[@]}" "$otelue" register >hold.out & # without CAP_PERFMON
wait_until 10 file_has hold.out 'held open'
event_exists otelue_metric
kill -HUP $!
wait $!
restore

# No room for more events.
echo 1 >/proc/sys/kernel/user_events_max
says '^problem user_events: 0 of 1 are registered'
code=0
"$otelue" register 2>limit.err || code=$?
equal "register beyond the limit" "$code" 1
matches "its message" "$(<limit.err)" 'EMFILE.*user_events_max'
restore
"$otelue" register --delete

# Not mounted, then mounted elsewhere.
umount "$tracing"
says '^problem user_events: .*tracefs is not mounted'
mkdir elsewhere
mount -t tracefs tracefs elsewhere
says "^ok .*user_events: $PWD/elsewhere/user_events_data"
"$otelue" register
"$otelue" register --delete
umount elsewhere
mount -t tracefs tracefs "$tracing"
