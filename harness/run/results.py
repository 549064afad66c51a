#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# results.py FILE: what kunit.py --json wrote, a line for each test:
# "FAIL suite/case/parameter". What has parameters is not counted itself.

import json
import sys
from typing import Any, Dict, Iterator


def leaves(group: Dict[str, Any], path: str) -> Iterator[str]:
	"""Yields the lines for one group of tests and all groups in it."""
	for case in group['test_cases']:
		yield f"{case['status']} {path}{case['name']}"
	for sub_group in group['sub_groups']:
		yield from leaves(sub_group, f"{path}{sub_group['name']}/")


if __name__ == '__main__':
	with open(sys.argv[1]) as results:
		for line in leaves(json.load(results), ''):
			print(line)
