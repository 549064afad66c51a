#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make results`: write Documentation/results.md from the results of the commands.
#
# Exit status: 0 written, 2 there are no results.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

hash_sources
exec python3 "$top/harness/results/results.py" write "$build/results" "$sources" \
	"$top/Documentation/results.md"
