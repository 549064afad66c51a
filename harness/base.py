# SPDX-License-Identifier: GPL-2.0
"""
What all commands share: the build directory, messages and signs of progress, errors, and how they
run programs and write files.

Progress goes to stderr, results go to stdout.
"""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Callable, Dict, Iterator, List, NoReturn, Optional, Sequence, Union

TOP = Path(__file__).resolve().parent.parent

# Seconds between two signs of progress
PATIENCE = 5

# The tag of a directory that may be deleted, and its content; see https://bford.info/cachedir/
TAG = 'CACHEDIR.TAG'
CACHEDIR_TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n'

# Flags and variables of the make that calls us. The makes that we call must not see them.
MAKES_OWN = ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'ARCH', 'CROSS_COMPILE')

Arg = Union[str, Path]


class Trouble(Exception):
	"""There is no verdict. The message says what is wrong and what to do."""


def say(line: str) -> None:
	"""Prints a line of progress, unless stderr is closed or full."""
	if sys.stderr:
		with contextlib.suppress(OSError):
			print(line, file=sys.stderr, flush=True)


def refuse(error: Trouble, who: str = 'suite') -> None:
	"""Prints the error as one line on stderr."""
	say(f'{who}: {error}'.replace('\n', ' '))


def verdict(work: Callable[[], int]) -> int:
	"""
	Returns what @work returns. If it raises an error, prints it in one line and returns 2. For an
	error that only a bug in the harness can cause, prints where that is, too.
	"""
	try:
		return work()
	except Trouble as error:
		if sys.stdout:
			sys.stdout.flush()
		refuse(error)
	except OSError as error:
		say(f'suite: {f"{error.filename}: " if error.filename else ""}{error.strerror}')
	except Exception as error:  # pylint: disable=broad-except
		say(traceback.format_exc())
		say(f'suite: {type(error).__name__}: {error}; this is a bug in harness/, please report '
		    'the lines above')
	return 2


@contextlib.contextmanager
def patience(still: Callable[[], str] = lambda: 'still running') -> Iterator[None]:
	"""While the block runs, prints every few seconds what @still returns."""
	ended = threading.Event()

	def tick() -> None:
		while not ended.wait(PATIENCE):
			say(f'  {still()}')

	ticker = threading.Thread(target=tick, daemon=True)
	ticker.start()
	try:
		yield
	finally:
		ended.set()
		ticker.join()


def apart(work: Callable[[], int], log: Optional[Path] = None,
	  still: Optional[Callable[[], str]] = None) -> int:
	"""
	Runs @work in a child process and returns its exit status. The locks that @work takes are
	released when the child ends. With @log, its output goes to that file. With @still, prints
	progress as patience() does.
	"""
	def child() -> NoReturn:
		if log:
			with log.open('w', encoding='utf-8') as out:
				os.dup2(out.fileno(), 1)
				os.dup2(out.fileno(), 2)
		sys.exit(verdict(work))

	process = multiprocessing.get_context('fork').Process(target=child, daemon=True)
	process.start()
	with patience(still) if still else contextlib.nullcontext():
		process.join()
	return process.exitcode if process.exitcode in (0, 1) else 2


def environment(**more: str) -> Dict[str, str]:
	"""Returns the environment for programs, without the variables of a make that calls us."""
	kept = {name: value for name, value in os.environ.items() if name not in MAKES_OWN}
	return {**kept, 'LC_ALL': 'C', **more}


def run(command: Sequence[Arg], *, cwd: Optional[Path] = None,
	both: bool = False) -> 'subprocess.CompletedProcess[str]':
	"""
	Runs a program without input and captures its stdout; with @both also its stderr. The program
	inherits the locks, so that they last as long as it runs.
	"""
	return subprocess.run([str(word) for word in command], cwd=cwd, text=True, errors='replace',
			      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
			      stderr=subprocess.STDOUT if both else None, env=environment(),
			      close_fds=False, check=False)


def output(command: Sequence[Arg], *, cwd: Optional[Path] = None) -> str:
	"""Returns the output of a program, or an empty string if it fails."""
	try:
		ended = subprocess.run([str(word) for word in command], cwd=cwd, text=True,
				       errors='replace', stdin=subprocess.DEVNULL,
				       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
				       env=environment(), check=False)
	except OSError:
		return ''
	return ended.stdout.strip() if ended.returncode == 0 else ''


def logged(command: Sequence[Arg], log: Path, *, cwd: Optional[Path] = None, **more: str) -> int:
	"""Runs a program without input, with its output in @log and @more in its environment."""
	with log.open('w', encoding='utf-8') as out:
		return subprocess.run([str(word) for word in command], cwd=cwd, stdout=out, stderr=out,
				      stdin=subprocess.DEVNULL, env=environment(**more),
				      close_fds=False, check=False).returncode


