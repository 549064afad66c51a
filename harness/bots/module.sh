#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# module.sh y|m: the suite as a module of a kernel with KUNIT=y or =m
cd "$(dirname "$0")/../.." && exec python3 -B -m harness.bots.module "$@"
