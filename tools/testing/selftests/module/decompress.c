// SPDX-License-Identifier: GPL-2.0
/*
 * Load compressed modules through finit_module(2) with the compressed-file flag,
 * MODULE_INIT_COMPRESSED_FILE. Check that they work and can be unloaded, that bad
 * files are refused with the documented error, and that no memory is lost.
 *
 *	decompress [DIRECTORY]
 *
 * DIRECTORY holds compressed modules, as "make modules_install" writes them; the
 * default is /lib/modules/RELEASE. It must not be in /tmp, which this program
 * hides. Cases whose module is missing or already loaded are skipped.
 *
 * As the init of a virtual machine the program also runs cases that could change
 * a live system, and cases that need the free memory to stay the same.
 */
#include "decompress.h"

static bool script_runs(void);
static bool misc_is_enabled(void);
static bool overlay_shows_both(void);
static bool pipefs_is_known(void);

static struct module small = {
	"binfmt_script", "kernel/fs/binfmt_script.ko",
	.bytes = 4000, .works = script_runs,
};

static const struct module middling = {
	"overlay", "kernel/fs/overlayfs/overlay.ko",
	"exportfs", "kernel/fs/exportfs/exportfs.ko",
	.bytes = 100000, .works = overlay_shows_both,
};

/* The same module with debugging information */
static struct module large = {
	"overlay", "test/whole/overlay.ko",
	"exportfs", "kernel/fs/exportfs/exportfs.ko",
	.bytes = 1 << 20, .works = overlay_shows_both,
};

/* Alternatives for distributions, which build binfmt_script in and strip modules */
static const struct module another_small = {
	"binfmt_misc", "kernel/fs/binfmt_misc.ko",
	.bytes = 4000, .works = misc_is_enabled,
};

static const struct module another_large = {
	"sunrpc", "kernel/net/sunrpc/sunrpc.ko",
	.bytes = 1 << 20, .works = pipefs_is_known,
};

/* Functions that make and open a file that the kernel must refuse */
static int first_bytes(long n);
static int half(long unused);
static int all_but(long n);
static int in_directory(long file);
static int in_need(long unused);
static int of_format(long format);
static int not_compressed(long unused);
static int at_path(long path);
static int end_of_pipe(long unused);
static int opened_with(long flags);
static int also_open_for_writing(long unused);
static int not_open(long unused);
static int without_privilege(long unused);

/*
 * The errors and where they are documented: finit_module(2), init_module(2), or
 * kernel/module/main.c and its callees:
 *
 * EINVAL	finit_module(2): the compressed data is damaged or not in this
 *		kernel's format, or a flag is unknown; kernel_read_file(): the
 *		file is empty or not a regular file
 * EIO		kernel_read_file(): the file is shorter than its size
 * ENOEXEC	init_module(2): the file is no ELF file
 * EKEYREJECTED	module_sig_check(): the signature does not match, or is missing
 *		and enforced
 * EBADMSG	init_module(2): the signature is misformatted
 * EBADF	finit_module(2): the file is not open for reading
 * ETXTBSY	finit_module(2): the file is open for writing
 * EFAULT	init_module(2): the parameters cannot be read
 * ENOENT	simplify_symbols(): no module exports a symbol that this one needs
 * EPERM	init_module(2): the caller lacks CAP_SYS_MODULE
 */
