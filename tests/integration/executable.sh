#!/bin/bash
# Whether a program is observed goes by the file that runs, however it was called. The truth is /proc/PID/exe.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

# A shell of its own that says which file runs, by a script that it is given or that calls it.
make_files() {
	local i
	mkdir -p bin
	cp "$(realpath "$(command -v bash)")" bin/tool
	ln -s bin/tool link
	ln -s bin directory
	ln -s link link0
	for i in 1 2 3 4 5 6 7 8 9; do ln -s "link$((i - 1))" "link$i"; done
	# shellcheck disable=SC2016 # the script's
	printf '#!%s\nreadlink /proc/$$/exe\n' "$PWD/bin/tool" >say
	printf '#!%s\nnot run, but by what runs\n' "$PWD/say" >nested
	chmod +x say nested
}

declare -A ways=(
	[by_its_path]='"$PWD/bin/tool" say'
	[by_a_relative_path]='bin/tool say'
	[by_a_path_with_dots]='"$PWD/bin/../bin//./tool" say'
	[as_PATH_has_it]='PATH=$PWD/bin:$PATH; tool say'
	[by_a_link]='"$PWD/link" say'
	[through_a_linked_directory]='"$PWD/directory/tool" say'
	[by_more_links_than_are_followed]='"$PWD/link9" say'
	[as_a_script]='"$PWD/say"'
	[as_a_script_of_a_script]='"$PWD/nested"'
	[with_its_own_path_as_an_argument]='"$PWD/bin/tool" say "$PWD/bin/tool"'
	[under_another_name]='exec -a something "$PWD/bin/tool" say'
	[by_the_dynamic_linker]='"$linker" "$PWD/bin/tool" say'
	[by_a_descriptor]='python3 -c "
import os
os.execve(os.open(\"bin/tool\", os.O_RDONLY), [\"tool\", \"say\"], os.environ)"'
)

# run_it WAY [SHIM]
run_it() {
	local linker shim=${2:-}
	# shellcheck disable=SC2034 # of the ways
	linker=$(set -- /lib*/ld-linux-*.so.*; echo "$1")
	(
		[[ ! $shim ]] || export LD_PRELOAD=$shim
		eval "${ways[$1]}"
	)
}

it_is_known_when_called() {
	local truth
	make_files
	truth=$(run_it "$1")
	[[ $truth == /* ]] || fail "it says: $truth"
	cat >config.json <<-JSON
		{"file_format": "1.1", "meter_provider": {"readers": [{"periodic": {"exporter":
		   {"otlp_file/development": {"output_stream": "file://$PWD/out.jsonl"}}}}]},
		 "distribution": {"otelue": {"programs": {"included": ["$truth"]}}}}
	JSON
	export OTELUE_CONFIG=$PWD/config.json
	expect_equal "$(run_it "$1" "$OTELUE_PRELOAD")" "$truth" "what it says under the shim"
	[[ -s out.jsonl ]] || fail "$truth was not observed"
	expect_equal "$("$metrics" resource process.executable.path out.jsonl)" "$truth"
	rm out.jsonl
	sed -i 's|"included": \["|&/not|' config.json
	expect_equal "$(run_it "$1" "$OTELUE_PRELOAD")" "$truth"
	[[ ! -e out.jsonl ]] || fail "it was observed"
}

for way in "${!ways[@]}"; do test_case it_is_known_when_called "$way"; done
test_done
