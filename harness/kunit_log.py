# SPDX-License-Identifier: GPL-2.0
#
# Reads a guest's log with the kunit_parser of the kernel that is tested.

import importlib
import inspect
import os
import re
import sys
from typing import Any, Iterable, List, Tuple


def parse(kunit: str, lines: Iterable[str]) -> Any:
	"""Returns the tests in the lines. @kunit is the directory of the kunit_parser."""
	sys.dont_write_bytecode = True
	if kunit not in sys.path:
		sys.path.insert(0, kunit)
	kunit_parser: Any = importlib.import_module('kunit_parser')
	kunit_printer = importlib.import_module('kunit_printer')
	with open(os.devnull, 'w') as nowhere:
		printer = kunit_printer.Printer(output=nowhere)
		# Newer parsers take a printer. Older ones use a global one.
		if len(inspect.signature(kunit_parser.parse_run_tests).parameters) > 1:
			return kunit_parser.parse_run_tests(lines, printer)
		kunit_parser.stdout = printer
		return kunit_parser.parse_run_tests(lines)

def messages(log: List[str]) -> List[Tuple[str, str]]:
	"""Returns the failed expectations in a test's log: the place and the message of each."""
	found = []
	for number, line in enumerate(log):
		where = re.search('(?:EXPECTATION|ASSERTION) FAILED at (\\S+)', line)
		if where:
			text = (log[number + 1:number + 2] or [line])[0].strip()
			found.append((where[1], text))
	return found

def cause(where: str, text: str) -> str:
	"""Returns the rule or check that the message names in brackets, or else the expectation."""
	rule = re.search(r'\[([a-z][^]]*)\]', text)
	return rule[1] if rule else f'{where}: {text}'
