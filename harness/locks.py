# SPDX-License-Identifier: GPL-2.0
"""
Locks that last until the process and all that it has started have ended: a child inherits the open
file, so a build that outlives its command still has the lock.
"""

import fcntl
import os
from pathlib import Path

from harness.base import Trouble, patience, say


class Lock:
	"""A file that one command at a time has to itself, or that several share."""

	def __init__(self, path: Path, who: str = '', descriptor: int = -1) -> None:
		"""
		@who is told to those that wait; without it they are not told for whom. @descriptor is
		that of the caller, if it has the file open.
		"""
		self.path = path
		self.who = who
		self.descriptor = descriptor
		if descriptor >= 0:
			return
		path.parent.mkdir(parents=True, exist_ok=True)
		try:
			self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
		except OSError as error:
			raise Trouble(f'{path} cannot be written to') from error
		os.set_inheritable(self.descriptor, True)

	def take(self, shared: bool = False) -> None:
		"""
		Waits for the lock. Taken again, it changes its kind. Who shares it signs only when there
		is nobody else to wait for.
		"""
		kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
		try:
			fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
		except BlockingIOError:
			holder = self.path.read_text(encoding='utf-8').strip()
			say(f'Waiting for {holder or "another run"} to end ...')
			with patience(lambda: 'still waiting'):
				fcntl.flock(self.descriptor, kind)
		if not shared:
			self.sign()

	def sign(self) -> None:
		"""Says for whom others wait."""
		if self.who:
			os.ftruncate(self.descriptor, 0)
			os.pwrite(self.descriptor, f'{self.who}\n'.encode(), 0)

	def release(self) -> None:
		"""Lets others have it, while no child has it any more."""
		os.close(self.descriptor)


def take(path: Path, who: str, shared: bool = False) -> Lock:
	"""Opens a lock and waits for it."""
	lock = Lock(path, who)
	lock.take(shared)
	return lock
