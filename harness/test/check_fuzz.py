#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""check_fuzz.py PROGRAM DIRECTORY SEED SECONDS FILE ...

Asks module-decompress-check, built with sanitizers, about damaged files and damaged
configurations until the time is over. The files are those that are given, and parts of an
ELF file that is among them, compressed. What a sanitizer reports, what dies, and what has
no answer ends it with status 1; DIRECTORY has the files then.
"""

import gzip
import lzma
import os
import pathlib
import random
import subprocess
import sys
import time

CONFIG = b"""# Linux/x86 6.12.117 Kernel Configuration
CONFIG_CC_VERSION_TEXT="gcc"
CONFIG_MODULES=y
CONFIG_64BIT=y
# CONFIG_HIGHMEM is not set
CONFIG_MODULE_SIG_FORCE=n
CONFIG_MODULE_DECOMPRESS=y
CONFIG_MODULE_COMPRESS_XZ=y
CONFIG_XZ_DEC_X86=y
"""
SIGNATURE = b"x" * 300 + b"~Module signature appended~\n"
FILES_AT_ONCE = 100
REPORTS = (b"ERROR: AddressSanitizer", b"runtime error", b"could not look into it", b"is dead")


def damaged(rng: random.Random, data: bytes, seeds: list[bytes]) -> bytes:
    """Change, remove and add some bytes, near the beginning as often as not"""
    out = bytearray(data)
    for _ in range(rng.randint(0, 5)):
        if not out:
            break
        at = rng.randrange(min(len(out), 64) if rng.random() < 0.5 else len(out))
        how = rng.choice("bbbbbdiitea")
        if how == "b":
            out[at] = rng.choice([0, 255, out[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
        elif how == "d":
            del out[at:at + rng.randint(1, 20)]
        elif how == "i":
            out[at:at] = rng.randbytes(rng.randint(1, 9))
        elif how == "t":
            del out[at:]
        else:
            out += rng.choice([b"\0" * rng.randint(1, 9), SIGNATURE, rng.choice(seeds)[:300]])
    return bytes(out)


def compressed(rng: random.Random, data: bytes) -> bytes:
    return rng.choice([lambda d: lzma.compress(d, check=lzma.CHECK_CRC32, preset=0),
                       lambda d: gzip.compress(d, 1), bytes])(data)


def main() -> int:
    program, directory, seed, seconds = sys.argv[1:5]
    rng = random.Random(int(seed))
    seeds = [pathlib.Path(name).read_bytes() for name in sys.argv[5:]]
    modules = [data for data in seeds if data.startswith(b"\x7fELF")]
    configs = [CONFIG, gzip.compress(CONFIG), lzma.compress(CONFIG)]
    files, config = pathlib.Path(directory, "files"), pathlib.Path(directory, "config")
    files.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, UBSAN_OPTIONS="exitcode=99",
                       ASAN_OPTIONS="exitcode=99:detect_leaks=0:max_allocation_size_mb=600:"
                                    "allocator_may_return_null=1")
    asked, end, said = 0, time.monotonic() + int(seconds), time.monotonic()
    while time.monotonic() < end:
        for path in files.iterdir():
            path.unlink()
        for number in range(FILES_AT_ONCE):
            data = rng.choice(seeds)
            if rng.random() < 0.3:
                data = compressed(rng, damaged(rng, rng.choice(modules), seeds))
            suffix = rng.choice([".ko", ".ko.gz", ".ko.xz", ".ko.zst"])
            (files / f"{number}{suffix}").write_bytes(damaged(rng, data, seeds))
        config.write_bytes(damaged(rng, rng.choice(configs), seeds))
        result = subprocess.run(
            [program, rng.choice(["--kconfig=any", f"--kconfig={config}"]),
             "--kmod=" + rng.choice(["30", "34", "34+ZLIB", "none"]), "--verbose",
             f"--json={directory}/json", f"--junit={directory}/junit", str(files)],
            env=environment, capture_output=True)
        output = result.stdout + result.stderr
        asked += FILES_AT_ONCE
        if result.returncode not in (0, 1, 2) or any(report in output for report in REPORTS):
            sys.stdout.buffer.write(output)
            print(f"status {result.returncode}, seed {seed}, after {asked} files")
            return 1
        if time.monotonic() > said + 10:
            said = time.monotonic()
            print(f"  {asked} files", flush=True)
    print(f"{asked} damaged files, seed {seed}: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
