# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154	# shared with those that source it
#
# HOSTS=: other machines that take a part, each with a clone where this one is.
# Sourced after lib.sh.

HOSTS=${HOSTS:-}
[ -z "$HOSTS" ] || [ "$build" = "$top/build" ] ||
	die 'HOSTS and BUILD: hosts have build/ where their clone is'

ssh='ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=2'

# find_hosts: $logins is HOSTS as GNU parallel wants them, each with as many jobs at once as
# it has CPUs. They may yet have to install what they need.
find_hosts()
{
	need ssh rsync parallel
	logins=
	for host in $(echo "$HOSTS" | tr , ' '); do
		cpus=$($ssh "$host" "cd '$top' && sh harness/lib/need.sh host >&2 && nproc" \
			</dev/null) || die "HOSTS: $host: no ssh login, or no clone in $top"
		logins=$logins,$cpus/$host
	done
	logins=${logins#,}
}
