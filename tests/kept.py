# SPDX-License-Identifier: GPL-2.0
"""
A test that passed is not run again until a file changes on which it depends. Such a test has the
mark depends(), with paths or git's patterns. A test without that mark always runs.
"""

import datetime
import functools
import hashlib
import subprocess
from pathlib import Path
from typing import List, Optional

import pytest

from support import BUILD, TOP, log_name

# What every test depends on: also what tests import, and pytest's configuration
COMMON = ['Makefile', 'suite', ':(glob)tests/[!t]*.py', ':(glob)tests/*.ini']
# What a test depends on that runs the suite in a kernel, ...
FOR_RUN = ['kernel', 'lib', 'tools', 'patches', '.kunitconfig', 'harness/data', ':(glob)harness/*.py',
	   ':(glob)harness/commands/*.py']
# ... or natively, ...
FOR_NATIVE = [*FOR_RUN, 'harness/fuzz', 'harness/conformance']
# ... that tries mutants, ...
FOR_MUTANTS = [*FOR_NATIVE, 'harness/mutants']
# ... or that asks about files, or loads them.
FOR_FILES = [*FOR_NATIVE, 'harness/verdict', 'harness/blobs', 'harness/boot',
	     'harness/guest', ':(glob)tests/*.tsv', ':(glob)tests/*.c']


@functools.cache
def environment() -> str:
	"""Returns the compiler, and the version of the newest kernel: others stay in build/src/."""
	compiler = subprocess.run(['gcc', '--version'], stdout=subprocess.PIPE, check=True).stdout
	newest = BUILD / 'apt/newest'
	return compiler.decode() + (newest.read_text() if newest.exists() else '')


def git(*words: str) -> 'subprocess.CompletedProcess[bytes]':
	"""Runs git in this repository, which may be another user's."""
	return subprocess.run(['git', '-c', 'safe.directory=*', *words], cwd=TOP,
			      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)


@functools.cache
def is_repository() -> bool:
	"""Returns whether git knows the files: it does not in an unpacked archive."""
	return git('rev-parse').returncode == 0


@functools.cache
def files(pattern: str) -> List[str]:
	"""Returns the files that a path or a pattern of git's names, but not those git ignores."""
	names = git('ls-files', '-zco', '--exclude-standard', '--',
		    pattern).stdout.decode().split('\0')[:-1]
	assert names, f'no file of the repository is {pattern}'
	return names


def key(item: pytest.Item) -> Optional[str]:
	"""Returns a hash of all that a test depends on, or None if it has not said what that is."""
	patterns = [pattern for mark in item.iter_markers('depends') for pattern in mark.args]
	if not patterns or not is_repository():
		return None
	names = {str(item.path.relative_to(TOP))}
	names.update(name for pattern in (*COMMON, *patterns) for name in files(pattern))
	digest = hashlib.sha256(environment().encode())
	for name in sorted(names):
		path = TOP / name
		# git lists a file that was deleted until that is committed.
		if path.exists():
			digest.update(f'{name}\n'.encode() + path.read_bytes())
	return digest.hexdigest()


def note(nodeid: str) -> Path:
	"""Returns the file that says that a test passed."""
	return BUILD / 'passed' / log_name(nodeid)


def passed(nodeid: str, with_key: str) -> None:
	"""Notes that a test passed."""
	path = note(nodeid)
	path.parent.mkdir(exist_ok=True)
	path.write_text(f'{with_key} {datetime.date.today()}\n')


def since(nodeid: str, with_key: Optional[str]) -> str:
	"""Returns when a test passed, if nothing has changed since, or ''."""
	path = note(nodeid)
	if not with_key or not path.exists():
		return ''
	found, _, date = path.read_text().strip().partition(' ')
	return date if found == with_key else ''
