# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034	# for those that source it
#
# For what stands in for ssh: $host, and in "$@" the words for its shell

while :; do
	case $1 in
	-[oleip]) shift 2 ;;
	-*) shift ;;
	*) break ;;
	esac
done
host=$1
shift
[ "$1" != -- ] || shift
# As sshd does; without it GNU parallel runs nothing there.
SHELL=/bin/sh
export SHELL
