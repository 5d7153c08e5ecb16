#!/bin/bash
# The manual pages: well formed, and otelue(1) tells of every verb and option that there is.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

otelue=$OTELUE_BUILD/otelue
page=$OTELUE_SRC/doc/otelue.1

every_page_is_well_formed() {
	need mandoc
	run mandoc -T lint -W warning "$OTELUE_SRC"/doc/*.[1-8]
	[[ -z $output$errors ]] || fail "$output$errors"
}

# section NAME: the text of a verb's section.
section() { sed -n "/^\.SH ${1^^}\$/,/^\.SH /p" "$page" | sed 's/\\-/-/g'; }

every_verb_and_option_is_told() {
	local verb option count=0
	for verb in $("$otelue" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | grep -vx help); do
		grep -q "otelue $verb" "$page" || fail "otelue.1 does not tell of $verb"
		for option in $("$otelue" help "$verb" | grep -o -e '^ .*' | grep -o -e '--[a-z-]*' | grep -vx -e --help); do
			section "$verb" | grep -q -- "$option" || fail "otelue.1 does not tell of $verb $option"
			count=$((count + 1))
		done
	done
	((count > 10)) || fail "only $count options found"
}

no_option_is_told_that_is_not_there() {
	local verb option
	for verb in $("$otelue" help | sed -n 's/^  \([a-z]*\) .*/\1/p' | grep -vx help); do
		for option in $(section "$verb" | sed -n 's/^\.BR\{0,1\} .*\(--[a-z-]*\).*/\1/p' | grep -vx -e --help); do
			"$otelue" help "$verb" | grep -q -- "$option" || fail "otelue $verb has no $option"
		done
	done
}

# A claim without its test is none.
every_claim_on_security_has_its_test() {
	local claim count=0
	for claim in $(grep -o '`[a-z_0-9:]*`' "$OTELUE_SRC/doc/SECURITY.md" | tr -d '`' | grep _); do
		if [[ $claim == *::* ]]; then
			grep -rqF "Test(${claim/::/, }" "$OTELUE_SRC/tests/unit"
		else
			grep -rqE "test_case \"?$claim( |\"|$)" "$OTELUE_SRC/tests/integration"
		fi || fail "no test $claim"
		count=$((count + 1))
	done
	((count > 20)) || fail "only $count claims found"
}

test_case every_page_is_well_formed
test_case every_claim_on_security_has_its_test
test_case every_verb_and_option_is_told
test_case no_option_is_told_that_is_not_there
test_done
