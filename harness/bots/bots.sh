#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make bots`: does the suite do as it should where bots run it, in the way that
# each of them runs it? The variables are explained by `make`.
#
# Exit status: 0 it does, 1 it does not, 2 no verdict.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

all_bots='module kernelci 0day'
BOTS=${BOTS:-$all_bots}
bots=$(echo "$BOTS" | tr , ' ')
[ "${bots# }" ] || die "BOTS=$BOTS: which bot? There are $all_bots"
for bot in $bots; do
	case $bot in
	module | kernelci | 0day) ;;
	*) die "BOTS=$BOTS: no bot $bot; there are $all_bots" ;;
	esac
done
case ${SEED:+seed}${CONFIGS:+configs}/" $bots " in
/* | *' 0day '*) ;;
*) die 'SEED= and CONFIGS= are for BOTS=0day' ;;
esac
for arch in ${ARCH:-}; do
	case $arch/" $bots " in
	i386/* | x86_64/*' kernelci '* | x86_64/*' 0day '* | um/*' module '*) ;;
	*) die "ARCH=$ARCH: not for BOTS=$BOTS; module has um and i386, the others i386 and x86_64" ;;
	esac
done

case ${CONFIGS:-30} in
*[!0-9]*) die "CONFIGS=$CONFIGS: not a number" ;;
esac
case ${SEED:-1} in
0?* | *[!0-9]* | ??????????*) die "SEED=$SEED: not a number of up to nine digits" ;;
esac

# run SCRIPT ARGUMENT ...: the worst of the exit statuses is that of all
worst=0
run()
{
	script=$1
	shift
	status=0
	sh "$top/harness/bots/$script.sh" "$@" || status=$?
	[ $status -le $worst ] || worst=$status
}

for bot in $bots; do
	case $bot in
	module)
		run module y
		run module m
		;;
	*) run "$bot" ;;
	esac
done
exit $worst
