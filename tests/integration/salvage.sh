#!/bin/bash
# A killed process is exported as itself and exactly, by otelue salvage or by the next program. The truth is what it
# counted in a file of its own.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"
otelue=$OTELUE_BUILD/otelue
# The whole of it: ROUNDS=100 tests/integration/salvage.sh
ROUNDS=${ROUNDS:-20}

salvage_all() {
	run "$otelue" salvage
	expect_code 0
	expect_segments 0
}

no_count_is_lost_however_it_is_killed_by() {
	local round
	configuration 100 0 "$1"
	for ((round = 0; round < ROUNDS; round++)); do
		rm -f otlp.jsonl
		start_victim
		until_true test -s count
		((round % 4 == 0)) || until_true lines 1
		sleep "0.$((RANDOM % 2))$((RANDOM % 100 + 100))"
		stop
		salvage_all
		expect_all_exported 2
	done
	note "$round of $ROUNDS rounds exact, the last of $(counted) calls"
}

it_is_exported_after() {
	configuration 60000
	victim 500 "$1"
	expect_segments 1
	run "$otelue" salvage
	expect_code 0
	[[ $output =~ ^"$pid victim: "[0-9]+" data points exported to otlp_file"$ ]] || fail "output: $output"
	expect_segments 0
	expect_equal "$(counted)" 1000
	expect_all_exported 0
}

# Killed long before its emitter wakes: it is described from outside, and that is said.
one_without_settings_is_exported_with_those_here() {
	configuration 60000 3600000
	start_victim 500 kill
	end_victim
	run "$otelue" salvage
	expect_code 0
	[[ $output == *"exported to otlp_file (with the settings here: it left none)" ]] || fail "output: $output"
	expect_all_exported 0
	expect_equal "$("$metrics" resource process.pid otlp.jsonl)" "$pid"
	expect_equal "$("$metrics" resource process.executable.name otlp.jsonl)" victim
	expect_equal "$("$metrics" resource service.version otlp.jsonl)" none
}

# The first export of all, because it ends: what was told then is kept.
what_an_abort_has_exported_is_not_exported_again() {
	configuration 60000 3600000
	run shim "$programs/ends" abort 100
	expect_code 134
	expect_segments 1
	expect_equal "$(exported)" 100
	salvage_all
	expect_equal "$(exported)" 100
}

# Every attribute that the process sent itself stands in what was salvaged too, and no other one.
the_resource_is_that_of_the_dead() {
	configuration 100
	start_victim
	until_true lines 2
	stop
	cp otlp.jsonl before.jsonl
	salvage_all
	tail -n 1 otlp.jsonl >last.jsonl
	expect_equal "$(($(wc -l <otlp.jsonl) - $(wc -l <before.jsonl)))" 1 "lines of salvage"
	python3 - <<-'PYTHON'
		import json
		def resource(line):
		    return json.loads(line)["resourceMetrics"][0]["resource"]
		first = resource(open("before.jsonl").readline())
		assert first == resource(open("last.jsonl").read()), "the resources differ"
		assert len(first["attributes"]) > 10, first
	PYTHON
	expect_equal "$("$metrics" resource service.name last.jsonl)" victim
	expect_equal "$("$metrics" resource process.pid last.jsonl)" "$pid"
	expect_equal "$("$metrics" resource service.instance.id otlp.jsonl | wc -l)" 1 "instances"
	python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" otlp.jsonl
}

# What a write that the death cut short has left is ended, so that the line of salvage is one of its own.
half_a_line_is_ended() {
	configuration 100
	start_victim
	until_true lines 2
	stop
	stage_of_the_file 1
	printf '{"resourceMetrics":[{"res' >>otlp.jsonl
	salvage_all
	expect_equal "$(grep -c '^{"resourceMetrics":\[{"res$' otlp.jsonl)" 1 "halves"
	sed -i '/^{"resourceMetrics":\[{"res$/d' otlp.jsonl
	expect_all_exported 2
}

# stage_of_the_file N: the third flight of the ledger, see metrics/ledger.h.
stage_of_the_file() {
	local settings
	settings=$(grep -abo oteleset "$(segments)" | cut -d: -f1)
	printf '%b' "\\0$1\\0\\0\\0" | dd of="$(segments)" bs=1 seek=$((settings - 24)) conv=notrunc status=none
}

# killed_while_it_writes WHEN LINES: a victim whose write is held up before or after it is made is killed then, so that
# the file has no line yet, or one that the process could not note.
killed_while_it_writes() {
	local before
	need strace
	configuration 100
	rm -f count
	SERVICE=victim VERSION=7 strace -f -o trace -e trace=write -e "inject=write:delay_$1=5000000" \
		-E LD_PRELOAD="$OTELUE_PRELOAD" "$programs/victim" "$PWD/count" 2 0 none 2>>wait.log &
	until_true grep -qs resourceMetrics trace
	until_true lines "$2"
	pid=$(basename "$(segments)")
	pid=${pid%.*}
	kill -KILL "$pid"
	wait 2>>wait.log
	touch otlp.jsonl
	before=$(wc -l <otlp.jsonl)
	salvage_all
	expect_equal "$(wc -l <otlp.jsonl)" $((before + 1)) "lines"
	expect_all_exported 2
	python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" otlp.jsonl
}

