#!/usr/bin/env python3
"""Rules about linked code: elf.py RULE FILE... prints each violation; exit code 1 if any.

  shim HOOKS.DEF OBJECT           exports are the names of hooks.def, and what else a preloaded object must be
  emitter SHIM_OBJECT... -- OBJECT...
                                  the objects after -- need nothing but names that the objects before it define, and
                                  do not touch thread-local storage or libc's thread block
  no-self-call OBJECT             no allocator hook ends in a call of itself (gcc makes calloc of malloc and memset)
  tail-call OBJECT                the loader's hooks leave by a jump with the stack as it was, so that libc sees the
                                  program's return address

Reads what nm, readelf and objdump print; CROSS (aarch64-linux-gnu-) stands before their names.
"""
import os
import re
import subprocess
import sys

TLS_LIMIT = 256
NEWEST_GLIBC = (2, 34)
MAY_NEED = re.compile(r"libc\.so\.6|ld-linux-.*\.so\.\d")
# What the linker and the compiler's start files bring into any shared object.
BROUGHT_ALONG = {"__cxa_finalize", "__gmon_start__", "_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable"}


def tool(name, *arguments):
    command = [os.environ.get("CROSS", "") + name, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def hook_names(path):
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    names = re.findall(r"^\s*HOOK\([^,]*,[^,]*,[^,]*,\s*(\w+)", text, re.M)
    names += re.findall(r"^\s*ASSEMBLY_HOOK\([^,]*,\s*(\w+)", text, re.M)
    return names


def hook_versions(path):
    """(name, version) of hooks that only callers of this version find: those that may be, those that must be."""
    with open(path, encoding="utf-8") as stream:
        rows = re.findall(r"^VERSION\((\w+), (GLIBC_[\d.]+), (\w+)\)", stream.read(), re.M)
    everywhere = {(name, version) for processor, version, name in rows if processor == "ANY"}
    return {(name, version) for _, version, name in rows}, everywhere


def check_exports(definitions, shared):
    wanted = hook_names(definitions)
    if len(wanted) < 10:
        yield f"{definitions}: found only {len(wanted)} hooks"
    for name in sorted({n for n in wanted if wanted.count(n) > 1}):
        yield f"{definitions}: {name} stands there twice"
    lines = [line.split() for line in tool("nm", "-D", "--defined-only", shared).splitlines()]
    symbols = {fields[-1] for fields in lines if fields[-2] != "A"}  # A: names of the versions themselves
    exported = {symbol.split("@")[0] for symbol in symbols}
    versioned = {tuple(symbol.split("@@")) for symbol in symbols if "@" in symbol}
    may, must = hook_versions(definitions)
    for name, version in sorted(versioned - may):
        yield f"{shared}: exports {name} to callers of {version} alone"
    for name, version in sorted(must - versioned):
        yield f"{shared}: exports {name} to callers of all versions, not of {version} alone"
    for name in sorted(exported - set(wanted)):
        yield f"{shared}: exports {name}, which is no hook"
    for name in sorted(set(wanted) - exported):
        yield f"{shared}: does not export the hook {name}"


def check_dynamic(shared):
    dynamic = tool("readelf", "-dW", shared)
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if not MAY_NEED.fullmatch(library):
            yield f"{shared}: needs {library}"
    if "TEXTREL" in dynamic:
        yield f"{shared}: has text relocations"
    for flag, pattern in (("bind now", r"BIND_NOW|Flags:.*\bNOW\b"), ("nodelete", r"\bNODELETE\b")):
        if not re.search(pattern, dynamic):
            yield f"{shared}: is not linked with {flag}"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield f"{shared}: has a run path"
    if re.search(r"Flags:.*\bINITFIRST\b", dynamic):
        yield f"{shared}: is initialised first, when environ is not yet there"


def check_memory(shared):
    headers = tool("readelf", "-lW", shared)
    for size in re.findall(r"^\s*TLS(?:\s+0x\w+){4}\s+0x(\w+)", headers, re.M):
        if int(size, 16) > TLS_LIMIT:
            yield f"{shared}: {int(size, 16)} bytes of thread-local storage, more than {TLS_LIMIT}"
    if re.search(r"GNU_STACK.*RWE", headers):
        yield f"{shared}: wants an executable stack"
    for relocation in sorted(set(re.findall(r"R_\w*(?:DTPMOD|DTPREL|TLSDESC)\w*", tool("readelf", "-rW", shared)))):
        yield f"{shared}: relocation {relocation}: thread-local storage is not initial-exec"


# What a fork child writes, and what else each start touches; base/memory.h.
START_MEMORY = {"loader_tells", "hook_families", "hook_ticks_multiplier", "thread_end_key", "lost", "arena"}
FORK_MEMORY = {"shim", "emitter", "request", "books_closed", "exec_is_told", "calibration_is_due", "emitter_is_due", "window", "inherited", "early_inherited",
               "hook_due", "under_way", "stops"}
PAGE = 4096


def check_fork_memory(shared):
    pages = {}
    for address, size, _, name in re.findall(r"^(\w+) (\w+) ([bBdD]) (\w+)$", tool("nm", "-S", shared), re.M):
        if name in FORK_MEMORY | START_MEMORY:
            first, last = int(address, 16), int(address, 16) + int(size, 16) - 1
            pages.setdefault(name, set()).update({first // PAGE, last // PAGE})
    for name in sorted((FORK_MEMORY | START_MEMORY) - set(pages)):
        yield f"{shared}: has no {name}, which fork children write or each start touches"
    if len(set().union(*pages.values())) > 1:
        yield f"{shared}: what fork children write and starts touch does not lie on one page: {sorted(pages)}"


# The loader relocates them at each start; with what else it writes they are to fit one page.
def check_relocated_memory(shared):
    sections = tool("readelf", "-SW", shared)
    for size in re.findall(r"\s\.data\.rel\.ro\s+PROGBITS\s+\w+ \w+ (\w+)", sections):
        if int(size, 16) > PAGE // 2:
            yield f"{shared}: {int(size, 16)} bytes of constants with pointers in them, which each start relocates"


def check_versions(shared):
    for name, version in re.findall(r"(\S+)@GLIBC_([\d.]+)", tool("nm", "-D", "-u", shared)):
        if tuple(int(part) for part in version.split(".")) > NEWEST_GLIBC:
            yield f"{shared}: {name} needs glibc {version}, newer than {'.'.join(map(str, NEWEST_GLIBC))}"


def check_shim(definitions, shared):
    yield from check_exports(definitions, shared)
    yield from check_dynamic(shared)
    yield from check_memory(shared)
    yield from check_fork_memory(shared)
    yield from check_relocated_memory(shared)
    yield from check_versions(shared)


def defined_names(objects):
    names = set()
    for line in tool("nm", "--defined-only", "-g", *objects).splitlines():
        fields = line.split()
        if len(fields) == 3:
            names.add(fields[2])
    return names


# libgcc's, linked in with the object: an atomic instruction where the processor has it, a loop where not.
OUTLINE_ATOMIC = re.compile(r"__aarch64_(cas|swp|ldadd|ldclr|ldset|ldeor)[1-8]+_(relax|acq|rel|acq_rel|sync)")

# Thread-local storage, libc's thread block and the stack guard are all reached through these.
THREAD_REGISTER = re.compile(r"%fs\b|%gs\b|\btpidr_el0\b")


def check_emitter(*arguments):
    split = arguments.index("--")
    inside, under_test = arguments[:split], arguments[split + 1 :]
    if not inside or not under_test:
        yield "no object given"
        return
    known = defined_names(inside) | {"_GLOBAL_OFFSET_TABLE_"}
    for path in under_test:
        for line in tool("nm", "-u", path).splitlines():
            name = line.split()[-1]
            if name not in known and not OUTLINE_ATOMIC.fullmatch(name):
                yield f"{path}: needs {name}, which none of the shim's objects defines"
        for line in tool("objdump", "-d", "--no-show-raw-insn", path).splitlines():
            if THREAD_REGISTER.search(line):
                yield f"{path}: touches the thread block:{line}"


RELOCATION = re.compile(r"\bR_\w+\s+(?:\.text\.)?([\w.]+)")


def check_no_self_call(path):
    function = None
    lines = tool("objdump", "-dr", "--no-show-raw-insn", path).splitlines()
    for line, following in zip(lines, lines[1:] + [""]):
        head = re.match(r"\w+ <(\w+)>:", line)
        if head:
            function = head[1]
        call = RELOCATION.search(line)
        # The target in an instruction with a relocation is not its target yet.
        if not call and not RELOCATION.search(following):
            call = re.search(r"\b(?:call|jmp|bl|b)\b.*<(\w+)(?:@plt)?>", line)
        if function in ("malloc", "calloc", "realloc", "free") and call and call[1] == function:
            yield f"{path}: {function} calls itself:{line}"


HANDED_OVER = ("dlopen", "dlmopen", "dlclose")
# How a register is put by and taken back, and nothing else that moves the stack.
PUT_BY = re.compile(r"push\s|stp\s.*\[sp, #-\d+\]!")
TAKEN_BACK = re.compile(r"pop\s|ldp\s.*\[sp\], #\d+")
OTHER_STACK_USE = re.compile(r"%rsp|%rbp|\bleave\b|\b(add|sub|mov)\s+sp,")
JUMP_ON = re.compile(r"(jmp\s+\*|br\s+x\d)")
PADDING = re.compile(r"(data16 |cs )*(nop|xchg\s+%ax,%ax|udf|int3)")


def bodies(path):
    """{function: its instructions, without the padding behind them}"""
    found, name = {}, None
    for line in tool("objdump", "-d", "--no-show-raw-insn", path).splitlines():
        head = re.match(r"\w+ <(\w+)>:", line)
        if head:
            name = head[1]
        instruction = re.match(r"\s*[0-9a-f]+:\s+(.*?)\s*$", line)
        if name and instruction and not PADDING.match(instruction[1]):
            found.setdefault(name, []).append(instruction[1])
    return found


def check_tail_call(path):
    functions = bodies(path)
    for name in HANDED_OVER:
        body = functions.get(name)
        if not body:
            yield f"{path}: has no {name}"
            continue
        if not JUMP_ON.match(body[-1]):
            yield f"{path}: {name} does not end in a jump: {body[-1]}"
        balance = sum(bool(PUT_BY.match(i)) - bool(TAKEN_BACK.match(i)) for i in body)
        if balance != 0 or any(OTHER_STACK_USE.search(i) for i in body):
            yield f"{path}: {name} leaves the stack other than it was"
        for i in body:
            if re.match(r"(call|bl|blr)\s", i) and f"<loader_{name}>" not in i:
                yield f"{path}: {name} calls what it should jump to: {i}"


RULES = {"tail-call": check_tail_call, "shim": check_shim, "emitter": check_emitter, "no-self-call": check_no_self_call}


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in RULES:
        sys.exit(__doc__)
    violations = list(RULES[sys.argv[1]](*sys.argv[2:]))
    print("\n".join(violations))
    sys.exit(bool(violations))


main()
