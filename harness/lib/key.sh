#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# key.sh: print a hash of the sources that decide a verdict: the suite, patches/, and the
# scripts that build, boot and judge. It leaves out the kernel and QEMU.

set -eu
. "$(dirname "$0")/../lib/lib.sh"
cd "$top"
{
	suite_files | grep -v '^Documentation/'
	find patches harness/lib harness/run .kunitconfig -type f ! -name '*.pyc' | sort
} | xargs sha256sum | sha256sum | cut -d ' ' -f 1
