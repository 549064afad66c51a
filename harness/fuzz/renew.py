#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
renew.py [KERNEL]: writes corpus/ anew, from the inputs that `make fuzz` of that kernel, or of the
newest, has found.
"""

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from harness import base, cli
from harness.base import Trouble
from harness.commands.fuzz import Fuzzers
from harness.commands.run import Options
from harness.fuzz import corpus


def main(kernel: str = 'newest') -> int:
	"""Lets libFuzzer select the fewest and smallest inputs that reach the same code."""
	try:
		build = base.build_directory(os.environ.get('BUILD', ''))
		fuzzers = Fuzzers(Options(build, kernel, jobs=os.cpu_count() or 1))
	except Trouble as error:
		base.refuse(error)
		return 2
	for algorithm in fuzzers.prepare():
		merged = fuzzers.directory / 'merged'
		shutil.rmtree(merged, ignore_errors=True)
		merged.mkdir()
		with base.patience():
			fuzzers.run(algorithm, fuzzers.log, '-merge=1', merged,
				    *fuzzers.inputs(algorithm))
		corpus.pack(algorithm, merged)
		sizes = [path.stat().st_size for path in merged.iterdir()]
		print(f'{algorithm}: {len(sizes)} inputs, {sum(sizes)} bytes')
	return 0


if __name__ == '__main__':
	cli.end_by_signals()
	sys.exit(main(*sys.argv[1:]))
