#!/bin/bash
# otelue run: the program is left alone and its end is ours; what is counted is the truth, for the whole tree.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

otelue=$OTELUE_BUILD/otelue
unset LD_PRELOAD OTELUE_CONFIG OTELUE_SESSION OTELUE_DISABLED OTELUE_METRICS_EXPORTER OTELUE_FILE

# Not a wrapper script of some version manager, whose processes would count too.
python=$(python3 -c 'import sys; print(sys.executable)')

# counted COMMAND...: runs it; its result is then in result.json, its own output in $output.
counted() { run "$otelue" run --json --output result.json -- "$@"; }

# value NAME [ATTRIBUTE=VALUE]...: sum over the series of that name that have these attributes.
value() {
	"$python" - "$@" <<-'END'
		import json, sys
		wanted = dict(pair.split("=") for pair in sys.argv[2:])
		print(sum(row.get("value", row.get("count")) for row in json.load(open("result.json"))["metrics"]
		          if row["name"] == sys.argv[1] and wanted.items() <= row["attributes"].items()))
	END
}

# field NAME: a number of "processes".
field() { "$python" -c 'import json, sys; print(json.load(open("result.json"))["processes"][sys.argv[1]])' "$1"; }

expect_field() { expect_equal "$(field "$1")" "$2" "$1"; }

# Sessions of this user that there are now.
sessions() { find "/dev/shm/otelue.$EUID" -maxdepth 2 -name 'session.*' 2>/dev/null | sort; }

exit_codes_are_those_of_the_program() {
	local wanted
	for wanted in 0 1 3 125 255; do
		run "$otelue" run -q -- sh -c "exit $wanted"
		expect_code "$wanted"
	done
}

signals_are_those_of_the_program() {
	"$python" - "$otelue" <<-'END'
		import signal, subprocess, sys
		def interruptible():  # the tests may run in the background, where shells ignore it
		    signal.signal(signal.SIGINT, signal.SIG_DFL)
		for number in signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT, signal.SIGPIPE, signal.SIGABRT:
		    code = subprocess.call([sys.argv[1], "run", "-q", "--", "sh", "-c", f"kill -{number} $$"],
		                           preexec_fn=interruptible)
		    assert code == -number, (number, code)
	END
}

no_core_is_dumped_for_us() {
	ulimit -c unlimited
	run "$otelue" run -q -- sh -c 'ulimit -c 0; kill -SEGV $$'
	expect_code 139
	[[ -z $(find . -name 'core*') ]] || fail "$(ls)"
}

# The end stays the program's where what we print has no room: neither a signal nor a code of ours.
a_result_without_room_does_not_end_us() {
	local code=0
	need prlimit
	truncate -s 1M log
	prlimit --fsize=1048576 "$otelue" run -- sh -c 'exit 3' 2>>log || code=$?
	expect_equal "$code" 3
	expect_equal "$(stat -c %s log)" 1048576
}

what_cannot_be_run_ends_like_env() {
	run "$otelue" run -- no-such-program
	expect_code 127
	[[ $errors == *"no-such-program: No such file or directory"* ]] || fail "$errors"
	touch plain
	run "$otelue" run -- ./plain
	expect_code 126
	run "$otelue" run -- /
	expect_code 126
	run "$otelue" run --library /proc/nonexistent -- true
	expect_code 125
	run "$otelue" run
	expect_code 125
}

wrong_options_are_told_before_the_program_runs() {
	local arguments
	for arguments in "--interval soon" "--interval 0" "--config /proc/nonexistent" "--output /proc/nonexistent/file" \
		"--config $PWD/x --interval 5"; do
		# shellcheck disable=SC2086 # words
		run "$otelue" run $arguments -- touch ran
		expect_code 125
		[[ -n $errors && ! -e ran ]] || fail "$arguments: $errors"
	done
}

streams_are_left_alone() {
	printf 'to stdin' | "$otelue" run -q -- sh -c 'cat; echo to stderr >&2; echo to stdout' >out 2>err
	expect_equal "$(<out)" "to stdinto stdout"
	expect_equal "$(<err)" "to stderr"
}

