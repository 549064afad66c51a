# SPDX-License-Identifier: GPL-2.0
"""
Run the rows of check.tsv, which explains its columns. modinfo of Debian's kmod 30 and 34 reads the
files, too, and --kmod=30 and --kmod=34 must agree with it. Every cure runs, and the checker then
checks the file again.
"""

import concurrent.futures
import dataclasses
import json
import lzma
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import urllib.parse
from typing import List, Sequence, Tuple

from support import TOP, rows

PRELUDE = r"""
set -e
# A whole configuration: with these options, after what all kernels have
config() { printf '%s\n' '# Linux/x86 6.12.117 Kernel Configuration' \
	'CONFIG_CC_VERSION_TEXT="gcc"' 'CONFIG_MODULES=y'; printf 'CONFIG_%s\n' "$@"; }
sign() { "$SIGN_FILE" sha256 ../key.pem ../key.x509 "$1"; }
flip() { perl -e 'undef $/; $_ = <STDIN>; substr($_, length($_) / 2, 1) ^= "\xff"; print'; }
"""


@dataclasses.dataclass
class Row:
	"""A row of check.tsv"""
	arguments: str
	status: int
	says: List[str]
	after: str
	command: str


@dataclasses.dataclass
class Kmod:
	"""modinfo and depmod of a Debian release, run by the dynamic loader of that release"""
	version: str
	root: pathlib.Path

	def run(self, tool: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
		loader = next(self.root.glob("**/lib/*/ld-linux*.so.*"))
		path = next(p for p in (self.root / "usr/sbin" / tool, self.root / "sbin" / tool)
			    if p.is_symlink())
		libraries = ":".join(map(str, self.root.glob("**/lib/*-linux-gnu")))
		return subprocess.run([loader, "--library-path", libraries, path, *arguments],
				      capture_output=True, timeout=60)

	def reads(self, path: pathlib.Path) -> bool:
		return self.run("modinfo", "-F", "license", str(path)).returncode == 0

	def sees(self, path: pathlib.Path) -> bool:
		"""Whether depmod reads a file, given its name or given the tree around it"""
		with tempfile.TemporaryDirectory() as tree:
			modules = pathlib.Path(tree, "lib/modules/1.0")
			modules.mkdir(parents=True)
			shutil.copy(path, modules / ("m.ko" + path.suffix.replace(".ko", "")))
			result = self.run("depmod", "-b", tree, "1.0")
			names = (modules / "modules.dep").read_bytes()
			return b"m.ko" in names and b"failed to load" not in result.stderr


# Names are data: no shell may evaluate them, and no terminal may obey them.
AWKWARD = [
	b"$(touch evaluated)", b"`touch evaluated`", b"*", b"?", b"[a]", b"a;touch evaluated",
	b"a&touch evaluated", b"a|touch evaluated", b"a>evaluated", b" begins with a blank",
	b"\tbegins with a tab", b"two  blanks", b"-c", b"--help", b"it's", b'"quoted"', b"<b>&amp;",
	b"back\\slash", b"percent%20", b"%s%n", b"line\nbreak", b"escape\x1b[31m",
	b"not UTF-8 \xff\xc0\x80", b"c1 \xc2\x9b", b"\xc3\xbcber", b"\xe2\x80\xaeright to left",
	b"zero\xe2\x80\x8bwidth", b"\xef\xbf\xbe", b"~", b"#", b"!!", b"{a,b}",
]


class Table:
	"""All rows, and the program that they are checked with"""

	def __init__(self, program: pathlib.Path, module: bytes, sign_file: pathlib.Path,
		     kmods: Sequence[Kmod], top: pathlib.Path) -> None:
		self.program, self.sign_file, self.kmods, self.top = program, sign_file, kmods, top
		self.module = top / "m.ko"
		self.module.write_bytes(module)
		self.rows = [Row(r[0], int(r[1]), r[2].split(" | "), r[3], r[4])
			     for r in rows(TOP / "tests/check.tsv")]
		self.cured = self.compared = 0
		self.awkward = [str(program), "--kconfig=any", "--files-from=-"]
		subprocess.run(["openssl", "req", "-new", "-nodes", "-x509", "-newkey", "rsa:2048",
				"-subj", "/CN=test", "-keyout", top / "key.pem", "-out",
				top / "key.x509"], check=True, capture_output=True)

	def shell(self, directory: pathlib.Path,
		  command: str) -> "subprocess.CompletedProcess[bytes]":
		temporary = pathlib.Path(f"{directory}.tmp")
		temporary.mkdir(exist_ok=True)
		environment = dict(os.environ, SIGN_FILE=str(self.sign_file), KEY="../key.pem",
				   CERT="../key.x509", LC_ALL="C.UTF-8", P=str(self.program),
				   TMPDIR=str(temporary))
		return subprocess.run(["sh", "-c", PRELUDE + command], cwd=directory,
				      env=environment, capture_output=True, timeout=300)

	def ask(self, directory: pathlib.Path, arguments: List[str]) -> Tuple[int, str]:
		result = subprocess.run([self.program, *arguments], cwd=directory,
					stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
		return result.returncode, (result.stdout + result.stderr).decode(errors="replace")

	def agrees(self, directory: pathlib.Path, path: pathlib.Path, kmod: Kmod) -> List[str]:
		"""Compares --kmod=VERSION with modinfo and depmod for a file"""
		_, text = self.ask(directory, ["--kconfig=any", f"--kmod={kmod.version}", "--json",
					       f"./{path.relative_to(directory)}"])
		causes = json.loads(text)["files"][0]["causes"]
		if any(cause["by"] == "module" for cause in causes):
			return []
		refused = [cause["id"] for cause in causes
			   if cause["fatal"] and cause["by"] == "kmod"]
		self.compared += 1
		reads = {"modinfo": kmod.reads(path)}
		if path.suffix in (".gz", ".xz", ".zst"):
			reads["depmod"] = kmod.sees(path)
		return [f"{path.name}: {tool} {kmod.version} {'reads' if does else 'refuses'} it: "
			f"{refused}" for tool, does in reads.items() if does == bool(refused)]

	def kmod_agrees(self, directory: pathlib.Path) -> List[str]:
		"""Compares --kmod= with both kmods for all files of a row."""
		return [wrong for path in sorted(directory.rglob("*.ko*"))
			if path.is_file() and path.name != "m.ko" and path.stat().st_size <= 1 << 26
			for kmod in self.kmods for wrong in self.agrees(directory, path, kmod)]

	def cure(self, directory: pathlib.Path, row: Row) -> List[str]:
		"""Runs each printed cure, and checks the files again."""
		arguments = shlex.split(row.arguments)
		status, text = self.ask(directory, arguments)
		cures = re.findall(r"^    run: ((?:.|\n(?! |\n|module-))*)", text, re.M)
		if not cures:
			return ["no cure is printed"]
		before = {p: p.lstat() for p in directory.iterdir()}
		if subprocess.run(["bash", "-n", "-c", "\n".join(cures)]).returncode:
			return ["bash does not parse the cure"]
		result = self.shell(directory, "\n".join(cures))
		if result.returncode:
			return [f"the cure fails: {result.stderr.decode()}"]
		wrong = []
		for path, old in before.items():
			now = path.lstat() if path.exists() else None
			if now and ((old.st_mode, old.st_uid) != (now.st_mode, now.st_uid) or
				    ("truncate" not in text and old.st_mtime != now.st_mtime)):
				wrong.append(f"{path.name}: another mode, owner or time")
		if row.after == "renamed":
			arguments = [re.sub(r"\.ko\.\w+$", ".ko", a) for a in arguments]
		elif set(directory.iterdir()) != set(before):
			wrong.append("the cure leaves files behind")
		if any(pathlib.Path(f"{directory}.tmp").iterdir()):
			wrong.append("the cure leaves temporary files behind")
		status, text = self.ask(directory, arguments)
		if status:
			wrong.append(f"after the cure, status {status}: {text}")
		self.cured += 1
		return wrong + self.kmod_agrees(directory)

	def check(self, row: Row) -> List[str]:
		directory = pathlib.Path(tempfile.mkdtemp(dir=self.top))
		shutil.copy(self.module, directory / "m.ko")
		made = self.shell(directory, row.command)
		if made.returncode:
			return [f"its command fails: {made.stderr.decode()}"]
		if row.after == "shell":
			status, text = made.returncode, (made.stdout + made.stderr).decode()
		else:
			status, text = self.ask(directory, shlex.split(row.arguments))
		wrong = []
		if status != row.status:
			wrong.append(f"status {status}, and not {row.status}")
		for says in row.says:
			if (says[1:] in text) if says.startswith("!") else (says not in text):
				wrong.append(f"not as in {says!r}")
		if wrong:
			return wrong + [text]
		if row.after in ("cure", "renamed"):
			wrong += self.cure(directory, row)
		elif row.after == "-":
			wrong += self.kmod_agrees(directory)
		return wrong

	def cures_of_text(self, directory: str, asked: bytes) -> bytes:
		"""Returns the cure that the text has for files of awkward names."""
		out = subprocess.run([*self.awkward, "--verbose"], cwd=directory, input=asked,
				     stdout=subprocess.PIPE, check=False).stdout
		assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80|\xc2\x9b", out), \
			"a name gets at the terminal"
		return out.split(b"    run: ")[1].rsplit(b"\n\n", 1)[0]

	def cures_of_json(self, directory: str, asked: bytes) -> bytes:
		"""Returns the cures that the JSON has for files of awkward names."""
		out = subprocess.run([*self.awkward, "--json"], cwd=directory, input=asked,
				     stdout=subprocess.PIPE, check=False).stdout
		answers = json.loads(out)["files"]
		names = [urllib.parse.unquote_to_bytes(answer["file_bytes"])
			 if "file_bytes" in answer else os.fsencode(answer["file"])
			 for answer in answers]
		assert b"".join(name + b"\0" for name in names) == asked
		return b"\n".join(os.fsencode(answer["cure"]) for answer in answers)

	def check_awkward_names(self) -> None:
		"""Checks and cures files of awkward names, by text and by JSON."""
		directory = tempfile.mkdtemp(dir=self.top)
		names = [name + b".ko.xz" for name in AWKWARD]
		asked = b"".join(name + b"\0" for name in names)
		bad = lzma.compress(self.module.read_bytes(), preset=0)
		for cures in self.cures_of_text, self.cures_of_json:
			for name in names:
				pathlib.Path(directory, os.fsdecode(name)).write_bytes(bad)
			script = cures(directory, asked)
			subprocess.run(["sh", "-c", script], cwd=directory, check=True)
			subprocess.run(self.awkward, cwd=directory, input=asked, check=True)
			assert sorted(os.listdir(os.fsencode(directory))) == sorted(names)

	def check_all(self) -> List[str]:
		"""Checks all rows, and returns the complaints."""
		found = []
		with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
			for row, wrong in zip(self.rows, pool.map(self.check, self.rows)):
				if wrong:
					row_is = f"{row.arguments}: {row.command}"
					found.append("\n    ".join([row_is, *wrong]))
		print(f"{len(self.rows)} rows, {self.cured} cures run, {self.compared} answers "
		      f"compared with kmod; {len(found)} wrong")
		return found
