# SPDX-License-Identifier: GPL-2.0
"""Is the suite green with fixes, and red as shipped, on other machines, compilers and releases?"""

import pytest

from kernels import as_shipped, green, other_is_red, red_without, unknown_to_the_suite
from kept import FOR_RUN
from support import BUILD, make, newest_source

pytestmark = pytest.mark.depends(*FOR_RUN)


@pytest.mark.um
@pytest.mark.long
def test_green_on_UML() -> None:
	green('um')


@pytest.mark.um
@pytest.mark.long
@pytest.mark.parametrize('number', ['0004', '0006'],
			 ids=['of the zstd window', 'of the limit of the output'])
def test_red_on_64_bit_without_the_fix(number: str) -> None:
	red_without('um', number)


@pytest.mark.um
@pytest.mark.long
def test_red_on_UML_as_shipped_exactly_and_all_of_it_known() -> None:
	as_shipped('um')


@pytest.mark.um
def test_green_with_fixes_and_red_as_shipped_in_newest_on_UML() -> None:
	make('run', KERNEL='newest', ARCH='um')
	release = newest_source().name.removeprefix('linux-')
	tree = BUILD / 'tree' / release
	assert not unknown_to_the_suite(f'{release}-um', tree / 'kernel/module/decompress.c')
	other_is_red(KERNEL='newest', ARCH='um')


# On arm kmap_local_page() takes no slot for a page that kmap() has mapped; mips is big endian
@pytest.mark.machines
@pytest.mark.long
@pytest.mark.parametrize('arch', ['arm', 'mips'])
def test_green_on(arch: str) -> None:
	green(arch)


@pytest.mark.machines
@pytest.mark.long
@pytest.mark.parametrize('arch', ['arm', 'mips'])
def test_red_as_shipped_exactly_and_all_of_it_known_on(arch: str) -> None:
	as_shipped(arch)


@pytest.mark.debug
@pytest.mark.long
def test_green_by_LLVM_with_the_debug_options() -> None:
	green(LLVM='1', CONFIG='debug,stats')


@pytest.mark.kernels
@pytest.mark.long
@pytest.mark.parametrize('release', ['6.1', 'newest'])
def test_red_as_shipped_all_of_it_known_in(release: str) -> None:
	other_is_red(KERNEL=release)


@pytest.mark.kernels
@pytest.mark.long
@pytest.mark.parametrize('release', ['6.1', 'newest'])
def test_green_with_fixes_in(release: str) -> None:
	make('run', KERNEL=release)
