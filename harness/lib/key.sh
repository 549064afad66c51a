#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# For the commands that are still shell scripts; see ../for_shell.py

exec python3 "$(dirname "$0")/../for_shell.py" key "$@"
