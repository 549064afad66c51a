# SPDX-License-Identifier: GPL-2.0
#
# The page of `make mutants`: each line of decompress.c with its mutants.

import collections
import html
from typing import Dict, List

from harness.mutants.verdicts import FATES, Mutant, explanation
from harness.page import page, tag

STYLE = '''\
body { max-width: 110em }
pre, code, .line { font: 13px monospace; white-space: pre }
.code { display: inline-block; tab-size: 8 }
.number { color: #888; display: inline-block; width: 3.5em }
.fates { display: inline-block; width: 9em }
b { border-radius: 3px; padding: 0 4px; margin-right: 2px; color: #fff }
.caught { background: #2a7d3b } .crashed { background: #8a5a00 } .hung { background: #8a5a00 }
.survived { background: #c00 } .equivalent, .same { background: #667 } .not { background: #aaa }
details ul { margin: 2px 0 6px 13em; font-size: 13px } summary { list-style: none; cursor: pointer }
summary:hover { background: #eef }
'''

def fate_mark(fate: str, text: str) -> str:
	"""Returns a coloured mark for a fate."""
	return f'<b class="{fate}" title="{fate}">{html.escape(text)}</b>'

def html_line(number: int, text: str, mutants: List[Mutant]) -> str:
	"""Returns one line of decompress.c with its mutants."""
	count = collections.Counter(m.fate for m in mutants)
	marks = ''.join(fate_mark(fate, str(count[fate])) for fate in FATES if count[fate])
	head = (tag('span', str(number), 'number') + tag('span', marks, 'fates') +
		tag('span', html.escape(text), 'code'))
	if not mutants:
		return tag('div', head, 'line')
	items = [tag('li', f'{fate_mark(mutant.fate, mutant.fate)} '
		     f'{tag("code", html.escape(mutant.what))} {html.escape(explanation(mutant))}')
		 for mutant in sorted(mutants, key=lambda m: FATES.index(m.fate))]
	is_open = ' open' if count['survived'] else ''
	return f'<details{is_open}>{tag("summary", head, "line")}{tag("ul", "".join(items))}</details>'

def html_page(source: str, mutants: List[Mutant], text: str) -> str:
	"""Returns the report as a page."""
	by_line: Dict[int, List[Mutant]] = collections.defaultdict(list)
	for mutant in mutants:
		by_line[mutant.line].append(mutant)
	with open(source) as lines:
		body = '\n'.join(html_line(number, line.rstrip('\n'), by_line[number])
				 for number, line in enumerate(lines, 1))
	legend = ('The numbers beside a line count its mutants by their fate; '
		  f'a click shows them: {" ".join(fate_mark(f, f) for f in FATES)}')
	return page('Mutants of kernel/module/decompress.c', STYLE, '\n'.join([
		tag('pre', html.escape(text)), tag('p', legend), body]))