the_result_goes_where_it_is_wanted() {
	run "$otelue" run -- true
	[[ $errors == "otelue: 1 process counted"* && -z $output ]] || fail "$errors"
	run "$otelue" run -q -- true
	[[ -z $errors$output ]] || fail "$errors$output"
	run "$otelue" run --output table -- true
	[[ -z $errors$output && $(<table) == "otelue: 1 process counted"* ]] || fail "$errors$output" "$(<table)"
	run "$otelue" run -q --json -o json -- true
	[[ -z $errors$output ]] || fail "$errors$output"
	"$python" -c 'import json; json.load(open("json"))'
}

# The largest of a metric stands first, with what it was a second; rates come only where there is something to divide.
the_largest_comes_first() {
	local totals
	"$otelue" run --output table -- dd if=/dev/zero of=copy bs=1000 count=30 2>dd.log
	totals=$(awk '$1 == "libc.file.operation.duration" { print $3 ($4 == "s" ? "" : $4 == "ms" ? "e-3" : $4 == "ns" ? "e-9" : "e-6") }' table)
	(($(wc -l <<<"$totals") >= 4)) || fail "$(<table)"
	expect_equal "$totals" "$(sort -gr <<<"$totals")"
	grep -qE 'libc.file.io +write regular +29.3 KiB +[0-9.]+ [KMG]iB/s$' table || fail "$(<table)"
	! grep -E 'libc.memory.used|process.cpu.time' table | grep /s || fail "$(<table)"
}

# The program's descriptors, signal dispositions, mask, process group and limits, as itself sees them.
the_program_starts_as_it_would_alone() {
	cat >look <<-'END'
		ls -l /proc/self/fd | sed "s/.* \([0-9]* ->\)/\1/; s/pipe:.*/pipe/; s/proc\/.*/proc/"
		grep -e ^Sig[BI] -e ^NoNewPrivs -e ^Seccomp /proc/self/status
		ulimit -a
		umask
		pwd
		cut -d" " -f5 /proc/self/stat # the process group
	END
	trap '' USR1 QUIT CHLD
	# shellcheck disable=SC2094 # the output is none of its input
	{
		sh look >alone
		"$otelue" run -q -- sh look >shimmed
	}
	[[ $(wc -l <alone) -gt 20 ]] || fail "$(<alone)"
	sed -i 's/alone$/file/' alone
	sed -i 's/shimmed$/file/' shimmed
	expect_same alone shimmed
}

signals_sent_to_us_reach_the_program() {
	"$python" - "$otelue" <<-'END'
		import os, signal, subprocess, sys
		child = """
		import os, signal, sys, time
		number = int(sys.argv[1])
		signal.signal(number, lambda *_: (os.write(1, b"got %d\\n" % number), os._exit(7)))
		os.write(1, b"ready\\n")
		while True: time.sleep(0.05) # pause() would miss a signal that comes just before it
		""".replace("\n\t\t", "\n")
		for number in signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2:
		    run = subprocess.Popen([sys.argv[1], "run", "-q", "--", sys.executable, "-c", child, str(int(number))],
		                           stdout=subprocess.PIPE, text=True)
		    assert run.stdout.readline() == "ready\n"
		    run.send_signal(number)
		    assert run.stdout.readline() == f"got {number:d}\n"
		    assert run.wait() == 7
	END
}

# Ctrl-C on a terminal: the program gets one SIGINT, and we live to tell what was counted.
the_terminal_interrupts_the_program_once() {
	"$python" - "$otelue" <<-'END'
		import os, pty, sys, time
		child = """
		import signal, time
		count = 0
		def handler(*_):
		    global count
		    count += 1
		signal.signal(signal.SIGINT, handler)
		print("ready", flush=True)
		end = time.monotonic() + 0.5
		while time.monotonic() < end: time.sleep(0.05)
		print("interrupts", count, flush=True)
		""".replace("\n\t\t", "\n")
		pid, terminal = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], [sys.argv[1], "run", "--", sys.executable, "-c", child])
		seen = b""
		while b"ready" not in seen:
		    seen += os.read(terminal, 1000)
		os.write(terminal, b"\x03")
		try:
		    while True:
		        seen += os.read(terminal, 1000)
		except OSError:
		    pass
		code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		assert code == 0 and b"interrupts 1" in seen and b"counted in" in seen, (code, seen)
	END
}