static const struct refusal refusals[] = {
	{ "a file truncated to one byte", EINVAL, first_bytes, 1 },
	{ "a file truncated in its header", EINVAL, first_bytes, 5 },
	{ "a file truncated after its header", EINVAL, first_bytes, 40 },
	{ "a file truncated to half", EINVAL, half },
	{ "a file truncated by 9 bytes", EINVAL, all_but, 9 },
	{ "an empty file", EINVAL, first_bytes, 0 },
	{ "a gzip file, unless the kernel's format is gzip",
	  EINVAL, of_format, (long)".gz" },
	{ "an xz file, unless the kernel's format is xz",
	  EINVAL, of_format, (long)".xz" },
	{ "a zstd file, unless the kernel's format is zstd",
	  EINVAL, of_format, (long)".zst" },
	{ "an uncompressed module with the compressed-file flag",
	  EINVAL, not_compressed },
	{ "a compressed module without the compressed-file flag",
	  ENOEXEC, all_but, 0, .flags = NOT_COMPRESSED },
	{ "a compressed text file", ENOEXEC, in_directory, (long)"test/text.ko" },
	{ "a module changed after it was signed",
	  EKEYREJECTED, in_directory, (long)"test/changed.ko" },
	{ "a signature longer than the module",
	  EBADMSG, in_directory, (long)"test/misformatted.ko" },
	{ "a directory", EINVAL, at_path, (long)TMP },
	{ "a pipe", EINVAL, end_of_pipe },
	{ "a file shorter than its size",
	  EIO, at_path, (long)"/sys/module/compression" },
	{ "a file opened with O_PATH", EBADF, opened_with, O_PATH },
	{ "a file opened for writing only", EBADF, opened_with, O_WRONLY },
	{ "a file that is also open for writing", ETXTBSY, also_open_for_writing },
	{ "a file descriptor that is not open", EBADF, not_open },
	{ "an unknown flag", EINVAL, all_but, 0, .flags = COMPRESSED | 0x100 },
	{ "unreadable parameters", EFAULT, all_but, 0,
	  .params = (const char *)16, .only_alone = true },
	{ "a module with a missing symbol", ENOENT, in_need, .only_alone = true },
	{ "an unprivileged caller", EPERM, without_privilege },
};

static const struct refusal unsigned_module = {
	"", EKEYREJECTED, in_directory, (long)"test/unsigned.ko",
};

/* The cases, in this order, with the refusals between the two tables */

static void names_the_algorithm(const void *unused);
static void memory_is_high(const void *unused);
static void loads_compressed(const void *module);
static void loads_uncompressed(const void *module);
static void loads_200_times(const void *module);
static void loads_by_8_from_one_file(const void *module);
static void loads_by_8_from_8_files(const void *module);
static void loads_only_once(const void *module);
static void is_refused(const void *refusal);
static void memory_is_back(const void *unused);
static void insmod_loads(const void *module);
static void insmod_leaves_it_to_the_kernel(const void *module);
static void modprobe_loads(const void *module);
static void mount_has_it_loaded(const void *module);
static void is_refused_if_enforced(const void *refusal);
static void flipped_bits_are_refused(const void *module);
static void kernel_is_not_tainted(const void *unused);
static void kmemleak_is_silent(const void *unused);
static void kmemleak_sees_a_leak(const void *unused);

static const struct test before_refusals[] = {
	{ "/sys/module/compression names the algorithm", names_the_algorithm },
	{ "the machine has enough highmem", memory_is_high },
	{ "small: loads, works, unloads", loads_compressed, &small },
	{ "medium: loads, works, unloads", loads_compressed, &middling },
	{ "over 1 MB: loads, works, unloads", loads_compressed, &large },
	{ "small, not compressed: loads, works, unloads",
	  loads_uncompressed, &small },
	{ "medium, not compressed: loads, works, unloads",
	  loads_uncompressed, &middling },
	{ "over 1 MB, not compressed: loads, works, unloads",
	  loads_uncompressed, &large },
	{ "small: loads 200 times", loads_200_times, &small },
	{ "medium: loads 200 times", loads_200_times, &middling },
	{ "small: loads when 8 processes try at once, from one file",
	  loads_by_8_from_one_file, &small },
	{ "small: loads when 8 processes try at once, from 8 files",
	  loads_by_8_from_8_files, &small },
	{ "over 1 MB: loads when 8 processes try at once, from one file",
	  loads_by_8_from_one_file, &large },
	{ "over 1 MB: loads when 8 processes try at once, from 8 files",
	  loads_by_8_from_8_files, &large },
	{ "small: loads only once", loads_only_once, &small },
};

