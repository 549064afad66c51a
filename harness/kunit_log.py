# SPDX-License-Identifier: GPL-2.0
#
# Reads a guest's log by the kernel's own kunit_parser, in whatever release.

import importlib
import inspect
import os
import re
import sys
from typing import Any, Iterable, List, Tuple


def parse(kunit: str, lines: Iterable[str]) -> Any:
	"""Returns the tests in the lines, as the kunit_parser in that directory has them."""
	sys.dont_write_bytecode = True
	if kunit not in sys.path:
		sys.path.insert(0, kunit)
	kunit_parser: Any = importlib.import_module('kunit_parser')
	kunit_printer = importlib.import_module('kunit_printer')
	with open(os.devnull, 'w') as nowhere:
		printer = kunit_printer.Printer(output=nowhere)
		# Later ones are told where to print; earlier ones have a printer of their own.
		if len(inspect.signature(kunit_parser.parse_run_tests).parameters) > 1:
			return kunit_parser.parse_run_tests(lines, printer)
		kunit_parser.stdout = printer
		return kunit_parser.parse_run_tests(lines)

def messages(log: List[str]) -> List[Tuple[str, str]]:
	"""Returns the failed expectations in a test's log: where each is, and what it says."""
	found = []
	for number, line in enumerate(log):
		where = re.search('(?:EXPECTATION|ASSERTION) FAILED at (\\S+)', line)
		if where:
			text = (log[number + 1:number + 2] or [line])[0].strip()
			found.append((where[1], text))
	return found

def cause(where: str, text: str) -> str:
	"""Returns the rule or the check that the suite names in brackets, or the expectation."""
	rule = re.search(r'\[([a-z][^]]*)\]', text)
	return rule[1] if rule else f'{where}: {text}'
