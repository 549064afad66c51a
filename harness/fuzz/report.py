#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# report.py DIRECTORY WHAT PAGE: what make fuzz has done so far, as a page: inputs, and the
# edges of decompress.c and the decoders that they reach, over time. DIRECTORY/runs has a
# line for each run: algorithm, seconds, inputs, edges, and what one of its processes had
# reached after how many inputs of its own. DIRECTORY/lines.csv, if it is there, is gcovr's
# count of the lines that all inputs together reach; DIRECTORY/reached keeps it from run to
# run.

import collections
import csv
import html
import os
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

def read_lines(path: str) -> Dict[str, Tuple[int, int]]:
	"""Returns the lines that are reached, and all there are, of each file."""
	if not os.path.exists(path):
		return {}
	with open(path, newline='') as rows:
		return {row['filename']: (int(row['line_covered']), int(row['line_total']))
			for row in csv.DictReader(rows)}

def by_directory(lines: Dict[str, Tuple[int, int]]) -> Dict[str, Tuple[int, int]]:
	"""Returns the same of each decoder, and of decompress.c."""
	sums: Dict[str, Tuple[int, int]] = {}
	for path, (covered, total) in sorted(lines.items()):
		name = next((part for part in ('lib/zlib_inflate', 'lib/xz', 'lib/zstd')
			     if part in path), 'decompress.c')
		before = sums.get(name, (0, 0))
		sums[name] = (before[0] + covered, before[1] + total)
	return sums

def reached_so_far(path: str, seconds: int, sums: Dict[str, Tuple[int, int]]) -> List[List[str]]:
	"""Adds what is reached now, after so many seconds of all runs. Returns all rows."""
	with open(path, 'a+') as rows:
		for name, (covered, total) in sums.items():
			rows.write(f'{seconds}\t{name}\t{covered}\t{total}\n')
		rows.seek(0)
		return [row.split() for row in rows]

def plot_lines(rows: List[List[str]], name: str) -> str:
	"""Returns the lines of a decoder that were reached, over seconds."""
	points = [(int(seconds), 100 * int(covered) / int(total))
		  for seconds, of, covered, total in rows if of == name]
	last = max(seconds for seconds, _ in points) or 1
	line = ' '.join(f'{WIDTH * seconds / last:.1f},{HEIGHT - (HEIGHT - 10) * share / 100:.1f}'
			for seconds, share in [(0, points[0][1])] + points)
	return svg(line, '#9467bd')

def svg(line: str, colour: str) -> str:
	"""Returns a picture of one line."""
	return (f'<svg width="{WIDTH}" height="{HEIGHT}"><polyline points="{line}" fill="none" '
		f'stroke="{colour}" stroke-width="2"/></svg>')

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
	return svg(line, colour)

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
	lines = read_lines(f'{directory}/lines.csv')
	sums = by_directory(lines)
	reached = reached_so_far(f'{directory}/reached',
				 sum(run[0] for of in runs.values() for run in of), sums)
	for name, (covered, total) in sums.items():
		plots.append(f'<h2>{name}</h2><p>{covered} of {total} lines, '
			     f'{100 * covered / total:.1f} %, by all that is known; over the seconds '
			     'of all runs, from 0 to 100 %</p>' + plot_lines(reached, name))
	if lines:
		plots.append('<h2>Files</h2><table><tr><th></th><th>lines</th><th>reached</th></tr>' +
			     ''.join(f'<tr><td>{html.escape(path)}</td><td>{total}</td>'
				     f'<td>{covered}</td></tr>' for path, (covered, total) in
				     sorted(lines.items())) +
			     '</table><p><a href="lines/index.html">line by line</a></p>')
	with open(page, 'w') as out:
		out.write('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
			  f'<title>make fuzz</title><style>{STYLE}</style></head><body>\n'
			  f'<h1>make fuzz: {html.escape(what)}</h1>\n<table><tr><th></th><th>inputs</th>'
			  '<th>seconds</th><th>edges</th></tr>\n' + '\n'.join(rows) + '</table>\n' +
			  '\n'.join(plots) + '\n</body></html>\n')
	return 0


if __name__ == '__main__':
	sys.exit(main(sys.argv[1:]))
