# SPDX-License-Identifier: GPL-2.0
"""`make bots`: runs the suite as CI bots run it."""

import random
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List

from harness import base, packages, values
from harness.base import Trouble
from harness.bots.kernelci import run_kernelci
from harness.bots.module import run_module
from harness.bots.randconfig import run_0day
from harness.commands import run
from harness.kernel import Sources
from harness.machine import machine
from harness.values import Given

# The machines of each bot
BOTS = {'module': ('um', 'i386'), 'kernelci': ('x86_64', 'i386'), '0day': ('x86_64', 'i386')}


def bots_of(given: Given) -> List[str]:
	"""Returns the bots of BOTS=. Refuses variables that do not go with them."""
	names = ' '.join(BOTS)
	wanted, arch = given.get('BOTS') or names, given.get('ARCH')
	bots = wanted.replace(',', ' ').split()
	if not bots:
		raise Trouble(f'BOTS={wanted}: names no bot; give some of {names}')
	for bot in bots:
		if bot not in BOTS:
			raise Trouble(f'BOTS={wanted}: no bot {bot}; give some of {names}')
	if '0day' not in bots and (given.get('SEED') or given.get('CONFIGS')):
		raise Trouble('SEED= and CONFIGS= need BOTS=0day')
	if arch and not all(arch in BOTS[bot] for bot in bots):
		raise Trouble(f'ARCH={arch}: not for BOTS={wanted}; module runs on um and i386, kernelci '
			      'and 0day on i386 and x86_64')
	return bots


def command(given: Given, build: Path) -> int:
	"""Runs each bot in a separate process. Returns the worst of their exit statuses."""
	bots = bots_of(given)
	configs = values.number(given, 'CONFIGS', 30)
	seed = given.get('SEED') or str(random.randrange(1 << 16))
	if not re.fullmatch('0|[1-9][0-9]{0,8}', seed):
		raise Trouble(f'SEED={seed}: must be a number of up to nine digits')
	arch = given.get('ARCH', '')
	options = run.options_of(given, build)
	# Refuse here what would stop each process, and install nothing for a wrong KERNEL=.
	Sources(build, options.may_install).find(options.kernel)
	for name in sorted({arch or BOTS[bot][0] for bot in bots}):
		packages.need_for_kernel(machine(name), options.llvm or '0day' in bots,
					 options.may_install)
	as_module = replace(options, arch=arch or 'um')
	work: Dict[str, List[Callable[[], int]]] = {
		'module': [partial(run_module, as_module, kunit) for kunit in 'ym'],
		'kernelci': [partial(run_kernelci, replace(options, arch=arch or 'x86_64'))],
		'0day': [partial(run_0day, options, arch, int(seed), configs)]}
	return max(base.apart(one) for bot in bots for one in work[bot])
