# SPDX-License-Identifier: GPL-2.0
#
# Reads a guest's log by the kernel's own kunit_parser, in whatever release.

import inspect
import os
import sys
from typing import Any, Iterable


def parse(kunit: str, lines: Iterable[str]) -> Any:
	"""Returns the tests in the lines, as the kunit_parser in that directory has them."""
	# pylint: disable=import-error,import-outside-toplevel
	sys.dont_write_bytecode = True
	if kunit not in sys.path:
		sys.path.insert(0, kunit)
	import kunit_parser
	import kunit_printer
	with open(os.devnull, 'w') as nowhere:
		printer = kunit_printer.Printer(output=nowhere)
		# Later ones are told where to print; earlier ones have a printer of their own.
		if len(inspect.signature(kunit_parser.parse_run_tests).parameters) > 1:
			return kunit_parser.parse_run_tests(lines, printer)
		kunit_parser.stdout = printer
		return kunit_parser.parse_run_tests(lines)