static const struct test after_refusals[] = {
	{ "no memory is lost after thousands of loads", memory_is_back },
	{ "small: insmod loads it", insmod_loads, &small },
	{ "medium: insmod loads it", insmod_loads, &middling },
	{ "over 1 MB: insmod loads it", insmod_loads, &large },
	{ "insmod leaves decompression to the kernel",
	  insmod_leaves_it_to_the_kernel, &small },
	{ "small: modprobe loads it", modprobe_loads, &small },
	{ "medium: modprobe loads it and its dependency",
	  modprobe_loads, &middling },
	{ "medium: mount makes the kernel load it", mount_has_it_loaded, &middling },
	{ "refused: an unsigned module, if signatures are enforced",
	  is_refused_if_enforced, &unsigned_module },
	{ "refused: a flipped bit anywhere in the file",
	  flipped_bits_are_refused, &small },
	{ "the kernel is not tainted", kernel_is_not_tainted },
	{ "kmemleak reports no leak", kmemleak_is_silent },
	{ "kmemleak reports a leak made on purpose", kmemleak_sees_a_leak },
};

/* Functions that check that a module works */

/* Exit status of this program when it runs as an interpreter */
#define INTERPRETED	42

static bool script_runs(void)
{
	/* /proc/self/exe works even if this program lies in the hidden /tmp. */
	make_text(TMP "/script", "#!/proc/self/exe --interpret\n");
	return run(TMP "/script", NULL, NULL) == INTERPRETED;
}

static bool misc_is_enabled(void)
{
	bool enabled;

	mkdir(TMP "/misc", 0700);
	if (mount("binfmt_misc", TMP "/misc", "binfmt_misc", 0, NULL))
		return false;
	enabled = holds(TMP "/misc/status", "enabled");
	umount2(TMP "/misc", 0);
	return enabled;
}

static bool pipefs_is_known(void)
{
	char *filesystems = contents("/proc/filesystems", NULL);

	must(filesystems, "no /proc/filesystems\n");
	return contains(filesystems, "\trpc_pipefs\n");
}

static bool overlay_shows_both(void)
{
	bool shown;

	mkdir(TMP "/upper", 0700);
	mkdir(TMP "/lower", 0700);
	mkdir(TMP "/merged", 0700);
	make_text(TMP "/upper/a", "upper");
	make_text(TMP "/lower/a", "lower");
	make_text(TMP "/lower/b", "lower");
	if (mount("overlay", TMP "/merged", "overlay", MS_RDONLY,
		  "lowerdir=" TMP "/upper:" TMP "/lower"))
		return false;
	shown = holds(TMP "/merged/a", "upper") &&
		holds(TMP "/merged/b", "lower");
	umount2(TMP "/merged", 0);
	return shown;
}

/* Files that the kernel must refuse */

static int first_bytes(long n)
{
	size_t size;

	return file_of(compressed_file(&small, &size), n);
}

static int half(long unused)
{
	size_t size;
	char *buf = compressed_file(&small, &size);

	return file_of(buf, size / 2);
}

static int all_but(long n)
{
	size_t size;
	char *buf = compressed_file(&small, &size);

	return file_of(buf, size - n);
}

static int in_directory(long file)
{
	return open_it(path_of((const char *)file, COMPRESSED));
}

/* Open a module whose dependency is not loaded. */
static int in_need(long unused)
{
	return in_directory((long)(needs_another(&middling) ? middling.file :
				   "test/needs.ko"));
}

/* Open the small module as .gz, .xz or .zst. */
static int of_format(long format)
{
	char path[PATH_SIZE];

	if (strcmp((const char *)format, suffix) == 0)
		skip("the kernel's format is this one\n");
	join(path, directory, "/test/format.ko", (const char *)format);
	return open_it(path);
}