the_shim_is_appended_once() {
	touch other.so
	run env LD_PRELOAD="$PWD/other.so" "$otelue" run -q -- sh -c 'echo "$LD_PRELOAD"'
	expect_output "$PWD/other.so:$(realpath "$OTELUE_PRELOAD")"
	run "$otelue" run -q -- "$otelue" run -q -- sh -c 'echo "$LD_PRELOAD"'
	expect_output "$(realpath "$OTELUE_PRELOAD")"
}

bytes_read_are_the_files_size() {
	head -c 123457 /dev/zero >file
	counted sh -c 'cat file | wc -c'
	expect_output 123457
	expect_equal "$(value libc.file.io disk.io.direction=read libc.file.type=regular)" 123457
	expect_equal "$(value libc.file.io disk.io.direction=read libc.file.type=pipe)" 123457
	expect_equal "$(value libc.file.io disk.io.direction=write libc.file.type=pipe)" 123457
}

children_count_with_their_parent() {
	head -c 10000 /dev/zero >file
	counted sh -c 'for i in 1 2 3 4 5; do cat file | wc -c >/dev/null; done'
	expect_equal "$(value libc.file.io disk.io.direction=read libc.file.type=regular)" 50000
	expect_field killed 0
	expect_field running 0
}

many_short_children_are_all_counted() {
	counted bash -c 'for ((i = 0; i < 200; i++)); do /bin/true; done'
	# bash forks, then executes: a process is counted for each of the two programs.
	expect_field ended 401
	expect_equal "$(value libc.process.execs)" 200
}

# env takes the shim out of the environment of the program that it executes.
programs_that_are_not_seen_are_told() {
	counted bash -c 'for i in 1 2 3; do env -u LD_PRELOAD true; done; exec env -u LD_PRELOAD false'
	expect_code 1
	expect_field unseen 4
	run "$otelue" run -- sh -c 'env -u LD_PRELOAD true; exit 0'
	[[ $errors == *$'\notelue: 1 process went on as a program that is not seen: without LD_PRELOAD'* ]] || fail "$errors"
	run "$otelue" run -- sh -c 'env true; exit 0'
	[[ $errors != *"not seen"* ]] || fail "$errors"
	# It leaves the outer session for the inner one, and is seen there.
	counted "$otelue" run -q -- sh -c 'env true; env -u LD_PRELOAD true; exit 0'
	expect_field unseen 1
}

# They would fill the memory of a long session: 48 KiB each.
what_they_leave_is_taken_away() {
	counted bash -c 'for ((i = 0; i < 700; i++)); do env -u LD_PRELOAD true; done
		ls "$OTELUE_SESSION" | grep -c exec'
	expect_field unseen 700
	expect_between 0 "$output" 300 "files left"
}

a_killed_program_has_counted() {
	counted "$python" -BSc 'import os
os.write(os.open("out", os.O_WRONLY | os.O_CREAT), b"x" * 5000)
os.kill(os.getpid(), 9)'
	expect_code 137
	expect_field killed 1
	expect_field ended 0
	expect_equal "$(value libc.file.io disk.io.direction=write libc.file.type=regular)" 5000
}

what_still_runs_is_counted_and_told() {
	local left
	# Without an exporter: nothing of it is worth keeping.
	OTELUE_METRICS_EXPORTER=none "$otelue" run --output table -- sh -c 'sleep 100 & echo $! >pid; sleep 0.3'
	head -n 1 table | grep -q "1 still runs" || fail "$(<table)"
	grep -q "still running.*sleep\[$(<pid)\]" table || fail "$(<table)"
	left=$(sessions | while read -r session; do find "$session" -name "$(<pid).*" -printf '%h\n'; done 2>find.errors || true)
	[[ -d $left ]] || fail "its segment is gone"
	kill "$(<pid)"
	while kill -0 "$(<pid)" 2>/dev/null; do sleep 0.02; done
	"$otelue" run -q -- true
	[[ ! -e $left ]] || fail "the next run did not sweep $left"
}

nothing_is_left_behind() {
	local before
	before=$(sessions)
	"$otelue" run -q -- sh -c 'ls >/dev/null; kill -9 $$' || true
	"$otelue" run -q -- no-such-program 2>/dev/null || true
	expect_equal "$(comm -13 <(echo "$before") <(sessions) | grep -c "session.$$" || true)" 0
}

