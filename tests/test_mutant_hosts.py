# SPDX-License-Identifier: GPL-2.0
"""
`make mutants HOSTS=...` with two simulated hosts: a stand-in for ssh runs here what GNU parallel
sends to a host. On each host, another harness/ is mounted over this clone. One host dies while it
runs mutants.

Without the right to mount, both hosts share this clone, and the test does not show what files a
host needs.
"""

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import List

import pytest

from kept import FOR_MUTANTS
from support import BUILD, TOP, make, script

pytestmark = [pytest.mark.mutants, pytest.mark.depends(*FOR_MUTANTS)]

MUTANTS = BUILD / 'mutants'

# After the options come the host, and words for its shell. The words run in a session, which is
# killed when the host dies. sshd sets SHELL; without it GNU parallel runs nothing on a host.
SSH = r'''
while :; do
	case $1 in
	-[oleip]) shift 2 ;;
	-*) shift ;;
	*) break ;;
	esac
done
host=$1
shift
[ "$1" != -- ] || shift
export SHELL=/bin/sh
[ ! -e "$dir/$host.dead" ] || exit 255
if [ -d "$dir/$host" ]; then
	set -- "mount --bind '$dir/$host' '$top' && cd / && $*"
	exec setsid --wait unshare --mount sh -c "echo \$\$ >>'$dir/$host.pids'; $*"
fi
exec setsid --wait sh -c "echo \$\$ >>'$dir/$host.pids'; $*"
'''


def verdicts() -> List[str]:
	"""Returns the verdicts of the last run."""
	report = json.loads((MUTANTS / 'report.json').read_text())
	return [' '.join([mutant['what'], mutant['fate'], *mutant['cases']])
		for mutant in report['mutants']]


def on_second(command: str, directory: Path, argument: str) -> bool:
	"""Runs pgrep or pkill on the processes of the second host."""
	sessions = ','.join((directory / 'second.pids').read_text().split())
	return subprocess.run([command, '--session', sessions, argument], check=False,
			      stdout=subprocess.DEVNULL).returncode == 0


def kill_second(directory: Path, ended: threading.Event) -> None:
	"""Lets the second host die while it runs QEMU."""
	while not ended.wait(0.2):
		if (directory / 'second.pids').exists() and \
		   on_second('pgrep', directory, 'qemu-system'):
			(directory / 'second.dead').touch()
			on_second('pkill', directory, '-KILL')
			return


def may_mount(directory: Path) -> bool:
	"""Returns whether another harness/ can be mounted over this clone."""
	return subprocess.run(['unshare', '--mount', 'mount', '--bind', directory, directory],
			      stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.long
@pytest.mark.usefixtures('sample')
def test_mutants_boot_on_other_hosts_and_survive_them(tmp_path: Path) -> None:
	patches = tmp_path / 'patches'
	patches.mkdir()
	for number in 1, 2, 3, 4, 6, 7:
		shutil.copy(TOP / f'harness/mutants/history/000{number}.patch', patches)
	if may_mount(tmp_path):
		for host in 'first', 'second':
			shutil.copytree(TOP / 'harness', tmp_path / host / 'harness')
	script(tmp_path / 'bin/ssh', f"dir='{tmp_path}' top='{TOP}'", SSH)

	def verdicts_on(hosts: str) -> List[str]:
		make('mutants', MUTANTS=patches, HOSTS=hosts, path=tmp_path / 'bin')
		return verdicts()

	alone = verdicts_on('')
	for ident in [row.split('\t')[0] for row in (MUTANTS / 'list').read_text().splitlines()]:
		for log in (MUTANTS / 'log').glob(f'{ident}-*'):
			log.unlink()

	ended = threading.Event()
	killer = threading.Thread(target=kill_second, args=(tmp_path, ended))
	killer.start()
	try:
		spread = verdicts_on('first,second')
	finally:
		ended.set()
		killer.join()

	assert (tmp_path / 'second.dead').exists(), 'the second host was given nothing'
	hosts = [row.split('\t')[1] for row in (MUTANTS / 'joblog').read_text().splitlines()[1:]]
	assert len([host for host in hosts if 'first' in host]) == 6, hosts
	assert spread == alone
