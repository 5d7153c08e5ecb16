# shellcheck shell=bash
# The engine of ./check: runs steps one by one, each in a process of its own with a time limit and a log, and counts
# the tests that each of them ran. The caller sets `source_dir` and `work` and defines step_NAME for each step.
#
# A step calls `collect BUILD` after a `make check`, or `record pass|fail|skip NAME [REASON]` for a test that it ran
# itself. A step that ends well without either counts as one passed test if it is not declared in `test_steps`; a
# step of test_steps that ran no test has failed. A skip that tests/allowed-skips.txt does not list is a failure.
# shellcheck disable=SC2154 # source_dir, work, test_steps and step_limit are the caller's

passed=0 failed=0 skipped=0

say() { printf '%s\n' "$*"; }
die() { printf 'check: %s\n' "$*" >&2; exit 2; }

# Inside a step: one result. Tabs and newlines cannot stand in a name.
record() {
	printf '%s\t%s\t%s\n' "$1" "${2//[$'\t\n']/ }" "${3-}" >>"$STEP_RESULTS"
}

# Inside a step: what automake's TAP driver left in a build directory. NAME.trs holds the verdicts, NAME.log each with
# its name: `VERDICT: PROGRAM [NUMBER] [-] NAME [# DIRECTIVE REASON]`.
collect() {
	local trs line verdicts='(PASS|FAIL|SKIP|ERROR|XPASS|XFAIL): ' told=0 counted=0 said
	while read -r trs; do
		told=$((told + $(grep -c '^:test-result:' "$trs" || true)))
		said=
		while IFS= read -r line; do
			if [[ $line == '# '* ]]; then
				[[ $line == '# exit code '* ]] || said=${line#'# '}
				continue
			fi
			counted=$((counted + 1))
			record_line "$line" "$said"
			said=
		done < <(grep -aE "^($verdicts|# )" "${trs%.trs}.log")
	done < <(find "$1" -name '*.trs' -newer "$STEP_RESULTS.start" | LC_ALL=C sort)
	((told > 0)) || { say "no test result in $1"; return 1; }
	((told == counted)) || { say "$told results, but $counted names in $1"; return 1; }
}

# tell_failed BUILD: what each test said that failed in this step, so that the step's log ends with it.
tell_failed() {
	local trs
	while read -r trs; do
		grep -aE -B 25 -A 8 '^(FAIL|ERROR|XPASS): ' "${trs%.trs}.log" | grep -avE '^(ok|PASS:) ' | tail -n 50
	done < <(find "$1" -name '*.trs' -newer "$STEP_RESULTS.start" \
		-exec grep -lE '^:test-result: *(FAIL|ERROR|XPASS)' {} + | LC_ALL=C sort)
}

# record_line LINE LAST-WORDS: a failed test's reason is what it said last.
record_line() {
	local program verdict name=$1 reason=
	verdict=${name%%: *}
	name=${name#*: }
	program=${name%% *}
	program=${program##*/}
	[[ ! $name =~ ^[^\ ]+\ ([0-9]+\ )?(-\ )?(.*)$ ]] || name=${BASH_REMATCH[3]}
	if [[ $name =~ ^(.*)\ #\ [A-Z]+\ ?(.*)$ ]]; then
		name=${BASH_REMATCH[1]}
		reason=${BASH_REMATCH[2]}
	fi
	case $verdict in
	PASS) record pass "$program: $name" ;;
	SKIP) record skip "$program: $name" "$reason" ;;
	*) record fail "$program: $name" "${verdict,,}${2:+: ${2:0:200}}" ;;
	esac
}

# Lines of tests/allowed-skips.txt are `STEP: PROGRAM: NAME`, where * stands for anything.
skip_is_allowed() {
	local pattern
	while read -r pattern; do
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $pattern == '#'* || -z $pattern || $1 != $pattern ]] || return 0
	done <"$source_dir/tests/allowed-skips.txt"
	return 1
}

count_results() {
	local step=$1 verdict name reason
	while IFS=$'\t' read -r verdict name reason; do
		if [[ $verdict == skip ]] && ! skip_is_allowed "$step: $name"; then
			verdict=fail
			reason="skipped, and not on tests/allowed-skips.txt: $reason"
		fi
		case $verdict in
		pass) step_passed=$((step_passed + 1)) ;;
		skip)
			step_skipped=$((step_skipped + 1))
			step_notes+=("    skipped: $name ($reason)")
			;;
		*)
			step_failed=$((step_failed + 1))
			step_notes+=("    FAILED: $name ($reason)")
			;;
		esac
	done <"$2"
}

judge_step() {
	local step=$1 code=$2
	if ((code != 0 && step_failed == 0)); then
		step_failed=1
		if ((code == 124 || code == 137)); then
			step_notes+=("    FAILED: no end within ${step_limit[$step]:-900} s")
		else
			step_notes+=("    FAILED: exit code $code")
		fi
	elif ((code == 0 && step_passed + step_failed + step_skipped == 0)); then
		if [[ " ${test_steps[*]} " == *" $step "* ]]; then
			step_failed=1
			step_notes+=("    FAILED: it ran no test")
		else
			step_passed=1
		fi
	fi
}

# Runs one step in a process of its own (`./check --inside NAME`), prints one line for it.
run_step() {
	local step=$1 log=$work/logs/$1.log results=$work/logs/$1.results started=$SECONDS code=0
	local step_passed=0 step_failed=0 step_skipped=0 step_notes=()
	: >"$results"
	: >"$results.start"
	printf '%-14s ' "$step"
	STEP_RESULTS=$results timeout -k 10 "${step_limit[$step]:-900}" \
		bash "$source_dir/check" --inside "$step" </dev/null >"$log" 2>&1 || code=$?
	count_results "$step" "$results"
	judge_step "$step" "$code"
	printf '%4d passed' "$step_passed"
	((step_failed == 0)) || printf ', %d FAILED' "$step_failed"
	((step_skipped == 0)) || printf ', %d skipped' "$step_skipped"
	printf '  (%d s)\n' $((SECONDS - started))
	((${#step_notes[@]} == 0)) || printf '%s\n' "${step_notes[@]}"
	if ((step_failed > 0)); then
		say "    the log's end ($log):"
		tail -n "${OTELUE_CHECK_TAIL:-40}" "$log" | sed 's/^/    | /'
	fi
	passed=$((passed + step_passed)) failed=$((failed + step_failed)) skipped=$((skipped + step_skipped))
}