static int not_compressed(long unused)
{
	return open_it(path_of(small.file, NOT_COMPRESSED));
}

static int at_path(long path)
{
	return open_it((const char *)path);
}

static int end_of_pipe(long unused)
{
	int ends[2];

	must(pipe(ends) == 0, "no pipe: %s\n", error_name(errno));
	return ends[0];
}

static int opened_with(long flags)
{
	make_text(TMP "/file", "module");
	return open_made(TMP "/file", flags);
}

static int also_open_for_writing(long unused)
{
	make_text(TMP "/file", "module");
	open_made(TMP "/file", O_WRONLY);
	return open_made(TMP "/file", O_RDONLY);
}

static int not_open(long unused)
{
	return 1000;
}

static int without_privilege(long unused)
{
	int fd = all_but(0);

	drop_privileges();
	return fd;
}

/* Cases */

static void names_the_algorithm(const void *unused)
{
	const char *wanted = getenv("DECOMPRESS_ALGORITHM");

	if (!wanted)
		skip("DECOMPRESS_ALGORITHM is not set\n");
	check(holds("/sys/module/compression", wanted),
	      "/sys/module/compression does not say %s\n", wanted);
}

static void memory_is_high(const void *unused)
{
	const char *wanted = getenv("DECOMPRESS_HIGH_MB");
	long mb = count_memory().high / 256;

	if (!wanted)
		skip("DECOMPRESS_HIGH_MB is not set\n");
	ksft_print_msg("%ld MB of highmem\n", mb);
	check(mb >= atol(wanted), "less than %s MB\n", wanted);
}

static void loads(const struct module *m, int flags)
{
	int error = load(m->file, flags);

	check(error == 0, "%s: not loaded: %s\n", m->name, error_name(error));
}

static void works(const struct module *m)
{
	check(is_live(m->name), "%s: not Live in /proc/modules\n", m->name);
	check(m->works(), "%s: does not work\n", m->name);
}

static void goes(const struct module *m)
{
	int error = unload(m->name);

	check(error == 0, "%s: not unloaded: %s\n", m->name, error_name(error));
	check(!is_loaded(m->name), "%s: still in /proc/modules\n", m->name);
	/* On a live system mount(2) may load the module again. */
	if (alone)
		check(!m->works(), "%s: works although it is unloaded\n", m->name);
}

static void loads_works_unloads(const struct module *m, int flags)
{
	long size;

	get_ready(m, flags);
	size = size_of(path_of(m->file, flags));
	ksft_print_msg("%s: %ld bytes\n", path_of(m->file, flags), size);
	check(flags == COMPRESSED || size >= m->bytes,
	      "less than %ld bytes\n", m->bytes);

	loads(m, flags);
	if (!failed)
		works(m);
	if (!failed)
		goes(m);
	put_back(m);
}

static void loads_compressed(const void *module)
{
	loads_works_unloads(module, COMPRESSED);
}

static void loads_uncompressed(const void *module)
{
	loads_works_unloads(module, NOT_COMPRESSED);
}

static void loads_200_times(const void *module)
{
	const struct module *m = module;
	int i;

	get_ready(m, COMPRESSED);
	for (i = 0; i < 200 && !failed; i++) {
		loads(m, COMPRESSED);
		if (i % 50 == 0)
			works(m);
		if (unload(m->name))
			check(false, "%s: not unloaded\n", m->name);
	}
	check(!failed, "failed in load %d of 200\n", i);
	put_back(m);
}