the_next_program_salvages() {
	local dead
	configuration 60000
	start_victim 500 kill
	until_true is_identified
	end_victim
	dead=$(segments)
	LD_PRELOAD=$OTELUE_PRELOAD SERVICE=next sleep 60 &
	pid=$!
	until_true is_gone "$dead"
	expect_all_exported 0
	expect_equal "$("$metrics" resource service.name otlp.jsonl)" victim
	expect_equal "$(wc -l <otlp.jsonl)" 1 "lines"
	stop
}

# It can tell nothing about a process that left no settings.
the_next_program_leaves_alone_what_it_does_not_know() {
	configuration 60000 3600000
	start_victim 500 kill
	end_victim
	cp -r "$(segments)" dead
	configuration 60000
	LD_PRELOAD=$OTELUE_PRELOAD SERVICE=next sleep 60 &
	pid=$!
	until_true eval 'grep -qs oteleset "$PWD"/shm/otelue.*/"$pid".*'
	stop
	expect_segments 2
	salvage_all
	expect_all_exported 0
}

# Later than all that was exported, and no later than the death: the last moment at which it was seen alive.
the_time_is_before_the_death_and_after_the_last_export() {
	local killed
	configuration 60000
	start_victim
	until_true is_identified
	# That it lives is noted each second, though nothing is exported.
	sleep 3
	stop
	killed=$(date +%s%N)
	salvage_all
	python3 - "$killed" <<-'PYTHON'
		import json, sys
		killed, seen = int(sys.argv[1]), set()
		def walk(node):
		    if isinstance(node, dict):
		        if "timeUnixNano" in node:
		            seen.add((int(node["startTimeUnixNano"]), int(node["timeUnixNano"])))
		        node = list(node.values())
		    for child in node if isinstance(node, list) else []:
		        walk(child)
		walk(json.loads(open("otlp.jsonl").read()))
		assert len(seen) == 1, seen
		start, time = seen.pop()
		assert start + 1000000000 < time <= killed, (start, time, killed)
	PYTHON
}

two_at_once_export_once() {
	local round first second
	configuration 60000
	for ((round = 0; round < 10; round++)); do
		rm -f otlp.jsonl
		victim 500 kill
		"$otelue" salvage >first & first=$!
		"$otelue" salvage >second & second=$!
		wait "$first" || true
		wait "$second" || true
		expect_equal "$(cat first second | grep -c 'exported to otlp_file')" 1 "exports"
		expect_equal "$(wc -l <otlp.jsonl)" 1 "lines"
		expect_all_exported 0
		expect_segments 0
	done
}

a_dry_run_changes_nothing() {
	configuration 60000
	victim 500 kill
	run "$otelue" salvage --dry-run
	expect_code 0
	[[ $output =~ ^"$pid victim: "[0-9]+" data points to export to otlp_file"$ ]] || fail "output: $output"
	expect_segments 1
	[[ ! -e otlp.jsonl ]] || fail "it has exported"
}

the_living_are_left_alone() {
	configuration 60000
	start_victim
	until_true is_identified
	run "$otelue" salvage
	expect_code 0
	expect_output ""
	expect_segments 1
	stop
}

# refused WORDS COMMAND...: what COMMAND makes of the segment (its path is the last argument) is left alone.
refused() {
	configuration 60000
	victim 500 kill
	"${@:2}" "$(segments)"
	run "$otelue" salvage
	expect_code 1
	[[ $output == *": left alone: $1"* ]] || fail "output: $output"
	expect_segments 1
	[[ ! -e otlp.jsonl ]] || fail "it has exported"
}

# poke OFFSET FILE: writes four bytes of rubbish there.
poke() { printf '\xde\xad\xbe\x6f' | dd of="$2" bs=1 seek="$1" conv=notrunc status=none; }
of_another_user() {
	((EUID == 0)) || skip "giving a file away needs root"
	chown 65534 "$1"
}
with_other_settings() { poke "$(($(grep -abo oteleset "$1" | cut -d: -f1) + 100))" "$1"; }

# elsewhere: a victim in another pid namespace; that of the namespace's first process, a shell, is in $pid.
elsewhere() {
	rm -f count
	mkfifo go
	exec 9<>go
	# shellcheck disable=SC2016 # the shell's there
	unshare --pid --fork --kill-child --mount-proc sh -c '"$@"; exit 0' sh \
		env LD_PRELOAD="$OTELUE_PRELOAD" "$programs/victim" "$PWD/count" 2 500 kill <&9 2>>wait.log &
	pid=$!
}

of_another_pid_namespace() {
	need unshare
	((EUID == 0)) || skip "a pid namespace needs root"
	configuration 60000
	elsewhere
	until_true is_identified
	end_victim
	expect_segments 1
	run "$otelue" salvage
	expect_code 1
	[[ $output == *"left alone: it is of another pid namespace: run otelue salvage there" ]] || fail "output: $output"
	expect_segments 1
	[[ ! -e otlp.jsonl ]] || fail "it has exported"
}

