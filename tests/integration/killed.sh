#!/bin/bash
# A supervisor whose children are killed, one after the other and in great number: what they leave must not fill the
# memory while it still runs, and each is counted and exported once. The truth is arithmetic: child i writes i bytes.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
# shellcheck source=tests/lib/victim.sh
. "$OTELUE_SRC/tests/lib/victim.sh"
otelue=$OTELUE_BUILD/otelue
unset LD_PRELOAD OTELUE_CONFIG OTELUE_SESSION OTELUE_DISABLED OTELUE_METRICS_EXPORTER OTELUE_FILE
python=$(python3 -c 'import sys; print(sys.executable)')

children=300
bytes=$((children * (children + 1) / 2))
# The accumulator, the supervisor's segment and those of the last children; a tree's ledger.
files=20

# supervise.py CHILDREN [FILES | run LINES]: its pid and session are then in `session`. With FILES it waits, 30 s at most, until no
# more than these lie there, and ends with 1 if they never do; with LINES until the file of exports has them, and kills
# its otelue run.
cat >"$test_root/supervise.py" <<'END'
import os, signal, sys, time
session = os.environ["OTELUE_SESSION"]
with open("session", "w") as name:
    name.write(f"{os.getpid()} {session}")
out = os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
for i in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        os.write(out, bytes(i + 1))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)

def files_are_few():
    return len(os.listdir(session)) <= int(sys.argv[2])

def run_is_at_work():
    try:
        with open("otlp.jsonl") as lines:
            return sum(1 for _ in lines) >= int(sys.argv[3])
    except FileNotFoundError:
        return False

end = time.monotonic() + 30
while not (run_is_at_work if sys.argv[2] == "run" else files_are_few)():
    if time.monotonic() > end:
        sys.exit(f"{len(os.listdir(session))} files in the session")
    time.sleep(0.001)
if sys.argv[2] == "run":
    os.kill(os.getppid(), signal.SIGKILL)
END
supervise=("$python" -BS "$test_root/supervise.py" "$children")

# in_table FIELD: a number of "processes".
in_table() { "$python" -c 'import json, sys; print(json.load(open("result.json"))["processes"][sys.argv[1]])' "$1"; }
# bytes_in FILE: written to files; the supervisor writes the name of its session.
bytes_in() {
	local sum
	sum=$("$metrics" value 'libc.file.io{disk.io.direction=write,libc.file.type=regular}' "$1")
	echo $((sum - $(wc -c <session)))
}
expect_in_table() {
	expect_equal "$(in_table killed)" "$children" killed
	expect_equal "$(in_table ended)" 1 ended
	expect_equal "$(bytes_in result.json)" "$bytes" "bytes counted"
}
instances() { "$metrics" resource service.instance.id otlp.jsonl | wc -l; }

they_are_few_while_the_run_goes_on() {
	run "$otelue" run --json -o result.json -- "${supervise[@]}" "$files"
	expect_code 0
	expect_in_table
	run "$otelue" run -o table -- "${supervise[@]}" "$files"
	grep -q ": 1 ended, $children killed; exit code 0" table || fail "$(<table)"
	grep -Eq "^otelue: killed, or .*\[[0-9]+\] and $((children - 8)) more$" table || fail "$(<table)"
}

each_is_exported_once() {
	run "$otelue" run --json -o result.json --otlp-file "$PWD/otlp.jsonl" -- "${supervise[@]}" "$files"
	expect_code 0
	expect_equal "$errors" ""
	expect_in_table
	expect_equal "$(bytes_in otlp.jsonl)" "$bytes" "bytes exported"
	expect_equal "$(instances)" $((children + 1)) "processes exported"
}

what_cannot_be_exported_is_counted_and_told() {
	local early late
	mkdir otlp.jsonl
	run "$otelue" run --json -o result.json --otlp-file "$PWD/otlp.jsonl" -- "${supervise[@]}" "$files"
	expect_code 0
	expect_in_table
	early=$(sed -n 's/^otelue run: of \([0-9]*\) killed processes the rest of the counts is not exported: cannot export to its file: Is a directory$/\1/p' <<<"$errors")
	late=$(grep -c "\] was killed, and the rest of its counts is not exported: " <<<"$errors" || true)
	expect_between $((children - files)) "$early" "$children" "taken in"
	expect_equal $((early + late)) "$children" "told of"
}

# The one at which it was interrupted may be exported again.
a_run_that_is_killed_meanwhile_leaves_the_rest_for_salvage() {
	local exported
	configuration 60000 # a directory of its own: nobody else salvages there, and nothing else lies there
	run "$otelue" run -q -- "${supervise[@]}" run 20
	expect_code 137
	until_true has_ended "$(cut -d' ' -f1 session)"
	"$otelue" salvage >said || true
	expect_between 16 "$(wc -l <said)" "$children" "lines of salvage"
	exported=$(bytes_in otlp.jsonl)
	expect_equal "$(instances)" $((children + 1)) "processes exported"
	expect_between "$bytes" "$exported" $((bytes + children)) "bytes exported"
}

a_run_around_it_counts_them_too() {
	run "$otelue" run --json -o result.json -- "$otelue" run -q -- "${supervise[@]}" "$files"
	expect_code 0
	expect_equal "$(bytes_in result.json)" "$bytes" "bytes counted"
	# The inner run, its child until that executes, and the supervisor.
	expect_equal "$(in_table ended)" $((children + 3)) ended
}

# The first process exports for all, or would if anybody listened.
they_are_few_in_a_tree() {
	export OTELUE_SEGMENT_SCOPE=tree
	run shim "${supervise[@]}" "$files"
	expect_code 0
	export OTELUE_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/otlp.jsonl OTELUE_METRIC_EXPORT_INTERVAL=3600000
	run shim "${supervise[@]}" "$files"
	expect_code 0
	expect_equal "$(bytes_in otlp.jsonl)" "$bytes" "bytes exported"
	expect_equal "$(instances)" 1 "resources"
}

they_are_few_in_a_tree_within_a_run() {
	run env OTELUE_SEGMENT_SCOPE=tree "$otelue" run --json -o result.json -- "${supervise[@]}" "$files"
	expect_code 0
	expect_in_table
}

test_case they_are_few_while_the_run_goes_on
test_case each_is_exported_once
test_case what_cannot_be_exported_is_counted_and_told
test_case a_run_that_is_killed_meanwhile_leaves_the_rest_for_salvage
test_case a_run_around_it_counts_them_too
test_case they_are_few_in_a_tree
test_case they_are_few_in_a_tree_within_a_run
test_done
