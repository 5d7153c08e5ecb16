#!/bin/bash
# Who may use user_events: a member of a group that was given them, not other users, and a server that drops root after
# its start goes on being observed. A program that may not runs as if the shim were not there.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

# Copies: the build may lie in a home that is closed to other users.
copies=$(mktemp -d /tmp/otelue.XXXXXX)
chmod 755 "$copies"
cp "$shim" "$otelue" "$copies"
otelue=$copies/otelue
shimmed=("${shimmed[@]/"$shim"/"$copies/${shim##*/}"}")

member=(setpriv --reuid 1234 --regid 1234 --groups 4321)
other=(setpriv --reuid 1235 --regid 1235 --clear-groups)
workload=(/usr/bin/python3 -c 'import os, time
time.sleep(1)
_, end = os.pipe()
os.write(end, bytes(1234))
print("output")')

take_back() {
	chgrp 0 "$tracing" "$tracing/user_events_data"
	chmod 700 "$tracing"
	chmod 640 "$tracing/user_events_data"
}

# record NAME COMMAND...: what the command's output is, and the requests' totals.
record() {
	local name=$1
	shift
	perf record -q -a -o "$name.data" -e user_events:otlp_metrics -- "$@" >"$name.out" 2>"$name.err"
	equal "output of $name" "$(cat "$name.out" "$name.err")" output
	captured payloads "$name" "$name.data" >"$name.list"
}

bytes_into_pipes() {
	oracle --totals "$1"/*.pb >"$1.totals"
	total "$1.totals" libc.file.io value disk.io.direction=write,libc.file.type=pipe
}

hold_events
chgrp 4321 "$tracing" "$tracing/user_events_data"
chmod g+x "$tracing"
chmod g+rw "$tracing/user_events_data"
trap take_back EXIT
record member "${member[@]}" "${shimmed[@]}" "${workload[@]}"
record other "${other[@]}" "${shimmed[@]}" "${workload[@]}"
"${other[@]}" "$otelue" doctor >doctor.out || true
"${other[@]}" "$otelue" run -- sleep 0.2 2>run.out
take_back

equal "bytes that the member wrote" "$(bytes_into_pipes member)" 1234
equal "events of another user" "$(wc -l <other.list)" 0
matches "what doctor says to that user" "$(<doctor.out)" 'problem user_events: [^'$'\n'']*may not be opened by this user'
matches "what the shim says to that user" "$(<run.out)" \
	'user_events cannot be used: EACCES: [^'$'\n'']*may not be opened by this user; as root: chgrp GROUP'

record server "${shimmed[@]}" /usr/bin/python3 -c 'import os, time
time.sleep(1)
os.setgroups([])
os.setgid(1236)
os.setuid(1236)
time.sleep(1)
_, end = os.pipe()
os.write(end, bytes(4321))
time.sleep(1)
assert not os.access("/sys/kernel/tracing/user_events_data", os.R_OK)
print("output")'
equal "bytes that the server wrote as a user" "$(bytes_into_pipes server)" 4321
