# SPDX-License-Identifier: GPL-2.0
"""Helpers of the tests: run a command, and check its exit status and its messages."""

import csv
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Union

TOP = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get('BUILD') or TOP / 'build').resolve()
LOGS = BUILD / 'test'
KERNEL = '6.12'
TREE = BUILD / 'tree' / KERNEL
KUNIT_PY = TOP / 'tools/testing/kunit/kunit.py'

Arg = Union[str, Path]

# Lines that make itself prints if a recipe fails
MAKES_OWN = re.compile(r'make.*: (\*\*\*|Entering|Leaving)|Makefile:.*: \*\*\* not done')


def newest_source() -> Path:
	"""Returns the newest kernel source that was downloaded."""
	return max((BUILD / 'src').glob('linux-*'),
		   key=lambda path: [int(part) for part in path.name[6:].split('.')])


def words(nodeid: str) -> str:
	"""Returns the name of a test as a sentence: test_a_sentence[x] is "a sentence: x"."""
	# pytest-xdist adds the group, after an "@".
	nodeid = re.sub(r'@\w+$', '', nodeid.split('::')[-1])
	name, _, parameter = nodeid.removeprefix('test_').partition('[')
	return name.replace('_', ' ') + (': ' + parameter[:-1] if parameter else '')


def log_name(nodeid: str) -> str:
	"""Returns the name of a test as that of a file."""
	return re.sub('[^A-Za-z0-9]+', '_', words(nodeid))


class Result:
	"""A command that has ended."""

	def __init__(self, command: Sequence[str],
		     ended: 'subprocess.CompletedProcess[str]') -> None:
		self.command = shlex.join(command)
		self.status = ended.returncode
		self.out = ended.stdout
		self.err = ended.stderr
		self.text = self.out + self.err

	def has(self, pattern: str) -> bool:
		"""Returns whether a line of the output matches this regular expression."""
		return re.search(pattern, self.text, re.MULTILINE) is not None


def run(*command: Arg, status: Optional[int] = 0, env: Optional[Dict[str, str]] = None,
	path: Optional[Arg] = None, cwd: Arg = TOP) -> Result:
	"""
	Runs a command, prints its output, and returns its result. The exit status must be @status,
	unless @status is None. @env is added to the environment, and the directory @path comes
	first in PATH.
	"""
	words = [str(word) for word in command]
	environment = {**os.environ, **(env or {})}
	if path:
		environment['PATH'] = f'{path}:{environment["PATH"]}'
	print('$', shlex.join(words), flush=True)
	ended = subprocess.run(words, env=environment, cwd=cwd, text=True, errors='replace',
			       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
			       stderr=subprocess.PIPE, check=False)
	print(ended.stdout + ended.stderr, flush=True)
	result = Result(words, ended)
	assert status in (None, result.status), \
		f'exit status {result.status}, not {status}: {result.command}'
	return result


def make(command: str, given: Optional[Dict[str, Arg]] = None, *, status: Optional[int] = 0,
	 env: Optional[Dict[str, str]] = None, path: Optional[Arg] = None, cwd: Arg = TOP,
	 **variables: Arg) -> Result:
	"""Runs `make COMMAND NAME=value ...` with the variables, and those in @given; see run()."""
	return run('make', '--no-print-directory', command,
		   *(f'{name}={value}' for name, value in {**(given or {}), **variables}.items()),
		   status=status, env=env, path=path, cwd=cwd)


def says_why(result: Result, text: str) -> None:
	"""Checks that a command was refused in one line that contains @text."""
	lines = [line for line in result.err.splitlines() if not MAKES_OWN.match(line)]
	assert result.status == 2, f'exit status {result.status}, not 2: {result.command}'
	assert len(lines) == 1, f'not one line, but {lines}: {result.command}'
	assert text in lines[0], f'no "{text}" in "{lines[0]}": {result.command}'


def refused(text: str, command: str, *, env: Optional[Dict[str, str]] = None,
	    cwd: Arg = TOP, **variables: Arg) -> None:
	"""Checks that `make COMMAND NAME=value ...` exits with 2 and one line with @text."""
	says_why(make(command, variables, status=None, env=env, cwd=cwd), text)


def script(path: Path, *lines: str) -> Path:
	"""Makes a shell script of these lines, and returns its path."""
	path.parent.mkdir(parents=True, exist_ok=True)
	path.write_text('\n'.join(['#!/bin/sh', *lines, '']))
	path.chmod(0o755)
	return path


def clone(path: Path) -> Path:
	"""Copies this repository, and returns the path of the copy."""
	return Path(shutil.copytree(TOP, path, symlinks=True, ignore=shutil.ignore_patterns(
		'build', '.git', '.kunit', '__pycache__')))


def rows(table: Path) -> List[List[str]]:
	"""Returns the rows of a table: fields between tabs, comments begin with "#"."""
	with open(table, encoding='utf-8', newline='') as lines:
		return list(csv.reader((line for line in lines
					if line.strip() and not line.startswith('#')),
				       delimiter='\t', quoting=csv.QUOTE_NONE))
