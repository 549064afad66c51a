// SPDX-License-Identifier: GPL-2.0
/* Find the files to check; in a directory, only files that depmod would read */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "package.h"

const char name_not_seen[] =
	"depmod does not see it: the name of a module ends in .ko, .ko.gz, .ko.xz or .ko.zst";

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/**
 * no_answer() - note why no kernel is asked about a file
 * @file: the file
 * @id: name of the reason, for programs
 * @trouble: what follows from it
 * @why: the reason in words
 */
void no_answer(struct file *file, const char *id, enum trouble trouble, const char *why)
{
	file->trouble = trouble;
	file->trouble_id = id;
	snprintf(file->trouble_says, sizeof(file->trouble_says), "%s", why);
}

static const char *type_of(mode_t mode)
{
	return S_ISFIFO(mode) ? "a pipe (FIFO)" : S_ISSOCK(mode) ? "a socket" :
	       S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : S_ISDIR(mode) ? "a directory" :
	       "no regular file";
}

/* Add a file. A file that cannot be read gets no answer. */
static struct file *add(const char *path)
{
	struct file *file = add_file(path);
	struct stat st;

	file->format = NO_FORMAT;
	if (stat(path, &st)) {
		no_answer(file, "unreadable", TROUBLE, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		char why[80];

		snprintf(why, sizeof(why), "%s: neither a file nor a directory",
			 type_of(st.st_mode));
		no_answer(file, "not-a-file", TROUBLE, why);
	} else if (st.st_size > FILE_MAX) {
		char why[80];

		snprintf(why, sizeof(why), "larger than %d MB", FILE_MAX / MIB);
		no_answer(file, "too-large", TROUBLE, why);
	} else if (access(path, R_OK)) {
		no_answer(file, "unreadable", TROUBLE, strerror(errno));
	} else {
		file->size = st.st_size;
	}
	return file;
}

/* Is it a compressed file with a name such as m.ko.zstd, which depmod ignores? */
static bool is_misnamed(const char *path)
{
	unsigned char begin[512];
	bool compressed = false;
	size_t n;
	FILE *in;

	if (!strcasestr(base_name(path), ".ko."))
		return false;
	in = fopen(path, "r");
	if (in) {
		n = fread(begin, 1, sizeof(begin), in);
		compressed = kind_of(begin, n)->compressed;
		fclose(in);
	}
	return compressed;
}

static int add_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	bool seen = depmod_sees(base_name(path));
	struct stat target;