# One that was killed before its emitter woke has not said of which namespace it is: its memory tells that it is dead, and
# that one lives whose pid is nobody's here.
one_that_was_killed_at_once_is_known_by_its_memory() {
	[[ $1 == here ]] || ((EUID == 0)) || skip "a pid namespace needs root"
	configuration 60000 3600000
	own=$(mktemp -d /dev/shm/otelue-test.XXXXXX)
	trap 'rm -r "$own"; [[ ! $pid ]] || kill -KILL "$pid" 2>>wait.log || true' EXIT
	segments() { find "$own" -type f -name '[0-9]*.[0-9]*'; }
	sed -i "s|$PWD/shm|$own|" config.json
	if [[ $1 == here ]]; then start_victim 500 kill; else elsewhere; fi
	until_true test -s count
	salvage_leaves 1
	[[ ! -e otlp.jsonl ]] || fail "it lives"
	end_victim
	run "$otelue" salvage
	expect_code 0
	[[ $output == *"exported to otlp_file (with the settings here: it left none)" ]] || fail "output: $output"
	expect_all_exported 0
	expect_segments 0
	salvage_leaves 0
}

# overlayfs says that nobody uses what a living process has mapped, and without /proc that cannot say where it is.
one_of_which_nothing_tells_is_left_alone() {
	((EUID == 0)) || skip "mounting needs root"
	configuration 60000 3600000
	mkdir lower upper
	mkfifo go
	exec 9<>go
	# shellcheck disable=SC2016 # the shell's there
	unshare -m bash -c 'mount -t tmpfs tmpfs upper && mkdir upper/{upper,work} &&
		mount -t overlay -o lowerdir=lower,upperdir=upper/upper,workdir=upper/work overlay shm || exit 77
		umount -l /proc
		LD_PRELOAD=$OTELUE_PRELOAD "$1/victim" "$PWD/count" 2 500 kill <&9 &
		until [[ -s count ]]; do sleep 0.01; done
		"$2" salvage
		echo "$? $(find shm -type f | wc -l)"
		echo >&9
		wait
		"$2" salvage
		echo "$? $(find shm -type f | wc -l)"' - "$programs" "$otelue" >said 2>errors || skip "no overlayfs here"
	sed -i "s/^[0-9]* victim/PID victim/" said
	expect_equal "$(<said)" "0 1
PID victim: left alone: it ended before it knew its pid namespace, and this file system does not tell whether its memory is used
1 1"
	[[ ! -e otlp.jsonl ]] || fail "it has exported"
}

# Nothing has been counted in it. A young one may be on its way.
one_that_was_never_finished_goes_when_it_is_old() {
	configuration 60000
	start_victim 500 kill
	until_true is_identified
	end_victim
	printf '\0\0\0\0\0\0\0\0' | dd of="$(segments)" conv=notrunc status=none
	salvage_leaves 1
	touch -d '2 minutes ago' "$(segments)"
	salvage_leaves 0
	[[ ! -e otlp.jsonl ]] || fail "it has exported"
}
salvage_leaves() {
	run "$otelue" salvage
	expect_code 0
	expect_output ""
	expect_segments "$1"
}

one_that_cannot_be_written_stays() {
	configuration 60000
	mkdir otlp.jsonl
	victim 500 kill
	run "$otelue" salvage
	expect_code 1
	[[ $output == *"left alone: cannot export to its file: Is a directory" ]] || fail "output: $output"
	rmdir otlp.jsonl
	salvage_all
	expect_all_exported 0
}

test_case no_count_is_lost_however_it_is_killed_by delta
test_case no_count_is_lost_however_it_is_killed_by cumulative
test_case it_is_exported_after segv
test_case it_is_exported_after abort
test_case it_is_exported_after kill
test_case one_without_settings_is_exported_with_those_here
test_case what_an_abort_has_exported_is_not_exported_again
test_case the_resource_is_that_of_the_dead
test_case half_a_line_is_ended
test_case the_time_is_before_the_death_and_after_the_last_export
test_case killed_while_it_writes enter 0
test_case killed_while_it_writes exit 1
test_case the_next_program_salvages
test_case the_next_program_leaves_alone_what_it_does_not_know
test_case two_at_once_export_once
test_case a_dry_run_changes_nothing
test_case the_living_are_left_alone
test_case one_that_cannot_be_written_stays
test_case one_that_was_never_finished_goes_when_it_is_old
test_case refused "it is damaged" truncate --size=8192
test_case refused "it is damaged" poke 0
test_case refused "it is damaged" with_other_settings
test_case refused "it is of another version of otelue" poke 8
test_case refused "it is not a file of this user alone" chmod 644
test_case refused "it is not a file of this user alone" of_another_user
test_case of_another_pid_namespace
test_case one_of_which_nothing_tells_is_left_alone
for place in here elsewhere; do test_case one_that_was_killed_at_once_is_known_by_its_memory $place; done
test_done