a_run_within_a_run_counts_in_both() {
	head -c 7777 /dev/zero >file
	run "$otelue" run --json -o result.json -- "$otelue" run --json -o inner.json -- sh -c 'cat file | wc -c'
	expect_output 7777
	expect_equal "$(value libc.file.io disk.io.direction=write libc.file.type=pipe)" 7777 outer
	mv inner.json result.json
	expect_equal "$(value libc.file.io disk.io.direction=write libc.file.type=pipe)" 7777 inner
}

static_programs_are_told() {
	need cc
	echo 'int main(void) { return 0; }' >static.c
	cc -static -o static static.c || skip "no static libc"
	run "$otelue" run -- ./static
	[[ $errors == *"nothing was counted: ./static may be statically linked"* ]] || fail "$errors"
}

options_become_settings() {
	run "$otelue" run -q --otlp-file "lines.%p.jsonl" --service-name shop --interval 1.5 -- sh -c 'env | grep ^OTELUE; cd /; echo end'
	[[ $output == *"OTELUE_METRIC_EXPORT_INTERVAL=1500"* && $output == *"OTELUE_SERVICE_NAME=shop"* ]] || fail "$output"
	cat lines.*.jsonl >all.jsonl
	"$python" -c 'import json
for line in open("all.jsonl"):
    attributes = json.loads(line)["resourceMetrics"][0]["resource"]["attributes"]
    assert {"key": "service.name", "value": {"stringValue": "shop"}} in attributes, attributes'
}

a_switched_off_shim_is_told() {
	run env OTELUE_DISABLED=true "$otelue" run -- true
	expect_code 0
	[[ $errors == *"counting is switched off"* ]] || fail "$errors"
}

# The file cannot be written: nobody but the result can say so.
what_the_shim_says_is_shown() {
	run env OTELUE_METRICS_EXPORTER=otlp_file OTELUE_FILE=/proc/nonexistent/file "$otelue" run -- sleep 0.01
	expect_code 0
	grep -q "^otelue: sleep\[[0-9]*\]: /proc/nonexistent/file: ENOENT: .*; make its directory$" <<<"$errors" ||
		fail "$errors"
	run env OTELUE_METRICS_EXPORTER=otlp_file OTELUE_FILE=/proc/nonexistent/file "$otelue" run --interval 0.1 -- \
		"$python" -c 'import os, time; time.sleep(0.6); os.kill(os.getpid(), 9)'
	expect_code 137
	grep -q "^otelue: python[0-9.]*\[[0-9]*\]: .*ENOENT" <<<"$errors" || fail "$errors"
}

a_session_is_closed_to_others() {
	run "$otelue" run -q -- sh -c 'stat -c "%a %u" "$OTELUE_SESSION" "$OTELUE_SESSION"/*'
	[[ $(sort -u <<<"$output") == "600 $EUID"$'\n'"700 $EUID" ]] || fail "$output"
}

test_case exit_codes_are_those_of_the_program
test_case signals_are_those_of_the_program
test_case no_core_is_dumped_for_us
test_case a_result_without_room_does_not_end_us
test_case what_cannot_be_run_ends_like_env
test_case wrong_options_are_told_before_the_program_runs
test_case streams_are_left_alone
test_case the_result_goes_where_it_is_wanted
test_case the_largest_comes_first
test_case the_program_starts_as_it_would_alone
test_case signals_sent_to_us_reach_the_program
test_case the_terminal_interrupts_the_program_once
test_case the_shim_is_appended_once
test_case bytes_read_are_the_files_size
test_case children_count_with_their_parent
test_case many_short_children_are_all_counted
test_case programs_that_are_not_seen_are_told
test_case what_they_leave_is_taken_away
test_case a_killed_program_has_counted
test_case what_still_runs_is_counted_and_told
test_case nothing_is_left_behind
test_case a_run_within_a_run_counts_in_both
test_case static_programs_are_told
test_case options_become_settings
test_case a_switched_off_shim_is_told
test_case what_the_shim_says_is_shown
test_case a_session_is_closed_to_others
test_done