	if (type == FTW_DNR) {
		no_answer(add_file(path), "unreadable", TROUBLE, strerror(EACCES));
	} else if (type == FTW_D) {
		/* depmod skips these directories, too. */
		return where->level && (!strcmp(base_name(path), "build") ||
					!strcmp(base_name(path), "source")) ?
		       FTW_SKIP_SUBTREE : FTW_CONTINUE;
	} else if (type == FTW_NS) {
		if (seen)
			add(path);
	} else if (type == FTW_SL && stat(path, &target)) {
		if (seen)
			no_answer(add_file(path), "dangling-link", UNSEEN,
				  "a link to a file that does not exist");
	} else if (type == FTW_SL && S_ISDIR(target.st_mode)) {
		return 0;
	} else if (!S_ISREG((type == FTW_SL ? &target : st)->st_mode)) {
		no_answer(add_file(path), "not-a-file", seen ? UNSEEN : ASIDE,
			  type_of((type == FTW_SL ? &target : st)->st_mode));
	} else if (seen) {
		add(path);
	} else if (is_misnamed(path)) {
		no_answer(add_file(path), "name-not-seen", UNSEEN, name_not_seen);
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct file *one = a, *other = b;

	return strcmp(one->path, other->path);
}

/* Add the modules below a directory. Returns false if the directory has no module. */
static bool add_tree(const char *path)
{
	unsigned int before = nr_files, modules = 0, i;
	char inside[PATH_MAX + 2];
	struct stat st;

	/* Follow the link if the given name is one */
	snprintf(inside, sizeof(inside), "%s%s", path,
		 lstat(path, &st) || S_ISLNK(st.st_mode) ? "/." : "");
	if (nftw(inside, add_entry, 16, FTW_PHYS | FTW_ACTIONRETVAL))
		die("%s: %s", path, strerror(errno));
	for (i = before; i < nr_files; i++)
		modules += files[i].trouble != ASIDE;
	qsort(files + before, nr_files - before, sizeof(*files), by_path);
	return modules;
}

/* Directories below a root that collect_root() has seen, or that no depmod reads */
static const char *const apart[] = { "/lib/modules", "/usr/lib/modules", "/usr/lib/debug" };
static size_t root_length;

/* Mention a module outside of lib/modules/RELEASE */
static int add_outside(const char *path, const struct stat *st, int type, struct FTW *where)
{
	size_t i;

	(void)st;
	(void)where;
	for (i = 0; i < ARRAY_SIZE(apart); i++)
		if (!strcmp(path + root_length, apart[i]))
			return FTW_SKIP_SUBTREE;
	if (type == FTW_F && depmod_sees(base_name(path)))
		no_answer(add_file(path), "outside-lib-modules", ASIDE,
			  "outside of lib/modules/RELEASE: depmod does not see it");
	return FTW_CONTINUE;
}

/* Add the modules of each release in lib/modules. Returns false if no release has a module. */
static bool add_releases(const char *directory)
{
	struct dirent **entries;
	int i, n = scandir(directory, &entries, NULL, alphasort);
	bool found = false;
	struct stat st;
	char *path;

	if (n < 0)
		die("%s: %s", directory, strerror(errno));
	for (i = 0; i < n; i++) {
		if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
			die("no memory");
		if (entries[i]->d_name[0] != '.' && !stat(path, &st) && S_ISDIR(st.st_mode))
			found |= add_tree(path);
		else if (depmod_sees(entries[i]->d_name))
			no_answer(add_file(path), "outside-lib-modules", ASIDE,
				  "outside of lib/modules/RELEASE: depmod does not see it");
		free(path);
		free(entries[i]);
	}
	free(entries);
	return found;
}

/**
 * collect_root() - add the modules of all releases below a root
 * @root: the directory that has lib/modules or usr/lib/modules
 *
 * Modules elsewhere below @root are only mentioned.
 */
void collect_root(const char *root)
{
	unsigned int i = nr_files;
	bool found = false, linked = false;
	struct stat st, other;
	char *path, *merged;

	if (asprintf(&path, "%s/lib/modules", root) < 0 ||
	    asprintf(&merged, "%s/usr/lib/modules", root) < 0)
		die("no memory");
	if (!stat(path, &st))
		found = add_releases(path);
	linked = !stat(merged, &other) && found && st.st_ino == other.st_ino &&
		 st.st_dev == other.st_dev;
	if (!linked && !access(merged, X_OK)) {
		found |= add_releases(merged);
		no_answer(add_file(merged), "outside-lib-modules", ASIDE,
			  "many a depmod reads only lib/modules, and no link called lib leads here");
	}
	if (!found)
		die("%s: no module in lib/modules/RELEASE or usr/lib/modules/RELEASE", root);
	root_length = strlen(root);
	if (nftw(root, add_outside, 16, FTW_PHYS | FTW_ACTIONRETVAL))
		die("%s: %s", root, strerror(errno));
	for (; i < nr_files; i++)
		files[i].root = root;
	free(path);
	free(merged);
}

/**
 * collect() - add a file, or the modules in a directory or a package
 * @path: name of the file, directory or package
 */
void collect(const char *path)
{
	struct stat st;

	bool is_there = !stat(path, &st);
	/* What is called a module is judged as one, whatever is in it */
	bool is_called_module = depmod_sees(base_name(path)) || strcasestr(base_name(path), ".ko.");

	if (is_there && S_ISDIR(st.st_mode)) {
		if (!add_tree(path))
			die("%s: no module in this directory (.ko, .ko.gz, .ko.xz, .ko.zst)", path);
		return;
	}
	if (!is_there || !S_ISREG(st.st_mode) || is_called_module || !collect_package(path))
		add(path);
}

/**
 * collect_from() - add the files and directories that a list names
 * @list: the list, with a NUL after each name, or "-" for stdin
 */
void collect_from(const char *list)
{
	FILE *names = strcmp(list, "-") ? open_file(list, "r") : stdin;
	unsigned int before = nr_files;
	char *path = NULL;
	size_t room = 0;

	while (getdelim(&path, &room, 0, names) > 0) {
		if (!*path)
			die("%s: an empty name in the list of files", list);
		collect(path);
	}
	free(path);
	if (ferror(names))
		die("%s: %s", list, strerror(errno));
	if (nr_files == before)
		die("%s: no name in the list of files", list);
}
