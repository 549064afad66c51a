#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# key.sh: what the result of a row of `make matrix` depends on, but for the row itself, its
# kernel and QEMU, in a number

set -eu
. "$(dirname "$0")/../lib/lib.sh"
cd "$top"
{
	suite_files | grep -v '^Documentation/'
	find patches harness/lib harness/run .kunitconfig -type f ! -name '*.pyc' | sort
} | xargs sha256sum | sha256sum | cut -d ' ' -f 1
