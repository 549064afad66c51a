#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# report.py DIRECTORY WHAT PAGE: what make fuzz has done so far, as a page: inputs, and the
# edges of decompress.c and the decoders that they reach, over time. DIRECTORY/runs has a
# line for each run: algorithm, when it began, seconds, inputs, edges.

import collections
import html
import sys
from typing import Dict, List, Tuple

# Seconds, inputs and edges of a run
Run = Tuple[int, int, int]

WIDTH, HEIGHT = 640, 160
COLOURS = ('#1f77b4', '#d62728', '#2ca02c')
STYLE = '''
body { font: 14px sans-serif; margin: 2em } td, th { padding: 2px 1em; text-align: right }
svg { background: #f6f6f6; display: block; margin: 4px 0 16px } th { border-bottom: 1px solid }
'''

def read_runs(path: str) -> Dict[str, List[Run]]:
	"""Returns the runs of each algorithm."""
	runs: Dict[str, List[Run]] = collections.defaultdict(list)
	with open(path) as rows:
		for row in rows:
			algorithm, _, seconds, inputs, edges = row.split()
			runs[algorithm].append((int(seconds), int(inputs), int(edges)))
	return runs

def plot(runs: List[Run], colour: str) -> str:
	"""Returns a line from nothing to what was reached, after so many inputs."""
	total = sum(inputs for _, inputs, _ in runs) or 1
	most = max(edges for _, _, edges in runs) or 1
	points = [(0.0, float(HEIGHT))]
	done = 0
	for _, inputs, edges in runs:
		done += inputs
		points.append((WIDTH * done / total, HEIGHT - (HEIGHT - 10) * edges / most))
	line = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
	return (f'<svg width="{WIDTH}" height="{HEIGHT}"><polyline points="{line}" fill="none" '
		f'stroke="{colour}" stroke-width="2"/></svg>')

def main(args: List[str]) -> int:
	"""Writes the page. Returns the exit status."""
	directory, what, page = args
	runs = read_runs(f'{directory}/runs')
	rows, plots = [], []
	for number, (algorithm, of) in enumerate(runs.items()):
		seconds = sum(run[0] for run in of)
		inputs = sum(run[1] for run in of)
		rows.append(f'<tr><td>{algorithm}</td><td>{inputs:,}</td><td>{seconds:,}</td>'
			    f'<td>{max(run[2] for run in of):,}</td></tr>')
		plots.append(f'<h2>{algorithm}</h2><p>edges reached, over {inputs:,} inputs</p>'
			     + plot(of, COLOURS[number % len(COLOURS)]))
	with open(page, 'w') as out:
		out.write('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
			  f'<title>make fuzz</title><style>{STYLE}</style></head><body>\n'
			  f'<h1>make fuzz: {html.escape(what)}</h1>\n<table><tr><th></th><th>inputs</th>'
			  '<th>seconds</th><th>edges</th></tr>\n' + '\n'.join(rows) + '</table>\n' +
			  '\n'.join(plots) + '\n</body></html>\n')
	return 0


if __name__ == '__main__':
	sys.exit(main(sys.argv[1:]))
