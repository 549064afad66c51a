# SPDX-License-Identifier: GPL-2.0
"""
`make test`: the tests in tests/, which pytest runs. Is the suite green on a fixed kernel, and red
in exactly the cases named in known.tsv where a fix is missing? Does the code meet the kernel's own
checks? Do the commands do what they promise?

Without ALL= or ONLY=, these are the tests that find most in little time. ALL=yes runs all tests, and
ONLY= all tests of a part.
A test that passed is not run again while the files are the same on which it depends; ONLY= runs it.
"""

import configparser
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Dict, List, Sequence

from harness import base, cli, junit, packages, records, values
from harness.base import TOP, Trouble
from harness.kernel import RELEASES, Sources
from harness.values import Given

TESTS = TOP / 'tests'
TOOLS = '''pytest-3 /usr/lib/python3/dist-packages/xdist mypy pyflakes3 shellcheck sparse mandoc sphinx-build
	git parallel unifdef perl cc gcc /usr/include/stdlib.h /usr/include/archive.h
	/usr/include/lzma.h /usr/include/zlib.h /usr/include/zstd.h /usr/include/openssl/evp.h openssl
	bgzip bzip2 cpio dpkg-deb gzip pigz pzstd rpmbuild xz zopfli zstd'''.split()

# Bytes of memory for each test that runs side by side with others
MEMORY = 3 << 30

# What conftest.py writes of each test, a line each
COLUMNS = ('result', 'seconds', 'part', 'name', 'log')


def selected(only: str) -> List[str]:
	"""Returns the parts of ONLY=, or none if all are to run."""
	ini = configparser.ConfigParser()
	ini.read(TESTS / 'pytest.ini')
	parts = ini['pytest']['markers'].split()
	wanted = re.findall(r'[^,\s]+', only)
	for part in wanted:
		if part not in parts:
			raise Trouble(f'ONLY={only}: no part {part}; there are {" ".join(parts)}')
	if only and not wanted:
		raise Trouble(f'ONLY={only}: names no part; there are {" ".join(parts)}')
	return wanted


def junit_case(check: Dict[str, str]) -> junit.Case:
	"""Returns one as JUnit has it, with the end of its log if it failed."""
	if check['result'] != 'FAILED':
		return junit.Case('PASS', check['part'], check['name'], '', check['seconds'])
	log = Path(check['log']).read_text(encoding='utf-8', errors='replace')
	return junit.Case('FAIL', check['part'], check['name'],
			  '\n'.join(log.splitlines()[-50:]), check['seconds'])


def workers() -> int:
	"""Returns how many tests run side by side: each may build a kernel, or boot one."""
	memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
	return max(1, min(os.cpu_count() or 1, memory // MEMORY))


def run(selection: Sequence[str], given: Given, build: Path) -> List[Dict[str, str]]:
	"""Runs the tests that pytest's options select, and returns a record for each."""
	logs = build / 'test'
	shutil.rmtree(logs, ignore_errors=True)
	logs.mkdir()
	checks = logs / 'checks'
	# The tests are about one kernel; the caller's choice is for other commands.
	kept = {name: given[name] for name in ('JOBS', 'INSTALL') if name in given}
	ended = subprocess.run(
		['pytest-3', '-c', TESTS / 'pytest.ini', f'--checks={checks}', f'-n{workers()}',
		 '--dist=loadgroup', *selection, TESTS], stdin=subprocess.DEVNULL, check=False,
		env={**cli.only_given(kept, build), 'PYTHONDONTWRITEBYTECODE': '1'})
	if ended.returncode not in (0, 1):
		raise Trouble('test: pytest has failed, see above')
	return [dict(zip(COLUMNS, row)) for row in base.rows(checks)]


def command(given: Given, build: Path) -> int:
	"""Runs the tests. Returns 0 if all passed, or 1."""
	parts = selected(given.get('ONLY', ''))
	everything = values.is_yes(given, 'ALL', 'no')
	json_path, junit_path = values.path(given, 'JSON'), values.path(given, 'JUNIT')
	may_install = values.is_yes(given, 'INSTALL', 'yes')
	base.writable(json_path, junit_path)
	began, key = time.monotonic(), records.key()
	packages.need(TOOLS, may_install)
	packages.need_libclang(may_install)
	sources = Sources(build, may_install)
	if parts:
		releases, selection = ['6.12'], ['--again', '-m', ' or '.join(parts)]
	elif everything:
		releases, selection = list(RELEASES), []
	else:
		releases, selection = ['6.12', 'newest'], ['-m', 'not long']
	for release in releases:
		sources.find(release)
	checks = run(selection, given, build)
	if json_path:
		with base.writing('JSON', json_path):
			json_path.write_text(json.dumps({'checks': checks}, indent=1))
	if junit_path:
		with base.writing('JUNIT', junit_path):
			junit.write({'make test': [junit_case(check) for check in checks]},
				    str(junit_path))
	failed = sum(check['result'] == 'FAILED' for check in checks)
	kept = sum(check['result'] == 'kept' for check in checks)
	if not parts and not kept:
		minutes = int(time.monotonic() - began) // 60
		records.record(build, f'make test{" ALL=yes" if everything else ""}',
			       f'{len(checks) - failed} passed, {failed} failed; {minutes} min', key)
	return int(failed > 0)
