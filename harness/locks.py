# SPDX-License-Identifier: GPL-2.0
"""
Locks that last until the process and all its children have ended. A child inherits the open file,
so a build that outlives its command still holds the lock.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path

from harness.base import Trouble, patience, say

# How many seconds to wait for a lock without a word
MOMENT = 0.3


class Lock:
	"""A lock file, which one command holds alone, or several share."""

	def __init__(self, path: Path, who: str = '', descriptor: int = -1) -> None:
		"""
		@who is the name of the holder, which a command that waits prints. @descriptor is that of
		the open file, if the caller has opened it.
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
			raise Trouble(f'cannot write to {path} (another user made it?); give another '
				      'directory: BUILD=DIRECTORY') from error
		os.set_inheritable(self.descriptor, True)

	def take(self, shared: bool = False) -> None:
		"""
		Waits for the lock. If it is already taken, changes it between shared and exclusive. Writes
		@who to the file if the lock is exclusive; if it is shared, the caller does so by sign().
		"""
		kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
		if not self.taken_soon(kind):
			holder = self.path.read_text(encoding='utf-8').strip()
			say(f'Waiting for {holder or "another run"} to end ...')
			with patience(lambda: 'still waiting'):
				fcntl.flock(self.descriptor, kind)
		if not shared:
			self.sign()

	def taken_soon(self, kind: int) -> bool:
		"""Tries for a moment to take the lock. Returns whether that succeeded."""
		end = time.monotonic() + MOMENT
		while True:
			with contextlib.suppress(BlockingIOError):
				fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
				return True
			if time.monotonic() > end:
				return False
			time.sleep(MOMENT / 20)

	def sign(self) -> None:
		"""Writes @who to the file, for commands that wait."""
		if self.who:
			os.ftruncate(self.descriptor, 0)
			os.pwrite(self.descriptor, f'{self.who}\n'.encode(), 0)

	def release(self) -> None:
		"""Releases the lock, unless a child still holds it."""
		os.close(self.descriptor)


def take(path: Path, who: str, shared: bool = False) -> Lock:
	"""Opens a lock and waits for it."""
	lock = Lock(path, who)
	lock.take(shared)
	return lock
