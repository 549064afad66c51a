#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# install.sh DIRECTORY: for series.sh, which is still a shell script

exec "$(dirname "$0")/../../suite" install "KERNEL=$1"