/* Test that one process succeeds and the others get EEXIST (init_module(2)). */
static void loads_by_8(const struct module *m, bool from_one_file)
{
	int ends[2], i, status, loaded = 0, late = 0;
	char path[PATH_SIZE], number[2] = "0";

	get_ready(m, COMPRESSED);
	must(pipe(ends) == 0, "no pipe: %s\n", error_name(errno));
	for (i = 0; i < 8; i++) {
		number[0] = '0' + i;
		join(path, TMP "/copy", from_one_file ? "" : number, suffix);
		copy_to(path, path_of(m->file, COMPRESSED));
		if (fork() == 0) {
			close(ends[1]);
			/* Returns when all processes have closed the other end. */
			read(ends[0], number, 1);
			exit(finit_module(open(path, O_RDONLY), "", COMPRESSED));
		}
	}
	close(ends[0]);
	close(ends[1]);
	for (i = 0; i < 8; i++) {
		if (wait(&status) < 0 || !WIFEXITED(status))
			continue;
		loaded += WEXITSTATUS(status) == 0;
		late += WEXITSTATUS(status) == EEXIST;
	}
	/*
	 * While the kernel loads a file, another load of the same file may
	 * return the result of the first.
	 */
	check(from_one_file ? loaded >= 1 : loaded == 1,
	      "%s: %d of 8 processes loaded it\n", m->name, loaded);
	check(loaded + late == 8, "%s: %d of the others got EEXIST\n",
	      m->name, late);
	if (loaded) {
		works(m);
		goes(m);
	}
	put_back(m);
}

static void loads_by_8_from_one_file(const void *module)
{
	int round;

	for (round = 0; round < 5 && !failed; round++)
		loads_by_8(module, true);
}

static void loads_by_8_from_8_files(const void *module)
{
	int round;

	for (round = 0; round < 5 && !failed; round++)
		loads_by_8(module, false);
}

static void loads_only_once(const void *module)
{
	const struct module *m = module;
	int error;

	get_ready(m, COMPRESSED);
	loads(m, COMPRESSED);
	error = load(m->file, COMPRESSED);
	check(error == EEXIST, "%s, not EEXIST\n", error_name(error));
	goes(m);
	put_back(m);
}

static bool is_for_signatures(const struct refusal *r)
{
	return r->error == EKEYREJECTED || r->error == EBADMSG;
}

static void is_refused(const void *refusal)
{
	const struct refusal *r = refusal;
	char *before, *after;
	int fd, error, wanted = r->error;

	if (r->only_alone && !alone)
		skip("this is a live system\n");
	if (is_for_signatures(r) && !exists(SIG_ENFORCE))
		skip("this kernel does not verify signatures\n");
	/* The kernel checks the signature before the ELF header. */
	if (wanted == ENOEXEC && signatures_are_enforced())
		wanted = EKEYREJECTED;

	before = contents("/proc/modules", NULL);
	must(before, "no /proc/modules\n");
	fd = r->open(r->arg);
	error = finit_module(fd, r->params ? r->params : "",
			     r->flags ? r->flags : COMPRESSED);
	close(fd);
	check(error == wanted, "%s, not %s\n", error_name(error),
	      error_name(wanted));
	after = contents("/proc/modules", NULL);
	must(after, "no /proc/modules\n");
	check(strcmp(before, after) == 0,
	      "/proc/modules has changed from\n%sto\n%s", before, after);
	/* Unload a module that should have been refused, for the next case. */
	if (error == 0 && unload(small.name))
		unload(middling.name);
}

static void is_refused_if_enforced(const void *refusal)
{
	if (!alone)
		skip("this is a live system\n");
	/* This cannot be undone, so the case is one of the last. */
	tell(SIG_ENFORCE, "Y");
	check(!exists(SIG_ENFORCE) || signatures_are_enforced(),
	      "signatures are not enforced\n");
	is_refused(refusal);
}

/*
 * The checks of xz and zstd find a flipped bit. The kernel ignores gzip's check,
 * so there the signature must find it. If the bit does not change the output, the
 * module loads and works.
 */
