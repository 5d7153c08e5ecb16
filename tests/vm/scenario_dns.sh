#!/bin/bash
# Names that a name server does not know, refuses, delays or keeps silent about, as perf trace shows them: look-ups by
# what came of them, as the program itself counted. The server and its resolv.conf exist in this scenario alone.
set -euo pipefail
# shellcheck source=lib.sh
source "$OTELUE_SRC/tests/vm/lib.sh"

cat >server.py <<'END'
import socket, struct, time

NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3

def answer(query, code, address):
    end = query.index(b"\0", 12) + 5
    head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, 1 if address else 0, 0, 0)
    record = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes([127, 0, 0, 1]) if address else b""
    return head + query[12:end] + record

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.77", 53))
print("listening", flush=True)
while True:
    query, client = server.recvfrom(512)
    length = query[12]
    kind = query[13:13 + length].rstrip(b"0123456789")
    is_a = query[query.index(b"\0", 12) + 1:][:2] == b"\0\1"
    if kind == b"silent":
        continue
    if kind == b"slow":
        time.sleep(0.3)
    code = {b"missing": NO_SUCH_NAME, b"broken": SERVER_FAILURE}.get(kind, NO_ERROR)
    server.sendto(answer(query, code, is_a and kind in (b"good", b"slow")), client)
END
cat >client.py <<'END'
import collections, socket, time

names = {value: name for name, value in vars(socket).items() if name.startswith("EAI_")}
outcomes = collections.Counter()
slow = 0
for kind, times in {"good": 4, "missing": 3, "broken": 2, "empty": 2, "silent": 1, "slow": 1}.items():
    for i in range(times):
        start = time.monotonic_ns()
        try:
            socket.getaddrinfo(f"{kind}{i}.test", None, socket.AF_INET, socket.SOCK_STREAM)
            outcomes["none"] += 1
        except socket.gaierror as error:
            outcomes[names[error.errno]] += 1
        slow = time.monotonic_ns() - start
with open("own", "w") as own:
    for outcome, times in outcomes.items():
        print(outcome, times, file=own)
    print("slow", slow, file=own)
END
echo 'hosts: dns' >nsswitch.conf
printf '%s\n' 'nameserver 127.0.0.77' 'options timeout:1 attempts:1' >resolv.conf
for file in nsswitch.conf resolv.conf; do
	mount --bind $file /etc/$file
done

/usr/bin/python3 -I server.py >server.out &
wait_until 30 file_has server.out listening
hold_events
start_perf trace -e user_events:otelue_metric -o trace.out
"${shimmed[@]}" /usr/bin/python3 -I client.py
stop_perf

# lookups ERROR FIELD: none is a series without attribute.
lookups() {
	if [[ $1 == none ]]; then
		grep -F 'name: "dns.lookup.duration"' trace.out | grep -vF error.type >good.out
		traced_sum good.out dns.lookup.duration '' "$2"
	else
		traced_sum trace.out dns.lookup.duration "error.type=$1" "$2"
	fi
}

cat own
slow=$(sed -n 's/^slow //p' own)
equal "outcomes" "$(sed '/^slow/d; s/ .*//' own | sort | tr '\n' ' ')" "EAI_AGAIN EAI_NODATA EAI_NONAME none "
while read -r outcome times; do
	[[ $outcome == slow ]] || equal "look-ups, error $outcome" "$(lookups "$outcome" count)" "$times"
done <own
equal "look-ups that succeeded" "$(lookups none count)" 5
between "ns of those, one of them slow" 300000000 "$(lookups none value)" $((slow * 5))
between "ns of the look-up nobody answered, and of others" 1000000000 "$(lookups EAI_AGAIN value)" 60000000000
