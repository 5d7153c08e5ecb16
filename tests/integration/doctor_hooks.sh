#!/bin/bash
# otelue doctor --hooks, against hooks.def, nm and the dynamic linker.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"

otelue=$OTELUE_BUILD/otelue

# Lines of the table: name, family, object reached, object of the real call, version.
table() { sed -e 1d -e '/^$/,$d' <<<"$output"; }

libc() { awk '/libc\.so\.6/ { print $NF; exit }' /proc/self/maps; }

every_hook_is_listed() {
	run "$otelue" doctor --hooks
	expect_code 0
	sed -n -e 's/^HOOK([^,]*,[^,]*,[^,]*, \([A-Za-z0-9_]*\), (.*/\1/p' -e 's/^ASSEMBLY_HOOK([^,]*, \([A-Za-z0-9_]*\)).*/\1/p' \
		"$OTELUE_SRC/hooks/hooks.def" | sort >defined
	table | cut -d ' ' -f 1 | sort >listed
	(($(wc -l <defined) > 200)) || fail "hooks.def could not be read"
	expect_same defined listed
	grep -q "^ok .* $(wc -l <defined)," <<<"$output" || fail "$output"
	grep -q "^libotelue_preload.so  *$OTELUE_PRELOAD\$" <<<"$output" || fail "no path of the shim: $output"
	if table | awk '$3 != "libotelue_preload.so"' | grep .; then fail "these are not reached"; fi
}

# The default version of each name, and no provider for those that libc does not have.
versions_are_nms() {
	need nm
	nm -D --defined-only "$(libc)" | sed -n 's/.* \([^ ]*\)@@\(GLIBC_.*\)/\1 libc.so.6 \2/p' | sort >defined
	run "$otelue" doctor --hooks
	table | awk '$4 == "libc.so.6" { print $1, $4, $5 }' | sort >ours
	(($(wc -l <ours) > 200)) || fail "only $(wc -l <ours) go to libc"
	comm -23 ours defined >wrong
	[[ ! -s wrong ]] || fail "nm says otherwise:" "$(<wrong)"
	while read -r name; do
		if grep -q "^$name " defined; then fail "libc has $name"; fi
	done < <(table | awk '$4 == "nothing" { print $1 }')
}

# Another object in the shim's place asks the dynamic linker.
the_real_call_goes_where_the_linker_leads() {
	compile asker.so -shared -fPIC -ldl <<-'END'
	#include <dlfcn.h>
	#include <stdio.h>
	#include <string.h>
	__attribute__((constructor)) static void ask(void)
	{
		char name[64];
		FILE *names = fopen("names", "r");
		while (fscanf(names, "%63s", name) == 1) {
			void *function = dlsym(RTLD_NEXT, name);
			Dl_info info = {0};
			if (function && dladdr(function, &info))
				printf("%s %s\n", name, strrchr(info.dli_fname, '/') + 1);
		}
		fclose(names);
	}
	END
	run "$otelue" doctor --hooks
	table | awk '$4 != "nothing" && $4 != "the" { print $1, $4 }' >ours
	table | awk '$4 != "the" { print $1 }' >names # the kernel: vfork makes the system call itself
	LD_PRELOAD=$PWD/asker.so "$otelue" --version | grep -v ^otelue >linkers
	(($(wc -l <ours) > 300)) || fail "only $(wc -l <ours) compared"
	expect_same linkers ours
}

another_object_on_either_side_is_named() {
	compile liballoc.so -shared -fPIC <<-'END'
	void *malloc(unsigned long n) { extern void *__libc_malloc(unsigned long); return __libc_malloc(n); }
	END
	LD_PRELOAD="$OTELUE_PRELOAD:$PWD/liballoc.so" run "$otelue" doctor --hooks
	expect_code 0
	grep -qx "malloc  *memory  *libotelue_preload.so  *liballoc.so *" <<<"$output" || fail "$output"
	grep -q "^liballoc.so  *$PWD/liballoc.so\$" <<<"$output" || fail "$output"
	LD_PRELOAD=$PWD/liballoc.so run "$otelue" doctor --hooks
	expect_code 1
	grep -qx "malloc  *memory  *liballoc.so  *libc.so.6 GLIBC_.*" <<<"$output" || fail "$output"
	grep -q "^problem .*hooks: 1 of " <<<"$output" || fail "$output"
	grep -q "^        -> " <<<"$output" || fail "no remedy: $output"
}

a_shim_that_is_not_loaded_is_told() {
	run "$otelue" hooks-here
	expect_code 1
	[[ $errors == *"did not load libotelue_preload.so"* ]] || fail "$errors"
	if "$otelue" help | grep hooks-here; then fail "it is listed"; fi
}

test_case every_hook_is_listed
test_case versions_are_nms
test_case the_real_call_goes_where_the_linker_leads
test_case another_object_on_either_side_is_named
test_case a_shim_that_is_not_loaded_is_told
test_done