static void flipped_bits_are_refused(const void *module)
{
	const struct module *m = module;
	bool gzip = strcmp(suffix, ".gz") == 0;
	int fd, error, seen[256] = { };
	size_t size, i;
	char *buf;

	if (!signatures_are_enforced())
		skip("signatures are not enforced\n");
	get_ready(m, COMPRESSED);
	buf = compressed_file(m, &size);
	/* Flip bits after the header and before the trailer. */
	for (i = 40; i < size - 40; i += size / 200 + 1) {
		buf[i] ^= 0x10;
		fd = file_of(buf, size);
		buf[i] ^= 0x10;
		error = finit_module(fd, "", COMPRESSED);
		close(fd);
		seen[error & 255]++;
		if (error == 0) {
			works(m);
			goes(m);
		} else if (error != EINVAL) {
			check(gzip && (error == EKEYREJECTED ||
				       error == EBADMSG),
			      "flipped in byte %ld: %s\n", (long)i,
			      error_name(error));
		}
	}
	ksft_print_msg("EINVAL %d, EKEYREJECTED %d, EBADMSG %d, success %d\n",
		       seen[EINVAL], seen[EKEYREJECTED], seen[EBADMSG],
		       seen[0]);
}

/* Run each refusal in a new process: some of them drop privileges. */
static void all_are_refused(void)
{
	int status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		if (fork() == 0) {
			quiet = true;
			failed = false;
			is_refused(&refusals[i]);
			exit(failed ? KSFT_FAIL : KSFT_PASS);
		}
		check(wait(&status) > 0 && WIFEXITED(status) &&
		      WEXITSTATUS(status) != KSFT_FAIL,
		      "%s: see above\n", refusals[i].what);
	}
}

#define GOOD_LOADS	20

static void load_and_refuse(int rounds)
{
	int i;

	for (; rounds && !failed; rounds--) {
		for (i = 0; i < GOOD_LOADS && !failed; i++) {
			loads(&small, COMPRESSED);
			unload(small.name);
		}
		get_ready(&large, COMPRESSED);
		loads(&large, COMPRESSED);
		unload(large.name);
		put_back(&large);
		all_are_refused();
	}
}

/*
 * A refusal that leaks a page loses one in each round. Fail if the machine loses half as
 * many, three times in a row: free memory varies by 35 pages, but not always downwards.
 */
static void memory_is_back(const void *unused)
{
	const char *wanted = getenv("DECOMPRESS_ROUNDS");
	int rounds = wanted ? atoi(wanted) : 100, tries;
	struct memory before, after;

	if (!alone)
		skip("this is a live system\n");
	/* Let the kernel fill its caches before the first count. */
	load_and_refuse(3);
	after = settled_memory();
	for (tries = 0; tries < 3 && !failed; tries++) {
		before = after;
		load_and_refuse(rounds);
		after = settled_memory();
		ksft_print_msg("%d loads and %d refusals\n",
			       rounds * (GOOD_LOADS + 2),
			       rounds * (int)ARRAY_SIZE(refusals));
		ksft_print_msg("free pages, low: %ld before, %ld after\n",
			       before.free_low, after.free_low);
		ksft_print_msg("free pages, high: %ld before, %ld after\n",
			       before.free_high, after.free_high);
		if (before.free_low - after.free_low < rounds / 2 &&
		    before.free_high - after.free_high < rounds / 2)
			return;
	}
	check(false, "each time at least %d pages are lost\n", rounds / 2);
}

/* Skip the case on a live system; in a virtual machine kmod must exist. */
static void have_kmod(void)
{
	if (!alone)
		skip("this is a live system\n");
	if (!exists("/sbin/modprobe"))
		not_there("/sbin/modprobe");
}

static void insmod_loads(const void *module)
{
	const struct module *m = module;

	have_kmod();
	get_ready(m, COMPRESSED);
	check(run("/sbin/insmod", path_of(m->file, COMPRESSED), NULL) == 0,
	      "insmod fails\n");
	works(m);
	check(run("/sbin/rmmod", m->name, NULL) == 0, "rmmod fails\n");
	check(!is_loaded(m->name), "%s: still in /proc/modules\n", m->name);
	put_back(m);
}

