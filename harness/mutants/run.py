#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
run.py sample		tries a sample of the mutants, for `make test`
run.py right [sample] [debug]	tries the right changes only, or a sample of them; with debug, in
			a kernel with the debug options
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import base, cli, values
from harness.base import Trouble
from harness.commands import mutants
from harness.front import COMMANDS
from harness.mutants.work import Work


def main(*args: str) -> int:
	"""Does what the arguments say, and returns the exit status."""
	try:
		given, _ = cli.variables('mutants', COMMANDS['mutants'], [])
		work = Work(base.build_directory(given.get('BUILD', '')), values.jobs(given),
			    right='right' in args, sample='sample' in args, debug='debug' in args,
			    may_install=values.is_yes(given, 'INSTALL', 'yes'))
		return mutants.run(work) if work.right else mutants.run_all(work)
	except Trouble as error:
		base.refuse(error)
		return 2


if __name__ == '__main__':
	cli.end_by_signals()
	sys.exit(main(*sys.argv[1:]))
