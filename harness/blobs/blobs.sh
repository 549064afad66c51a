#!/bin/sh
# SPDX-License-Identifier: GPL-2.0

exec python3 "$(dirname "$0")/blobs.py" "$@"
