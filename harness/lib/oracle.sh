#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# oracle.sh [libraries|headers]: prints what harness/oracle.py prints, for scripts.

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
exec python3 "$top/harness/oracle.py" "${BUILD:-$top/build}" "${INSTALL:-yes}" "$@"
