#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Tries `make mutants HOSTS=...` with two hosts that are none: an ssh of our own
# runs here what GNU parallel sends there, each with a harness/ that takes the
# place of this clone. One of them dies in the middle: the verdicts have to be those of a run
# without hosts. Run by test.sh after a sample of mutants, from which it takes the
# latter.
#
# Without the right to mount, both share this clone, and what a host needs to have
# is not tested.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

mutants=$build/mutants
dir=$build/test/hosts_test
failed=0

wrong()
{
	echo "wrong: $*"
	failed=1
}

verdicts()
{
	python3 -c '
import json, sys
for m in json.load(open(sys.argv[1]))["mutants"]:
	print(m["what"], m["fate"], *m["cases"])' "$mutants/report.json"
}

# some NAME: what comes of some bugs of the past
some()
{
	rm -f "$mutants/report.json"
	MUTANTS=$dir/patches sh "$top/harness/mutants/mutants.sh" \
		>"$dir/$1" 2>&1 || [ $? -eq 1 ] || {
		tail -n 3 "$dir/$1" >&2
		exit 2
	}
	verdicts >"$dir/$1.verdicts"
}

# booted_on HOST: how many
booted_on()
{
	cut -f 2 "$mutants/joblog" | grep -c "$1" || :
}

# on_second pgrep|pkill ARGUMENT: to what runs on that host
on_second()
{
	"$@" --session "$(paste -s -d , "$dir/second.pids")"
}

rm -rf "$dir"
mkdir -p "$dir/bin" "$dir/patches" "$dir/none"
for n in 1 2 3 4 6 7; do
	cp "$top/harness/mutants/history/000$n.patch" "$dir/patches"
done
need unshare setsid pkill rsync

own_place=no
if unshare --mount mount --bind "$dir" "$dir/none" 2>/dev/null; then
	own_place=yes
else
	say 'These hosts share this clone: mounting is not allowed.'
fi
[ $own_place = no ] || for host in first second; do
	mkdir "$dir/$host"
	cp -r "$top/harness" "$dir/$host"
done

# After the options: the host, and words for its shell. What runs there is a session
# that dies with the host.
cat >"$dir/bin/ssh" <<END
#!/bin/sh
dir='$dir' top='$top'
END
cat >>"$dir/bin/ssh" <<'END'
. "$top/harness/test/ssh_args.sh"
[ ! -e "$dir/$host.dead" ] || exit 255
if [ -d "$dir/$host" ]; then
	set -- "mount --bind '$dir/$host' '$top' && cd / && $*"
	exec setsid --wait unshare --mount sh -c "echo \$\$ >>'$dir/$host.pids'; $*"
fi
exec setsid --wait sh -c "echo \$\$ >>'$dir/$host.pids'; $*"
END
chmod +x "$dir/bin/ssh"

some alone
cut -f 1 "$mutants/list" | while read -r id; do
	rm -f "$mutants/log/$id"-*
done
: >"$mutants/joblog"

# In the middle of what it has been given
(
	until [ -s "$dir/second.pids" ] && on_second pgrep qemu-system; do
		sleep 0.2
	done
	: >"$dir/second.dead"
	on_second pkill -KILL
) >/dev/null &
PATH=$dir/bin:$PATH HOSTS=first,second some spread
wait

[ -e "$dir/second.dead" ] || wrong 'the second host was given nothing'
[ "$(booted_on first)" -eq 6 ] || wrong 'not all went to the first host'
diff "$dir/alone.verdicts" "$dir/spread.verdicts" ||
	wrong 'verdicts are not those of a run without hosts'
exit $failed
