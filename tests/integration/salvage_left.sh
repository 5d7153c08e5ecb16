#!/bin/bash
# What killed processes left and nobody can export now is not tried by each program that starts, and not forgotten
# either. The truth is strace's, and what the killed counted in files of their own.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"
otelue=$OTELUE_BUILD/otelue

# to_file NAME [SCOPE]: programs from now on export to that file.
to_file() {
	SCOPE=${2:-process} configuration 60000
	export OTELUE_CONFIG=$PWD/$1.${2:-process}.json
	# In one go: one that has been started may be about to read it.
	sed "s|$PWD/otlp.jsonl|$PWD/$1|" config.json >new.json
	mv new.json "$OTELUE_CONFIG"
}
are_identified() { (($(grep -rls oteleset shm | wc -l) >= $1)); }
# The file system's clock has gone on since then.
settle() { sessions | xargs -r touch -d '1 minute ago'; }

# leave SEGMENTS TREES: killed processes and trees whose file is a directory.
leave() {
	local all=() i
	mkdir -p blocked
	to_file blocked
	for ((i = 0; i < $1 + $2; i++)); do
		((i < $1)) || to_file blocked tree
		LD_PRELOAD=$OTELUE_PRELOAD sleep 60 &
		all+=($!)
	done
	until_true are_identified $(($1 + $2))
	kill -KILL "${all[@]}"
	wait "${all[@]}" 2>>wait.log || true
	settle
}

# The emitter's system calls in the trace, from its opening of the directory to its waiting for the next turn.
calls() { awk 'NR == 1 { main = $1 } $1 == main || /<[.]/ { next } /O_DIRECTORY/ { n = 1 } n { print } n && /FUTEX_WAIT/ { exit }' trace; }
has_looked() { [[ -s trace && $(calls) == *FUTEX_WAIT* ]]; }
# look: a program starts; in $calls is their number.
look() {
	rm -f trace
	strace -f -qq -o trace -E LD_PRELOAD="$OTELUE_PRELOAD" sleep 60 &
	until_true has_looked
	pid=$(head -n 1 trace | cut -d' ' -f1)
	kill -KILL "$pid"
	wait 2>>wait.log || true
	forget
	calls=$(calls | wc -l)
}
# The segment that $pid left when it was killed.
forget() {
	find shm -type f -name "$pid.*" -delete
	pid=
}

what_nobody_can_export_costs_the_next_program_next_to_nothing() {
	local empty first
	need strace
	to_file other
	look
	empty=$calls
	leave 24 4
	to_file other
	look
	first=$calls
	look
	note "$empty calls with nothing left; with 24 segments and 4 trees $first by the first program, then $calls"
	expect_segments 28
	expect_between $((empty + 24 * 10)) "$first" 100000 "calls of the first"
	# A stat for each tree; four for the file that remembers, and the directory may be longer.
	expect_between "$empty" "$calls" $((empty + 4 + 6)) "calls of the next"
}

start_next() {
	to_file next
	LD_PRELOAD=$OTELUE_PRELOAD SERVICE=next sleep 60 &
	pid=$!
}
is_remembered() { find shm -name tried -size 8 | grep -q .; }
# A program tries all of it in vain.
try() {
	settle
	start_next
	until_true is_remembered
	stop
	forget
}
# The minute is over.
age() { printf '\0\0\0\0\0\0\0\0' | dd of="$(find shm -name tried)" bs=1 seek=8 conv=notrunc status=none; }
# killed_victim [SCOPE]: 1000 calls, and otlp.jsonl is where they go.
killed_victim() {
	to_file otlp.jsonl "${1:-process}"
	start_victim 500 kill
	if [[ ${1:-process} == tree ]]; then
		until_true grep -rqs --include=exports oteleset shm
	else
		until_true grep -rqs --include="$pid.*" oteleset shm
	fi
	end_victim
	pid=
}

one_killed_just_now_is_exported_though_others_cannot_be() {
	leave 3 1
	try
	killed_victim
	start_next
	until_true test -s otlp.jsonl
	expect_all_exported 0
	stop
}

a_minute_later_the_next_program_exports_it() {
	local other
	mkdir otlp.jsonl
	killed_victim "$1"
	try
	rmdir otlp.jsonl
	age
	start_next
	other=$pid
	start_next
	until_true test -s otlp.jsonl
	# Both have looked: each has its segment, and nothing else is left.
	until_true eval '(($(segments | wc -l) == 2)) && ! is_remembered && are_identified 2'
	kill -KILL "$other"
	stop
	expect_all_exported 0
	expect_equal "$(wc -l <otlp.jsonl)" 1 "lines"
}

# it_is_exported_at_once_by SCOPE COMMAND...
it_is_exported_at_once_by() {
	mkdir otlp.jsonl
	killed_victim "$1"
	try
	rmdir otlp.jsonl
	"${@:2}" >said
	expect_all_exported 0
	expect_segments 0
}
sweep() { "$otelue" run -q -- true; }

# Whoever comes into a tree that was tried has it looked at again.
a_tree_that_goes_on_is_exported_by_the_next_program() {
	mkdir otlp.jsonl
	killed_victim tree
	try
	rmdir otlp.jsonl
	mv count before
	to_file otlp.jsonl tree
	OTELUE_SESSION=$(sessions) start_victim 500 kill
	end_victim
	start_next
	until_true test -s otlp.jsonl
	stop
	cat before >>count
	expect_all_exported 0
	expect_equal "$(wc -l <otlp.jsonl)" 1 "lines"
}