def place(path: Path) -> str:
	"""Returns a path for a message: build/NAME if it is in this repository."""
	return str(path.relative_to(TOP) if path.is_relative_to(TOP) else path)


def shown(command: Sequence[Arg], log: Path, *, cwd: Optional[Path] = None) -> int:
	"""Runs a program, shows its output and appends it to @log. Returns its exit status."""
	with log.open('a', encoding='utf-8') as copy, \
	     subprocess.Popen([str(word) for word in command], cwd=cwd, text=True, errors='replace',
			      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
			      stderr=subprocess.STDOUT, bufsize=1, close_fds=False,
			      env=environment()) as program:
		assert program.stdout
		for line in program.stdout:
			copy.write(line)
			copy.flush()
			sys.stdout.write(line)
			sys.stdout.flush()
	return program.returncode


def build_directory(given: str) -> Path:
	"""
	Returns the build directory, and creates it if it is missing. Refuses a directory that has
	other files in it, because `make clean` removes the whole directory.
	"""
	path = Path(given or TOP / 'build')
	with contextlib.suppress(OSError):
		path.mkdir(parents=True, exist_ok=True)
	if not path.is_dir() or not os.access(path, os.W_OK):
		raise Trouble(f'cannot write to {path}; give another directory: BUILD=DIRECTORY')
	path = path.resolve()
	tag = path / TAG
	# Look before testing for the tag: another command that is creating the directory writes the
	# tag first.
	others = any(path.iterdir())
	if not tag.exists():
		if path != TOP / 'build' and others:
			raise Trouble(f'BUILD={path}: the directory has other files in it; give a new or '
				      'an empty one')
		tag.write_text(CACHEDIR_TAG)
	return path


def one_file(one: Path, other: Path) -> bool:
	"""Returns whether two names lead to the same file."""
	return os.path.exists(one) and os.path.exists(other) and one.samefile(other)


def has_results(path: Path) -> bool:
	"""Returns whether a file is empty, or begins as JSON or XML does."""
	with path.open('rb') as results:
		return results.read(1) in (b'', b'{', b'<')


def writable(*paths: Optional[Path]) -> None:
	"""
	Checks before any work that the files for the results can be written. Removes the file of an
	earlier run, but neither a symbolic link nor a device. Refuses a file with other content,
	which may be one of the user's sources.
	"""
	given = [path for path in paths if path]
	for number, path in enumerate(given):
		if any(os.path.realpath(path) == os.path.realpath(other) or one_file(path, other)
		       for other in given[:number]):
			raise Trouble(f'JSON= and JUNIT= both name {given[0]}; give two files')
	try:
		for path in given:
			if path.is_file() and not has_results(path):
				raise Trouble(f'{path} exists, and has no results of an earlier run; '
					      'give another file for JSON= or JUNIT=, or remove it')
		for path in given:
			with path.open('ab'):
				pass
			if path.is_file() and not path.is_symlink():
				path.unlink()
	except OSError as error:
		raise Trouble(f'cannot write to {path}: {error.strerror}') from error


@contextlib.contextmanager
def writing(name: str, path: Path) -> Iterator[None]:
	"""If the block cannot write the file, names the variable @name in the error."""
	try:
		yield
	except OSError as error:
		raise Trouble(f'cannot write to {name}={path}: {error.strerror}') from error


def text(path: Path) -> str:
	"""Returns the content of a file of the user's, which must be text."""
	try:
		return path.read_text(encoding='utf-8')
	except UnicodeDecodeError as error:
		raise Trouble(f'{path}: this is not text in UTF-8') from error


def put(new: Path, path: Path) -> None:
	"""
	Moves @new to @path if the content differs; otherwise @path keeps its date, and make rebuilds
	nothing. It is a rename, so neither an interrupted run nor a hard link to the old file has half
	of the new content.
	"""
	if path.is_file() and not path.is_symlink() and new.read_bytes() == path.read_bytes():
		new.unlink()
	else:
		new.replace(path)


def write(path: Path, text: str) -> None:
	"""Writes a file by a rename: it has either its old or its new content."""
	new = path.with_name(f'{path.name}.{os.getpid()}')
	new.write_text(text, encoding='utf-8')
	new.replace(path)


def rows(path: Path) -> List[List[str]]:
	"""Returns the rows of a table. Tabs separate the fields; a comment begins with "#"."""
	with path.open(encoding='utf-8') as lines:
		return [line.rstrip('\n').split('\t') for line in lines
			if line.strip() and not line.startswith('#')]
