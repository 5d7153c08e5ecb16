#!/bin/bash
# Lint of the source's text. Each rule is first shown a file that breaks it.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

rules() { python3 -B "$OTELUE_SRC/tests/lint/rules.py" "$@"; }

# sees RULE FILE TEXT: a tree with only this file breaks the rule.
sees() {
	mkdir -p "tree/$(dirname "$2")"
	printf '%b' "$3" >"tree/$2"
	run rules "$1" tree
	rm -r tree
	expect_code 1
	[[ $output == "$2"* ]] || fail "no word about $2: $output"
}

tree_keeps_the_rule() {
	run rules "$1" "$OTELUE_SRC"
	((code == 0)) || fail "$output$errors"
}

rules_see_what_breaks_them() {
	sees includes sink/bad.c '#include "metrics/segment.h"\n'
	sees includes base/bad.h '  #  include "config/settings.h"\n'
	sees includes unheard/of.c 'int x;\n'
	sees lengths base/long.c "$(printf 'int x;%.0s\\n' {1..401})"
	sees lengths base/long.c "int f(void)\n{\n$(printf '\\tx++;%.0s\\n' {1..79})}\n"
	sees words cli/a.c '/* TO''DO: all */\n'
	sees words doc/A.md 'see /wo''rk/shared\n'
	sees pages README.md ''
}

# C files and scripts of ours; what is built or fetched is not.
ours() {
	find "$OTELUE_SRC" \( -name '.git' -o -name 'build*' -o -name _build -o -name _inst -o -name node_modules -o -name m4 -o -name 'autom4te*' \
		-o -path "$OTELUE_SRC/otelue-*" \) -prune -o -type f "$@" -print0
}

is_formatted() { clang-format --dry-run --Werror --style="file:$OTELUE_SRC/.clang-format" "$@"; }

c_files_are_formatted() {
	need clang-format
	printf 'int  f( void ) {\n}\n' >bad.c
	run is_formatted bad.c
	expect_code 1
	ours \( -name '*.c' -o -name '*.h' \) >list
	[[ -s list ]] || fail "found no C file"
	xargs -0 -n 16 clang-format --dry-run --Werror --style="file:$OTELUE_SRC/.clang-format" <list ||
		fail "run clang-format -i on these"
}

# Shell scripts, told by suffix or first line.
shell_scripts() {
	local file first
	while IFS= read -r -d '' file; do
		IFS= read -r first <"$file" || true
		[[ $file != *.sh && ! $first =~ ^'#!'(/usr)?/bin/(env\ )?(ba|da)?sh ]] || printf '%s\0' "$file"
	done < <(ours -size -200k ! -name 'configure*' ! -path '*/autom4te*' ! -name '*.o') 2>/dev/null
}

scripts_pass_shellcheck() {
	need shellcheck
	printf '#!/bin/sh\nrm $1\n' >bad.sh
	run shellcheck bad.sh
	expect_code 1
	shell_scripts >list
	grep -zq tests/lib/test.sh list || fail "missed tests/lib/test.sh"
	(cd "$OTELUE_SRC" && xargs -0 shellcheck -x) <list
}

test_case rules_see_what_breaks_them
for rule in includes lengths words pages; do
	test_case tree_keeps_the_rule "$rule"
done
test_case c_files_are_formatted
test_case scripts_pass_shellcheck
test_done
