#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# report.py CHECKS JSON JUNIT: what test.sh wrote of its checks, as either or both.

import json
import os
import sys
from typing import Dict, List

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '../lib'))
import junit # pylint: disable=wrong-import-position

COLUMNS = ('result', 'seconds', 'part', 'name', 'log')


def read_checks(path: str) -> List[Dict[str, str]]:
	"""Returns a record for each check."""
	with open(path) as rows:
		return [dict(zip(COLUMNS, row.rstrip('\n').split('\t'))) for row in rows]

def junit_case(check: Dict[str, str]) -> junit.Case:
	"""Returns one as JUnit has it, with the end of its log if it failed."""
	log = ''
	if check['result'] != 'ok':
		with open(check['log'], errors='replace') as lines:
			log = ''.join(lines.readlines()[-50:])
	return junit.Case('PASS' if check['result'] == 'ok' else 'FAIL', check['part'],
			  check['name'], log, check['seconds'])

def main(path: str, json_path: str, junit_path: str) -> None:
	"""Writes what was asked for."""
	checks = read_checks(path)
	if json_path:
		with open(json_path, 'w') as out:
			json.dump({'checks': checks}, out, indent=1)
	if junit_path:
		junit.write({'make test': [junit_case(check) for check in checks]}, junit_path)


if __name__ == '__main__':
	main(*sys.argv[1:])
