#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Behind `make clean`: removes all that was made.

set -eu
. "$(dirname "$0")/../lib/lib.sh"

rm -rf "$build" "$top/.kunit"
