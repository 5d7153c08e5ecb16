#!/bin/bash
# Look-ups told apart by the name asked for: counts by the program's own arithmetic.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

program=$programs/lookups
export OTELUE_DNS_QUESTION_NAME=true

# counted CODE ARGUMENTS...
counted() {
	run "$OTELUE_BUILD/otelue" run --json --output run.json -- "$program" "${@:2}"
	((code == $1)) || fail "exit code $code" "$errors"
}
count_of() { "$metrics" count "dns.lookup.duration$1" run.json; }
expect_count() { expect_equal "$(count_of "$1")" "$2" "dns.lookup.duration$1"; }
asked() { expect_count "{dns.question.name=$1}" "$2"; }
# Each name that has points of its own, with how often it was asked for.
named() { "$metrics" list run.json | sed -n 's/^dns.lookup.duration .*dns.question.name=\([^, ]*\).* \([0-9]*\)$/\1 \2/p'; }

# each_name_has_its_count THREADS ROUNDS NAMES
each_name_has_its_count() {
	local n=$((($1 ? $1 : 1) * $2)) i
	counted 0 "$1" "$2" "$3" exit
	for ((i = 0; i < $3; i++)); do asked "10.9.0.$i" "$n"; done
	expect_count "" $((n * $3))
}

# the_65th_name_overflows THREADS ROUNDS
the_65th_name_overflows() {
	local n=$((($1 ? $1 : 1) * $2))
	counted 0 "$1" "$2" 70 exit
	named >table
	expect_equal "$(wc -l <table)" 64
	expect_equal "$(awk '{ print $2 }' table | sort -u)" "$n"
	expect_count '{otel.metric.overflow=True}' $((6 * n))
	expect_count "" $((70 * n))
}

the_first_names_are_the_ones() {
	counted 0 0 1 70 exit
	asked 10.9.0.0 1
	asked 10.9.0.63 1
	asked 10.9.0.64 0
}

a_child_numbers_its_names_for_itself() {
	counted 0 0 2 60 fork
	asked 10.9.0.0 3
	asked 10.9.0.59 2
	asked 10.9.1.1 2
	expect_count '{dns.question.name=no?number,error.type=EAI_NONAME}' 1
	expect_count '{dns.question.name=K??ln,error.type=EAI_NONAME}' 1
	expect_count '{otel.metric.overflow=True}' 1 # too long
	expect_count "" 126
}

counts_of_a_killed_program_are_not_lost() {
	counted 137 8 10 70 kill
	expect_equal "$(named | wc -l)" 64
	expect_count "" 5600
}

the_programs_own_export_has_the_names() {
	OTEL_METRICS_EXPORTER=otlp_file OTELUE_FILE=$PWD/run.json shim "$program" 8 10 70 exit >out
	expect_equal "$(named | wc -l)" 64
	expect_equal "$(named | awk '{ print $2 }' | sort -u)" 80
	expect_count '{otel.metric.overflow=True}' 480
	python3 -B "$OTELUE_SRC/tests/lib/otlp_oracle.py" --source "$OTELUE_SRC" run.json
}

the_file_of_settings_asks_for_it_too() {
	unset OTELUE_DNS_QUESTION_NAME
	cat >otelue.json <<-'JSON'
		{"file_format": "1.1", "distribution": {"otelue": {"attributes": {"dns.question.name": true}}}}
	JSON
	export OTELUE_CONFIG=$PWD/otelue.json
	counted 0 0 1 3 exit
	asked 10.9.0.2 1
}

off_by_default() {
	unset OTELUE_DNS_QUESTION_NAME
	counted 0 8 10 70 exit
	expect_equal "$(named)" ""
	expect_count "" 5600
}

# Bytes of the segment that were made resident.
made_resident() {
	strace -f -e trace=madvise -o trace env LD_PRELOAD="$OTELUE_PRELOAD" "$program" "$@" >out || fail "exit code $?"
	sed -n 's/.*madvise(0x[0-9a-f]*, \([0-9]*\), .*POPULATE_WRITE.*/\1/p' trace | awk '{ s += $1 } END { print s + 0 }'
}

names_have_memory_when_they_are_asked_for() {
	local none off on
	need strace
	on=$(made_resident 0 1 1 exit)
	none=$(OTELUE_DNS_QUESTION_NAME=true made_resident 0 0 1 exit)
	off=$(OTELUE_DNS_QUESTION_NAME=false made_resident 0 1 1 exit)
	((none > 0)) || skip "this kernel has no MADV_POPULATE_WRITE"
	expect_between 4096 $((off - none)) 20480 "bytes for errors"
	expect_between 90000 $((on - none)) 120000 "bytes for names"
	expect_equal "$(OTELUE_DNS_QUESTION_NAME=false made_resident 0 0 1 exit)" "$none"
}

for threads in 0 8; do
	test_case each_name_has_its_count "$threads" 20 40
	test_case the_65th_name_overflows "$threads" 20
done
test_case the_first_names_are_the_ones
test_case a_child_numbers_its_names_for_itself
test_case counts_of_a_killed_program_are_not_lost
test_case the_programs_own_export_has_the_names
test_case the_file_of_settings_asks_for_it_too
test_case off_by_default
test_case names_have_memory_when_they_are_asked_for
test_case expect_transparent "$program" 2 3 70 fork
test_done
