# SPDX-License-Identifier: GPL-2.0
"""The command line: `./suite COMMAND [NAME=value ...] [FILES]`, which `make COMMAND` runs."""

import argparse
import importlib
import os
import re
import signal
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, List, NoReturn, Sequence, Tuple

from harness import base, values
from harness.base import Trouble
from harness.front import COMMANDS, COMMON, GONE, GONE_OF_COMMAND, GONE_VARIABLES, Command


class Parser(argparse.ArgumentParser):
	"""A parser whose errors are those of a command: one line"""

	def error(self, message: str) -> NoReturn:
		raise Trouble(f'{message}; ./suite --help lists the commands')


def parser() -> Parser:
	"""Returns the parser of the command line."""
	top = Parser(
		prog='suite', allow_abbrev=False,
		description='Tests the in-kernel decompression of modules.',
		epilog="'./suite COMMAND --help' lists the variables of a command. 'make COMMAND "
		       "NAME=value' does the same as './suite COMMAND NAME=value'. Exit status: 0 "
		       'success; 1 a test ran and failed; 2 no verdict: the last line says why.')
	commands = top.add_subparsers(dest='command', metavar='COMMAND', required=True)
	for name, command in COMMANDS.items():
		takes = {**command.takes, **COMMON}
		width = max(map(len, takes)) + 3
		one = commands.add_parser(
			name, help=command.what, allow_abbrev=False,
			formatter_class=argparse.RawDescriptionHelpFormatter,
			description=f'{command.what}{f" ({command.more})" if command.more else ""}',
			epilog='\n'.join(textwrap.fill(
				text, 100, initial_indent=f'  {f"{variable}=":{width}}',
				subsequent_indent=' ' * (width + 2)) for variable, text in takes.items()))
		one.add_argument('words', nargs='*', metavar='NAME=value' + (
			' | FILE' if command.files else ''), help='see below')
	return top


def is_known(variable: str) -> bool:
	"""Returns whether any command takes a variable."""
	return any(variable in one.takes for one in COMMANDS.values())


def why_not(name: str, variable: str) -> str:
	"""Returns why a command does not take a variable."""
	if variable in GONE_VARIABLES:
		return f'{variable}= was removed; {GONE_VARIABLES[variable]}'
	if (name, variable) in GONE_OF_COMMAND:
		return f'make {name} takes no {variable}= any more; {GONE_OF_COMMAND[name, variable]}'
	if is_known(variable):
		return f'make {name} takes no {variable}=; ./suite {name} --help lists what it takes'
	return f'{variable}=: no such variable; ./suite {name} --help lists those of make {name}'


def variables(name: str, command: Command, words: Sequence[str]) -> Tuple[Dict[str, str], List[str]]:
	"""
	Returns the variables and the files among the words of a command line. The environment
	provides the variables that the command line does not set.
	"""
	given = {variable: os.environ[variable] for variable in (*command.takes, *COMMON)
		 if os.environ.get(variable)}
	files = []
	for word in words:
		variable, is_set, value = word.partition('=')
		if is_set and re.fullmatch('[A-Z_]+', variable):
			if variable not in command.takes and variable not in COMMON and not (
				command.takes_others and is_known(variable)):
				raise Trouble(why_not(name, variable))
			given[variable] = value
		elif command.files:
			files.append(word)
		else:
			raise Trouble(f'{word}: make {name} takes only NAME=value, with NAME in capitals')
	return given, files


def only_given(given: Dict[str, str], build: Path) -> Dict[str, str]:
	"""Returns the environment, in which the variables of commands are only those in @given."""
	environment = {name: value for name, value in base.environment().items()
		       if name not in COMMON and not is_known(name)}
	return {**environment, **given, 'BUILD': str(build)}


def end_by_signals() -> None:
	"""Makes a signal end this process by an exception, so that it cleans up."""
	def interrupted(*_: Any) -> NoReturn:
		sys.exit(2)

	for one in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
		signal.signal(one, interrupted)


def command_line(argv: Sequence[str]) -> int:
	"""Runs a command and returns the exit status."""
	if argv and argv[0] in GONE:
		raise Trouble(f'make {argv[0]} is now called make {GONE[argv[0]]}')
	args = parser().parse_args(argv)
	command = COMMANDS[args.command]
	given, files = variables(args.command, command, args.words)
	try:
		values.is_yes(given, 'INSTALL', 'yes')
		values.number(given, 'JOBS', 1)
		build = base.build_directory(given.get('BUILD', ''))
		module = importlib.import_module(f'harness.commands.{args.command.replace("-", "_")}')
		return int(module.command(given, build, *([files] if command.files else [])))
	except Trouble as trouble:
		name = str(trouble).partition('=')[0]
		if name in given and not any(word.startswith(f'{name}=') for word in args.words):
			raise Trouble(f'{trouble} ({name} is set in the environment)') from trouble
		raise


def main(argv: Sequence[str]) -> int:
	"""Runs a command and returns the exit status. An error becomes one line on stderr."""
	end_by_signals()
	sys.dont_write_bytecode = True
	return base.verdict(lambda: command_line(argv))
