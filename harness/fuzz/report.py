#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# report.py DIRECTORY WHAT PAGE: what make fuzz has done so far, as a page: inputs, and the
# edges of decompress.c and the decoders that they reach, over time. DIRECTORY/runs has a
# line for each run: algorithm, seconds, inputs, edges, and what one of its processes had
# reached after how many inputs of its own.

import collections
import html
import sys
from typing import Dict, List, Tuple

# Seconds, inputs, edges, and the way there
Run = Tuple[int, int, int, List[Tuple[int, int]]]

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
			algorithm, seconds, inputs, edges, way = row.split()
			points = [(int(n), int(reached)) for n, reached in
				  (point.split(':') for point in way.split(','))]
			runs[algorithm].append((int(seconds), int(inputs), int(edges), points))
	return runs

def plot(runs: List[Run], colour: str) -> str:
	"""Returns the way to what was reached, over all inputs."""
	total = sum(inputs for _, inputs, _, _ in runs) or 1
	most = max(edges for _, _, edges, _ in runs) or 1
	points = []
	done = 0
	for _, inputs, _, way in runs:
		for n, reached in way:
			x = done + inputs * n / max(way[-1][0], 1)
			points.append((WIDTH * x / total, HEIGHT - (HEIGHT - 10) * reached / most))
		done += inputs
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
