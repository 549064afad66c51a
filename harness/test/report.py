#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# report.py CHECKS JSON JUNIT: what test.sh wrote of its checks, as either or both.

import json
import sys
import xml.etree.ElementTree as ET
from typing import Dict, List

COLUMNS = ('result', 'seconds', 'part', 'name', 'log')


def read_checks(path: str) -> List[Dict[str, str]]:
	"""Returns a record for each check."""
	with open(path) as rows:
		return [dict(zip(COLUMNS, row.rstrip('\n').split('\t'))) for row in rows]

def write_junit(checks: List[Dict[str, str]], path: str) -> None:
	"""Writes them as JUnit has them, with the end of the log of each that failed."""
	failures = sum(check['result'] != 'ok' for check in checks)
	suite = ET.Element('testsuite', name='make test', tests=str(len(checks)),
			   failures=str(failures))
	for check in checks:
		case = ET.SubElement(suite, 'testcase', classname=check['part'],
				     name=check['name'], time=check['seconds'])
		if check['result'] != 'ok':
			with open(check['log'], errors='replace') as log:
				text = ''.join(log.readlines()[-50:])
			ET.SubElement(case, 'failure').text = ''.join(
				c if c.isprintable() or c in '\t\n' else '\ufffd' for c in text)
	ET.ElementTree(suite).write(path, encoding='utf-8', xml_declaration=True)

def main(path: str, json_path: str, junit_path: str) -> None:
	"""Writes what was asked for."""
	checks = read_checks(path)
	if json_path:
		with open(json_path, 'w') as out:
			json.dump({'checks': checks}, out, indent=1)
	if junit_path:
		write_junit(checks, junit_path)


if __name__ == '__main__':
	main(*sys.argv[1:])
