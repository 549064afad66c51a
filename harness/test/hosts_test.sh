#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tries `make mutants HOSTS=...`, on the sample, with two hosts that are network
# namespaces of this machine, each with an sshd and a clone of its own. One of
# them dies in the middle: the verdicts have to be those of a run without hosts.
#
# Needs root. Nothing of it is left.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

[ "$(id -u)" -eq 0 ] || die 'network namespaces need root'
need /usr/sbin/sshd openssh-server ssh openssh-client ip iproute2 \
	rsync rsync unshare util-linux git git

dir=$build/test/hosts

cleanup()
{
	for n in 1 2; do
		ip netns pids "mutants$n" 2>/dev/null | xargs -r kill -9
		ip netns del "mutants$n" 2>/dev/null || :
		ip link del "mutants$n" 2>/dev/null || :
	done
}

# begin N: the host 192.0.2.(4N + 2), of the addresses set aside for examples
begin()
{
	host=192.0.2.$((4 * $1 + 2))
	ip netns add "mutants$1"
	ip link add "mutants$1" type veth peer name eth0 netns "mutants$1"
	ip addr add "192.0.2.$((4 * $1 + 1))/30" dev "mutants$1"
	ip link set "mutants$1" up
	ip -n "mutants$1" addr add "$host/30" dev eth0
	ip -n "mutants$1" link set eth0 up
	ip -n "mutants$1" link set lo up
	git clone -q "$top" "$dir/clone$1"
	mkdir -p "$dir/clone$1/build/test/hosts"
	ip netns exec "mutants$1" unshare --mount sh -c "
		mount --bind '$dir' '$dir/clone$1/build/test/hosts' &&
		mount --rbind '$dir/clone$1' '$top' && mkdir -p /run/sshd &&
		exec /usr/sbin/sshd -D -f /dev/null -h '$dir/host_key' \
			-o PidFile=none -o StrictModes=no -o UsePAM=no \
			-o AuthorizedKeysFile='$dir/key.pub'" \
		>"$dir/sshd$1" 2>&1 &
}

verdicts()
{
	python3 -c '
import json, sys
for m in json.load(open(sys.argv[1]))["mutants"]:
	print(m["what"], m["fate"], *m["cases"])' "$build/mutants/report.json"
}

# sample NAME: what came of the sample that `make test` runs
sample()
{
	rm -f "$build/mutants/report.json"
	sh "$top/harness/mutants/mutants.sh" sample >"$dir/$1" 2>&1 || [ $? -eq 1 ] || {
		tail -n 3 "$dir/$1" >&2
		exit 2
	}
	verdicts >"$dir/$1.verdicts"
}

cleanup
trap cleanup EXIT
trap 'exit 2' HUP INT TERM
rm -rf "$dir"
mkdir -p "$dir/bin"
ssh-keygen -q -t ed25519 -N '' -f "$dir/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
# The user's own ssh, with the keys of these hosts
cat >"$dir/bin/ssh" <<END
#!/bin/sh
exec $(command -v ssh) -F /dev/null -i '$dir/key' \
	-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	-o LogLevel=ERROR "\$@"
END
chmod +x "$dir/bin/ssh"

say 'Without hosts ...'
sample alone
cut -f 1 "$build/mutants/list" | while read -r id; do
	rm -f "$build/mutants/log/$id"-*
done
: >"$build/mutants/joblog"

say 'With two hosts ...'
begin 1
begin 2
until "$dir/bin/ssh" 192.0.2.6 : && "$dir/bin/ssh" 192.0.2.10 :; do
	sleep 0.5
done 2>/dev/null
(
	until grep -q 192.0.2.10 "$build/mutants/joblog"; do
		sleep 0.2
	done
	say '... of which the second dies ...'
	ip link del mutants2
	ip netns pids mutants2 | xargs -r kill -9
) &
PATH=$dir/bin:$PATH HOSTS=192.0.2.6,192.0.2.10 sample spread

say "Booted on each: $(sed 1d "$build/mutants/joblog" | cut -f 2 | sort |
	uniq -c | paste -s -d ,)"
diff "$dir/alone.verdicts" "$dir/spread.verdicts"
