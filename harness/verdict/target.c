// SPDX-License-Identifier: GPL-2.0
/* Choose the kernel and the kmod for a file, by the release in its path */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_config.h"
#include "check.h"
#include "package.h"

struct target *targets;
unsigned int nr_targets;

static char *__attribute__((format(printf, 1, 2))) text(const char *fmt, ...)
{
	va_list args;
	char *result;

	va_start(args, fmt);
	if (vasprintf(&result, fmt, args) < 0)
		die("no memory");
	va_end(args);
	return result;
}

/*
 * Make a path absolute: resolve links in the directory, but do not follow the file itself, which
 * may be a link to a file outside lib/modules
 */
static char *absolute(const char *path)
{
	char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL, *dir, *result;

	if (!copy)
		die("no memory");
	if (slash)
		*slash = '\0';
	dir = realpath(!slash ? "." : *copy ? copy : "/", NULL);
	result = dir ? text("%s/%s", dir, slash ? slash + 1 : copy) : strdup(path);
	free(dir);
	free(copy);
	return result;
}

/* Split ROOT/lib/modules/RELEASE/...; false if the path is not like that */
static bool split(const struct file *file, char **root, char **release)
{
	static const char part[] = "/lib/modules/";
	char *whole = file->package ? text("/%s", file->path + strlen(file->outer) + strlen(": ")) :
		      absolute(file->path);
	char *at = whole, *last = NULL;
	size_t length;

	while ((at = strstr(at, part)))
		last = at++;
	if (last && strchr(last + strlen(part), '/')) {
		length = strcspn(last + strlen(part), "/");
		*release = strndup(last + strlen(part), length);
		*last = '\0';
		length = strlen(whole);
		if (length >= 4 && !strcmp(whole + length - 4, "/usr"))
			whole[length - 4] = '\0';
		*root = file->package ? file->outer : whole;
		return true;
	}
	if (file->package)
		*root = file->outer;
	free(whole);
	return false;
}

/* Open a file below the root of a module, or below usr in it; *path gets its name */
static FILE *open_below(const struct file *file, const char *root, const char *name, char **path)
{
	FILE *found;

	*path = text(file->package ? "%s: %s" : "%s/%s", root, name);
	if (file->package)
		return open_beside(file->package, root, name);
	found = fopen(*path, "r");
	if (!found) {
		free(*path);
		*path = text("%s/usr/%s", root, name);
		found = fopen(*path, "r");
	}
	return found;
}

static void read_config(struct target *target, FILE *file, const char *path)
{
	struct kernel *kernel = &target->kernel;

	target->error = read_kernel_config(kernel, file);
	if (!target->error && !kernel->has_modules)
		target->error = "that kernel loads no modules (CONFIG_MODULES is not set)";
	target->config = strdup(path);
	fclose(file);
}

/* Read the configuration of the release, if there is one beside the module */
static void read_config_beside(struct target *target, const struct file *file)
{
	static const char *const places[] = {
		"lib/modules/%s/config", "lib/modules/%s/build/.config", "boot/config-%s",
	};
	char *name, *path;
	FILE *config;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places) && !target->config; i++) {
		name = text(places[i], target->release);
		config = open_below(file, target->root, name, &path);
		if (config)
			read_config(target, config, path);
		free(path);
		free(name);
	}
}

/* Find out which kmod is installed beside the module; false if none is */
static bool find_kmod(struct target *target, const struct file *file)
{
	static const char *const places[] = { "bin/kmod", "sbin/kmod" };
	bool found = false;
	char *path;
	FILE *kmod;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places) && !found; i++) {
		kmod = open_below(file, target->root, places[i], &path);
		found = kmod && kmod_of_program(&target->kmod, kmod, path);
		if (kmod)
			fclose(kmod);
		free(path);
	}
	return found;
}

static void any_kernel(struct target *target)
{
	target->kernel.is_64bit = true;
	target->kernel.decoder = NO_FORMAT;
	set_all_bcj(&target->kernel);
}

static unsigned int code_release(void)
{
	unsigned int major, minor;

	return sscanf(KERNEL_NAME, "linux %u.%u", &major, &minor) == 2 ?
	       VERSION(major, minor) : 0;
}

static void add_target(const struct options *options, const struct file *file, const char *root,
		       const char *release)
{
	struct target *target;
	unsigned int code = code_release();
	FILE *kmod;

	targets = realloc(targets, (nr_targets + 1) * sizeof(*targets));
	if (!targets)
		die("no memory");
	target = memset(&targets[nr_targets++], 0, sizeof(*target));
	target->root = strdup(root);
	target->release = strdup(release);
	target->kernel.release = code;
	if (options->kconfig && strcmp(options->kconfig, "any"))
		read_config(target, open_file(options->kconfig, "r"), options->kconfig);
	if (target->error)
		die("%s: %s", options->kconfig, target->error);
	if (!options->kconfig && *release)
		read_config_beside(target, file);
	target->kernel.release = code;
	target->booted = *options->boot;
	if (!target->config)
		any_kernel(target);
	if (options->kmod && strchr(options->kmod, '/')) {
		kmod = open_file(options->kmod, "r");
		if (!kmod_of_program(&target->kmod, kmod, options->kmod))
			die("--kmod=%s: this program is not kmod", options->kmod);
		fclose(kmod);
	} else if (options->kmod) {
		if (!parse_kmod(&target->kmod, options->kmod))
			die("--kmod=%s: neither none nor such as 30, 34 or 34+ZLIB, nor a path",
			    options->kmod);
	} else if (!(*release && find_kmod(target, file))) {
		parse_kmod(&target->kmod, "34");
		snprintf(target->kmod.words, sizeof(target->kmod.words),
			 "kmod 34 without zlib, the strictest, is assumed: no kmod found beside these files");
	}
}

/**
 * choose_targets() - choose the kernel and the kmod for each file
 * @options: options that may name them
 */
void choose_targets(const struct options *options)
{
	unsigned int i, t;

	for (i = 0; i < nr_files; i++) {
		char *root = "", *release = "";

		/* What is only mentioned needs no kernel: want_modules() says that there is more */
		if (files[i].trouble == ASIDE)
			continue;
		split(&files[i], &root, &release);
		for (t = 0; t < nr_targets; t++)
			if (!strcmp(targets[t].root, root) &&
			    !strcmp(targets[t].release, release))
				break;
		if (t == nr_targets)
			add_target(options, &files[i], root, release);
		files[i].target_nr = t;
	}
}

/**
 * has_decoder() - tell whether a kernel decompresses modules of a format
 * @target: the kernel
 * @format: the format
 *
 * Return: whether it does. A booted kernel has the suite, and so it has all decoders.
 */
bool has_decoder(const struct target *target, enum format format)
{
	return !target->config || target->booted || target->kernel.decoder == format;
}
