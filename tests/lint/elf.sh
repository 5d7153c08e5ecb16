#!/bin/bash
# Lint of the linked shim and of the objects that run on the emitter thread. Each rule is first shown an object that
# breaks it. From make check come OTELUE_SHIM_SOURCES and OTELUE_EMITTER_SOURCES, CC and CROSS.
# shellcheck source=tests/lib/test.sh
. "${OTELUE_SRC:-$(dirname "$0")/../..}/tests/lib/test.sh"
read -ra compiler <<<"${CC:-gcc}"
hooks=$OTELUE_SRC/hooks/hooks.def

elf() { python3 -B "$OTELUE_SRC/tests/lint/elf.py" "$@"; }
keeps() {
	run elf "$@"
	((code == 0)) || fail "$output$errors"
}
# breaks WORDS RULE ARGUMENTS...: the rule complains, in these words.
breaks() {
	run elf "${@:2}"
	expect_code 1
	[[ $output == *$1* ]] || fail "no word of '$1' in: $output$errors"
}
# object FLAGS...: makes bad.o (or, with -shared, bad.so) of the C source on stdin.
object() { "${compiler[@]}" -w -x c -fPIC "$@" -; }

# What libtool made of each source of a list.
objects_of() {
	local source name
	for source; do
		[[ $source == *.[cS] ]] || continue
		name=$OTELUE_BUILD/${source%/*}/.libs/libotelue_preload_la-$(basename "${source%.*}").o
		[[ $source == *.S ]] && name=$OTELUE_BUILD/${source%/*}/.libs/$(basename "${source%.S}").o
		[[ -f $name ]] || fail "no object of $source: $name"
		printf '%s\n' "$name"
	done
}

the_shim_is_linked_as_it_must_be() { keeps shim "$hooks" "$OTELUE_PRELOAD"; }

the_shim_rules_see_what_breaks_them() {
	sed -n 's/^HOOK([^,]*,[^,]*,[^,]*, *\([a-z_]*\),.*/void \1(void) {}/p' "$hooks" >names.c
	object -shared -o bad.so <names.c
	breaks 'not linked with bind now' shim "$hooks" bad.so
	breaks 'not linked with nodelete' shim "$hooks" bad.so
	{ cat names.c; echo 'int extra;'; } | object -shared -o bad.so
	breaks 'exports extra, which is no hook' shim "$hooks" bad.so
	breaks 'exports glob to callers of all versions' shim "$hooks" bad.so
	echo 'GLIBC_2.30 { global: malloc; };' >bad.map
	object -shared -o bad.so -Wl,--version-script=bad.map <names.c
	breaks 'exports malloc to callers of GLIBC_2.30 alone' shim "$hooks" bad.so
	sed 1d names.c | object -shared -o bad.so
	breaks 'does not export the hook malloc' shim "$hooks" bad.so
	{ cat names.c; echo '__thread char block[300]; char *f(int i) { return block + i; }'; } | object -shared -o bad.so
	breaks '300 bytes of thread-local storage' shim "$hooks" bad.so
	breaks 'not initial-exec' shim "$hooks" bad.so
	{ cat names.c; echo 'char shim[5000];'; } | object -shared -o bad.so
	breaks 'has no emitter, which fork children write or' shim "$hooks" bad.so
	breaks 'does not lie on one page' shim "$hooks" bad.so
	{ cat names.c; echo '#define TEN(x) x, x, x, x, x, x, x, x, x, x'
		echo 'const char *const texts[] = {TEN(TEN(TEN("text")))};'; } | object -shared -o bad.so -Wl,-z,relro
	breaks 'bytes of constants with pointers in them' shim "$hooks" bad.so
	echo 'double f(double x, double y) { double pow(double, double); return pow(x, y); }' |
		object -shared -o bad.so -fno-builtin -Wl,--no-as-needed -lm
	breaks 'needs libm.so.6' shim "$hooks" bad.so
	echo 'char *f(char *a, const char *b) { char *strcpy(); int _Fork(void); return strcpy(a, b) + _Fork(); }' |
		object -shared -o bad.so
	sed 's/^NEWEST_GLIBC = .*/NEWEST_GLIBC = (2, 2)/' "$OTELUE_SRC/tests/lint/elf.py" >strict.py
	run python3 -B strict.py shim "$hooks" bad.so
	[[ $output == *'needs glibc'* ]] || fail "no word of a newer glibc: $output$errors"
}

the_emitter_needs_nothing_but_our_own() {
	local all emitter
	read -ra all <<<"${OTELUE_SHIM_SOURCES:?}"
	read -ra emitter <<<"${OTELUE_EMITTER_SOURCES:?}"
	objects_of "${all[@]}" >all
	objects_of "${emitter[@]}" >emitter
	(($(wc -l <emitter) >= 8)) || fail "only $(wc -l <emitter) objects on the emitter's list"
	mapfile -t all <all
	mapfile -t emitter <emitter
	keeps emitter "${all[@]}" -- "${emitter[@]}"
}

the_emitter_rules_see_what_breaks_them() {
	echo 'int getpid(void); int f(void) { return getpid(); }' | object -c -O2 -o bad.o
	breaks 'needs getpid' emitter bad.o -- bad.o
	echo '__thread int x; int f(void) { return x; }' | object -c -O2 -ftls-model=initial-exec -o bad.o
	breaks 'touches the thread block' emitter bad.o -- bad.o
	echo 'void g(char *); int f(void) { char b[99]; g(b); } void g(char *b) {}' |
		object -c -fstack-protector-all -o bad.o
	breaks 'bad.o' emitter bad.o -- bad.o
}

no_allocator_hook_calls_itself() {
	local found
	mapfile -t found < <(objects_of hooks/memory.c)
	keeps no-self-call "${found[0]}"
}

the_self_call_rule_sees_what_breaks_it() {
	cat >calloc.c <<-'END'
	void *malloc(unsigned long); void *memset(void *, int, unsigned long);
	void *calloc(unsigned long n, unsigned long m) { void *p = malloc(n * m); if (p) memset(p, 0, n * m); return p; }
	void free(void *p) { free(p); __asm__(""); }
	END
	object -c -O2 -fno-optimize-sibling-calls -o bad.o <calloc.c
	breaks 'calls itself' no-self-call bad.o
}

the_loaders_hooks_jump_to_the_real_function() { keeps tail-call "$OTELUE_PRELOAD"; }

the_tail_call_rule_sees_what_breaks_it() {
	local tail='void *dlmopen(void) { return real(); } int dlclose(void) { return real() != 0; }'
	echo "extern void *(*real)(); void *dlopen(const char *p, int m) { return real(p, m); } $tail" >bad.c
	object -c -O2 -fno-optimize-sibling-calls -o bad.o <bad.c
	breaks 'dlopen does not end in a jump' tail-call bad.o
	breaks 'dlopen calls what it should jump to' tail-call bad.o
	object -c -O2 -o bad.o <bad.c
	breaks 'dlclose does not end in a jump' tail-call bad.o
	[[ $output != *' dlopen '* ]] || fail "a jump is no call: $output"
	{ sed -n '/^#if defined(__x86_64__)/,/^#elif/p' "$OTELUE_SRC/hooks/loader.S" | sed '/popq	%rdx/d'; echo '#endif'
		printf '\thook dlopen\n\thook dlmopen\n\thook dlclose\n'; } >bad.S
	if [[ $(uname -m) == x86_64 && -z ${CROSS-} ]]; then
		"${compiler[@]}" -c -o bad.o bad.S
		breaks 'dlopen leaves the stack other than it was' tail-call bad.o
	fi
}

test_case the_shim_rules_see_what_breaks_them
test_case the_shim_is_linked_as_it_must_be
test_case the_emitter_rules_see_what_breaks_them
test_case the_emitter_needs_nothing_but_our_own
test_case the_self_call_rule_sees_what_breaks_it
test_case no_allocator_hook_calls_itself
test_case the_tail_call_rule_sees_what_breaks_it
test_case the_loaders_hooks_jump_to_the_real_function
test_done