/*
 * Test that insmod leaves decompression to the kernel if /sys/module/compression names
 * the format of the file: then the kernel logs the error of a truncated file.
 */
static void insmod_leaves_it_to_the_kernel(const void *module)
{
	const char *message;
	char path[PATH_SIZE];
	size_t size;
	char *buf;

	have_kmod();
	buf = compressed_file(module, &size);
	make_file(join(path, TMP "/cut.ko", suffix, ""), buf, size / 2);
	must(open_kmsg(), "no /dev/kmsg\n");
	check(run("/sbin/insmod", path, NULL) != 0, "insmod does not fail\n");
	do {
		message = next_message();
	} while (message && !contains(message, "compress"));
	check(message, "the kernel logs no error\n");
	if (message)
		ksft_print_msg("kernel: %s\n", message);
}

static void modprobe_loads(const void *module)
{
	const struct module *m = module;

	have_kmod();
	check(run("/sbin/modprobe", m->name, NULL) == 0, "modprobe fails\n");
	works(m);
	check(run("/sbin/modprobe", "-r", m->name) == 0,
	      "modprobe -r fails\n");
	check(!is_loaded(m->name) && (!m->needs || !is_loaded(m->needs)),
	      "%s: still in /proc/modules\n", m->name);
}

static void mount_has_it_loaded(const void *module)
{
	const struct module *m = module;

	have_kmod();
	must(tell(MODPROBE, "/sbin/modprobe"), "%s: not written\n", MODPROBE);
	check(m->works(), "%s: does not work\n", m->name);
	check(is_live(m->name), "%s: not Live in /proc/modules\n", m->name);
	must(tell(MODPROBE, "\n"), "%s: not written\n", MODPROBE);
	goes(m);
	if (needs_another(m))
		check(unload(m->needs) == 0, "%s: not unloaded\n", m->needs);
}

static void kernel_is_not_tainted(const void *unused)
{
	if (!alone)
		skip("this is a live system\n");
	check(taint() == 0, "tainted: %ld\n", taint());
	check(open_kmsg(), "no /dev/kmsg, so warnings were not seen\n");
}

static void have_kmemleak(void)
{
	if (!alone)
		skip("this is a live system\n");
	if (!exists(KMEMLEAK))
		skip("this kernel has no kmemleak\n");
}

static void kmemleak_is_silent(const void *unused)
{
	char *report;

	have_kmemleak();
	report = kmemleak_report();
	check(!*report, "%s", report);
}

/* Test that kmemleak finds leaks, with the kernel's sample module that leaks. */
static void kmemleak_sees_a_leak(const void *unused)
{
	static const struct module leaky = {
		"kmemleak_test", "kernel/samples/kmemleak/kmemleak-test.ko",
	};

	have_kmemleak();
	loads(&leaky, COMPRESSED);
	unload(leaky.name);
	check(*kmemleak_report(), "no leak reported\n");
}

static void choose(struct module *m, const struct module *another)
{
	if (!exists(path_of(m->file, COMPRESSED)) &&
	    exists(path_of(another->file, COMPRESSED)))
		*m = *another;
}

static void run_refusal(const struct refusal *r)
{
	char name[PATH_SIZE];
	struct test test = { join(name, "refused: ", r->what, ""),
			     is_refused, r };

	run_test(&test);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && strcmp(argv[1], "--interpret") == 0)
		return INTERPRETED;

	start(argc, argv, ARRAY_SIZE(before_refusals) + ARRAY_SIZE(refusals) +
	      ARRAY_SIZE(after_refusals));
	choose(&small, &another_small);
	choose(&large, &another_large);
	for (i = 0; i < ARRAY_SIZE(before_refusals); i++)
		run_test(&before_refusals[i]);
	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		run_refusal(&refusals[i]);
	for (i = 0; i < ARRAY_SIZE(after_refusals); i++)
		run_test(&after_refusals[i]);
	finish();
}
