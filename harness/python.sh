#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Installs python3, which ./suite needs, if it is missing. If the user is not root, says how.

! command -v python3 >/dev/null || exit 0
if ! command -v apt-get >/dev/null; then
	echo 'make: missing: python3; install it (in Debian, the package python3)' >&2
	exit 2
fi
if [ "${INSTALL:-yes}" = no ] || [ "$(id -u)" -ne 0 ]; then
	echo 'make: missing: python3; run as root: apt-get install python3' >&2
	exit 2
fi
echo 'Installing python3, for ./suite (INSTALL=no prevents this) ...' >&2
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get -qq update && apt-get -qq install --yes --no-install-recommends python3; } >&2; then
	echo 'make: missing: python3; apt-get cannot install it, see above' >&2
	exit 2
fi