# leave_young N: killed before their emitters wake; they export nothing.
leave_young() {
	local i
	configuration 60000 3600000
	for ((i = 0; i < $1; i++)); do
		# shellcheck disable=SC2016
		LD_PRELOAD=$OTELUE_PRELOAD sh -c 'kill -KILL $$' || true
	done 2>>wait.log
}
# Beside that of the next program.
are_left() { [[ $(segments) == *"/$pid."* ]] && (($(segments | wc -l) == $1 + 1)); }
the_latest_64_are_kept() {
	local _
	leave_young 70
	expect_segments 70
	for _ in 1 2; do
		start_next
		until_true are_left 64
		stop
		# It is one of them now.
		expect_segments 65
	done
}

# In a file system of many files.
where_no_emitter_wakes_a_start_sweeps_but_not_each() {
	need strace
	mkdir many
	touch many/{1..520}
	leave_young 100
	expect_segments 100
	run strace -f -qq -e trace=kill -o trace -E LD_PRELOAD="$OTELUE_PRELOAD" true
	expect_code 0
	expect_equal "$(grep -c kill trace)" 0 "processes that a start asks after"
	leave_young 60
	expect_between 64 "$(segments | wc -l)" 128 "segments"
}

# What was killed before its emitter woke has left no pid namespace: where no lease tells either that nobody uses its memory
# it may live in another one. But it may not fill the memory for ever.
where_no_lease_can_be_had_the_dead_go_when_they_are_old() {
	need strace
	local i own
	own=$(mktemp -d /dev/shm/otelue-test.XXXXXX)
	trap 'rm -r "$own"' EXIT
	configuration 60000 3600000
	sed -i "s|$PWD/shm|$own|; s|$PWD/otlp.jsonl|$PWD/none/otlp.jsonl|" config.json
	# shellcheck disable=SC2016 # the shell's there
	for ((i = 0; i < 70; i++)); do LD_PRELOAD=$OTELUE_PRELOAD sh -c 'kill -KILL $$' 2>>wait.log || true; done
	left() { find "$own" -name '[0-9]*.[0-9]*' | wc -l; }
	expect_equal "$(left)" 70 "left by the killed"
	sed -i 's|"start_delay": 3600000|"start_delay": 0|' config.json
	without_leases
	expect_equal "$(left)" 70 "left when they are young"
	find "$own" -type f -exec touch -d '2 minutes ago' {} +
	rm -f "$own"/*/tried
	without_leases
	expect_equal "$(left)" 64 "left when they are old"
}
without_leases() {
	timeout 60 strace -f -qq -o trace -e trace=fcntl -e inject=fcntl:error=EINVAL -E LD_PRELOAD="$OTELUE_PRELOAD" sleep 1
	grep -q F_SETLEASE trace || fail "nothing was asked: $(<trace)"
}

# One whose emitter was woken early, here by an exec that fails, looks later.
the_next_program_salvages_although_it_was_woken() {
	local dead python
	configuration 60000 200
	python=$(python3 -c 'import sys; print(sys.executable)')
	start_victim 500 kill
	until_true is_identified
	end_victim
	dead=$(segments)
	echo "no program" >no-program
	chmod +x no-program
	cat >woken.py <<-PYTHON
		import os, time
		try:
		    os.execv("no-program", ["no-program"])
		except OSError:
		    time.sleep(60)
	PYTHON
	LD_PRELOAD=$OTELUE_PRELOAD SERVICE=next "$python" -S woken.py &
	pid=$!
	until_true is_gone "$dead"
	expect_all_exported 0
	expect_equal "$("$metrics" resource service.name otlp.jsonl | sort | uniq -c | tr -s ' ')" " 1 next
 1 victim"
	stop
}

# What may not be written is told by a dry run as by the real one.
a_dry_run_tells_what_cannot_be_written() {
	configuration 60000
	victim 500 kill
	rm -f otlp.jsonl
	mkdir otlp.jsonl
	run "$otelue" salvage --dry-run
	expect_code 1
	[[ $output == "$pid victim: left alone: cannot export to its file: Is a directory" ]] || fail "output: $output"
	run "$otelue" salvage
	expect_code 1
	[[ $output == "$pid victim: left alone: cannot export to its file: Is a directory" ]] || fail "output: $output"
	expect_segments 1
}

test_case what_nobody_can_export_costs_the_next_program_next_to_nothing
test_case one_killed_just_now_is_exported_though_others_cannot_be
test_case a_minute_later_the_next_program_exports_it process
test_case a_minute_later_the_next_program_exports_it tree
test_case it_is_exported_at_once_by process "$otelue" salvage
test_case it_is_exported_at_once_by tree sweep
test_case a_tree_that_goes_on_is_exported_by_the_next_program
test_case the_latest_64_are_kept
test_case where_no_emitter_wakes_a_start_sweeps_but_not_each
test_case where_no_lease_can_be_had_the_dead_go_when_they_are_old
test_case the_next_program_salvages_although_it_was_woken
test_case a_dry_run_tells_what_cannot_be_written
test_done
