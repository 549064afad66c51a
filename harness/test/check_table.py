#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""check_table.py PROGRAM TABLE MODULE SIGN_FILE KMOD30 KMOD34

Asks module-decompress-check about each row of check.tsv, whose columns are explained
there. Every file that modinfo of Debian's kmod 30 and 34 can be asked about is asked about
there, too: --kmod=30 and --kmod=34 have to agree with them. Every cure is run, and the
file is asked about again.
"""

import concurrent.futures
import csv
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

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
    """A line of the table"""
    arguments: str
    status: int
    says: list[str]
    after: str
    command: str


@dataclasses.dataclass
class Kmod:
    """modinfo and depmod of a release, run by the loader that they belong to"""
    version: str
    root: pathlib.Path

    def run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        loader = next(self.root.glob("**/lib/*/ld-linux*.so.*"))
        path = next(p for p in (self.root / "usr/sbin" / tool, self.root / "sbin" / tool)
                    if p.is_symlink())
        libraries = ":".join(map(str, self.root.glob("**/lib/*-linux-gnu")))
        return subprocess.run([loader, "--library-path", libraries, path, *arguments],
                              capture_output=True, timeout=60)

    def reads(self, path: pathlib.Path) -> bool:
        return self.run("modinfo", "-F", "license", str(path)).returncode == 0

    def sees(self, path: pathlib.Path) -> bool:
        """Whether depmod reads it, by its name alone or within a tree"""
        with tempfile.TemporaryDirectory() as tree:
            modules = pathlib.Path(tree, "lib/modules/1.0")
            modules.mkdir(parents=True)
            shutil.copy(path, modules / ("m.ko" + path.suffix.replace(".ko", "")))
            result = self.run("depmod", "-b", tree, "1.0")
            names = (modules / "modules.dep").read_bytes()
            return b"m.ko" in names and b"failed to load" not in result.stderr


# Names are data: nothing in one is evaluated, or gets at a terminal
AWKWARD = [
    b"$(touch evaluated)", b"`touch evaluated`", b"*", b"?", b"[a]", b"a;touch evaluated",
    b"a&touch evaluated", b"a|touch evaluated", b"a>evaluated", b" begins with a blank",
    b"\tbegins with a tab", b"two  blanks", b"-c", b"--help", b"it's", b'"quoted"', b"<b>&amp;",
    b"back\\slash", b"percent%20", b"%s%n", b"line\nbreak", b"escape\x1b[31m",
    b"not UTF-8 \xff\xc0\x80", b"c1 \xc2\x9b", b"\xc3\xbcber", b"\xe2\x80\xaeright to left",
    b"zero\xe2\x80\x8bwidth", b"\xef\xbf\xbe", b"~", b"#", b"!!", b"{a,b}",
]


class Table:
    """All rows, and what is wrong with them"""

    def __init__(self, argv: list[str]) -> None:
        self.program, table, self.module, self.sign_file, old, new = argv
        self.kmods = [Kmod("30", pathlib.Path(old)), Kmod("34", pathlib.Path(new))]
        with open(table, encoding="utf-8") as lines:
            reader = csv.reader((line for line in lines
                                 if line.strip() and not line.startswith("#")),
                                delimiter="\t", quoting=csv.QUOTE_NONE)
            self.rows = [Row(r[0], int(r[1]), r[2].split(" | "), r[3], r[4])
                         for r in reader]
        self.cured = self.compared = 0

    def shell(self, directory: pathlib.Path, command: str) -> subprocess.CompletedProcess[bytes]:
        temporary = pathlib.Path(f"{directory}.tmp")
        temporary.mkdir(exist_ok=True)
        environment = dict(os.environ, SIGN_FILE=self.sign_file, KEY="../key.pem", LC_ALL="C.UTF-8",
                           CERT="../key.x509", P=self.program, TMPDIR=str(temporary))
        return subprocess.run(["sh", "-c", PRELUDE + command], cwd=directory,
                              env=environment, capture_output=True, timeout=300)

    def ask(self, directory: pathlib.Path, arguments: list[str]) -> tuple[int, str]:
        result = subprocess.run([self.program, *arguments], cwd=directory,
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
        return result.returncode, (result.stdout + result.stderr).decode(errors="replace")

    def kmod_agrees(self, directory: pathlib.Path) -> list[str]:
        """Compare --kmod=VERSION with modinfo and depmod for all files of a row"""
        wrong = []
        for path in sorted(directory.rglob("*.ko*")):
            if not path.is_file() or path.name == "m.ko" or path.stat().st_size > 1 << 26:
                continue
            for kmod in self.kmods:
                status, text = self.ask(directory, ["--kconfig=any", f"--kmod={kmod.version}",
                                                    "--json", "./" + str(path.relative_to(directory))])
                answer = json.loads(text)["files"][0]
                refused = [c["id"] for c in answer["causes"]
                           if c["fatal"] and c["by"] in ("kmod", "module")]
                if any(c["by"] == "module" for c in answer["causes"]):
                    continue
                self.compared += 1
                if kmod.reads(path) == bool(refused):
                    wrong.append(f"{path.name}: modinfo {kmod.version} "
                                 f"{'reads it' if refused else 'does not read it'}: {refused}")
                if path.suffix in (".gz", ".xz", ".zst") and kmod.sees(path) == bool(refused):
                    wrong.append(f"{path.name}: depmod {kmod.version} "
                                 f"{'reads it' if refused else 'does not read it'}: {refused}")
        return wrong

    def cure(self, directory: pathlib.Path, row: Row) -> list[str]:
        """Run each cure that is printed, and ask again"""
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

    def check(self, row: Row, top: pathlib.Path) -> list[str]:
        directory = pathlib.Path(tempfile.mkdtemp(dir=top))
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

    def names(self, top: pathlib.Path) -> list[str]:
        """Check and cure files of awkward names, in text and in JSON"""
        directory = os.fsencode(tempfile.mkdtemp(dir=top))
        names = [name + b".ko.xz" for name in AWKWARD]
        bad = subprocess.run(["xz", "-c", self.module], check=True, capture_output=True).stdout
        command = [os.fsencode(self.program), b"--kconfig=any", b"--files-from=-"]
        asked = b"".join(name + b"\0" for name in names)
        wrong = []
        for how in ("text", "json"):
            for name in names:
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(bad)
            if how == "text":
                out = subprocess.run(command, cwd=directory, input=asked,
                                     capture_output=True).stdout
                if re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80|\xc2\x9b", out):
                    wrong.append("a name gets at the terminal")
                script = out.split(b"    run: ")[1].rsplit(b"\n\n", 1)[0]
            else:
                out = subprocess.run(command + [b"--json"], cwd=directory, input=asked,
                                     capture_output=True).stdout
                answers = json.loads(out)["files"]
                given = [urllib.parse.unquote_to_bytes(a["file_bytes"]) if "file_bytes" in a
                         else os.fsencode(a["file"]) for a in answers]
                if given != names:
                    wrong.append("the names in the JSON are others")
                script = b"\n".join(os.fsencode(a["cure"]) for a in answers)
            subprocess.run(["sh", "-c", script], cwd=directory, check=True)
            after = subprocess.run(command, cwd=directory, input=asked, capture_output=True)
            if after.returncode or sorted(os.listdir(directory)) != sorted(names):
                wrong.append(f"{how}: not cured, or other files: {after.stdout.decode()}")
        return wrong

    def run(self) -> int:
        failed = 0
        with tempfile.TemporaryDirectory() as name:
            top = pathlib.Path(name)
            subprocess.run(["openssl", "req", "-new", "-nodes", "-x509", "-newkey", "rsa:2048",
                            "-subj", "/CN=test", "-keyout", top / "key.pem", "-out",
                            top / "key.x509"], check=True, capture_output=True)
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                for row, wrong in zip(self.rows, pool.map(lambda r: self.check(r, top), self.rows)):
                    if wrong:
                        failed += 1
                        print(f"wrong: {row.arguments}: {row.command}")
                        for line in wrong:
                            print("    " + line.replace("\n", "\n    "))
            wrong = self.names(top)
            for line in wrong:
                print("wrong: awkward names: " + line)
            failed += bool(wrong)
        print(f"{len(self.rows)} rows, {len(AWKWARD)} names, {self.cured} cures run, {self.compared} answers compared "
              f"with kmod; {failed} wrong")
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(Table(sys.argv[1:]).run())
