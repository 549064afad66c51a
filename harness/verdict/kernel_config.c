// SPDX-License-Identifier: GPL-2.0
/* See kernel_config.h. A later line overrides an earlier one, as in the kernel's kconfig. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_config.h"
#include "stock.h"

#define CONFIG_MAX	(16 * MIB)

/* Options of the choice between the decoders: the last one that is set wins */
static const char *const decoder_configs[NR_FORMATS] = {
	"MODULE_COMPRESS_GZIP", "MODULE_COMPRESS_XZ", "MODULE_COMPRESS_ZSTD",
};

/* The machine in the ELF headers of modules, for a 32-bit and for a 64-bit kernel */
static const struct {
	const char *config;
	unsigned int machines[2];
} architectures[] = {
	{ "X86", { EM_386, EM_X86_64 } }, { "ARM", { EM_ARM, EM_ARM } },
	{ "ARM64", { EM_AARCH64, EM_AARCH64 } }, { "RISCV", { EM_RISCV, EM_RISCV } },
	{ "S390", { EM_S390, EM_S390 } }, { "PPC", { EM_PPC, EM_PPC64 } },
	{ "MIPS", { EM_MIPS, EM_MIPS } }, { "SPARC", { EM_SPARC, EM_SPARCV9 } },
	{ "LOONGARCH", { EM_LOONGARCH, EM_LOONGARCH } }, { "M68K", { EM_68K, EM_68K } },
};

/* As ARCH= or the tools for the machine name it */
static const struct {
	unsigned int machine;
	const char *name;
} machine_names[] = {
	{ EM_386, "i386" }, { EM_X86_64, "x86-64" }, { EM_ARM, "arm" }, { EM_AARCH64, "arm64" },
	{ EM_RISCV, "riscv" }, { EM_S390, "s390" }, { EM_PPC, "powerpc" },
	{ EM_PPC64, "powerpc64" }, { EM_MIPS, "mips" }, { EM_SPARC, "sparc" },
	{ EM_SPARCV9, "sparc64" }, { EM_LOONGARCH, "loongarch" }, { EM_68K, "m68k" },
};

/**
 * machine_name() - name a machine
 * @machine: its number in the header of an ELF file
 *
 * Return: the name, or NULL if it is none that read_kernel_config() knows.
 */
const char *machine_name(unsigned int machine)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(machine_names); i++)
		if (machine_names[i].machine == machine)
			return machine_names[i].name;
	return NULL;
}

/* Replace a compressed configuration by its content; false if it is damaged or too large */
static bool decompress(char **text, size_t *size, enum format format)
{
	struct file file = { .format = format, .size = *size };
	const unsigned char *out;

	ask_stock(&file, (unsigned char *)*text);
	out = stock_output(size);
	if (file.tool_failed || *size > CONFIG_MAX)
		return false;
	free(*text);
	*text = malloc(*size + 1);
	if (!*text)
		die("no memory");
	if (*size)
		memcpy(*text, out, *size);
	return true;
}

/* Return the content of the file as a string, which the caller frees; NULL with the reason */
static char *read_text(FILE *file, const char **error)
{
	char *text = malloc(CONFIG_MAX + 1);
	enum format format;
	size_t size = 0;

	*error = "no memory";
	if (text) {
		size = fread(text, 1, CONFIG_MAX, file);
		*error = ferror(file) ? strerror(errno) : NULL;
	}
	if (!*error) {
		format = format_by_content((unsigned char *)text, size);
		if (format != NO_FORMAT && !decompress(&text, &size, format))
			*error = "cut off or damaged: it does not decompress";
	}
	if (*error) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

/* "CONFIG_NAME=y" and "# CONFIG_NAME is not set"; NULL for any other line */
static char *name_and_value(char *line, bool *set)
{
	static const char unset[] = " is not set";
	char *end;

	if (!strncmp(line, "# CONFIG_", 9)) {
		end = strstr(line, unset);
		if (!end || end[strlen(unset)])
			return NULL;
		*end = '\0';
		*set = false;
		return line + 9;
	}
	end = strchr(line, '=');
	if (strncmp(line, "CONFIG_", 7) || !end)
		return NULL;
	*end = '\0';
	*set = strcmp(end + 1, "n") != 0;
	return line + 7;
}

static void set_option(struct kernel *kernel, const char *name, bool set)
{
	const struct {
		const char *name;
		bool *is;
	} options[] = {
		{ "64BIT", &kernel->is_64bit },
		{ "HIGHMEM", &kernel->has_highmem },
		{ "MODULES", &kernel->has_modules },
		{ "MODULE_SIG_FORCE", &kernel->wants_signature },
		{ "MODULE_SIG", &kernel->knows_signatures },
		{ "MODULE_DECOMPRESS", &kernel->decompresses },
	};
	enum format f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(name, options[i].name))
			*options[i].is = set;
	for (f = 0; f < NR_FORMATS; f++)
		if (!strcmp(name, decoder_configs[f])) {
			if (set)
				kernel->decoder = f;
			else if (kernel->decoder == f)
				kernel->decoder = NO_FORMAT;
		}
	if (!strcmp(name, "MODULE_COMPRESS_NONE") && set)
		kernel->decoder = NO_FORMAT;
	for (i = 0; i < ARRAY_SIZE(architectures); i++)
		if (set && !strcmp(name, architectures[i].config))
			memcpy(kernel->machines, architectures[i].machines,
			       sizeof(kernel->machines));
	set_bcj(kernel, name, set);
}

/*
 * Is the configuration whole? A defconfig or a fragment lacks options that kconfig would add, and
 * a file that is cut off lacks its end. A whole configuration names the compiler at its
 * beginning. If it has the comments of kconfig, it also has the last of these at its end.
 */
static bool is_whole(const char *text)
{
	size_t length = strlen(text);

	return length && text[length - 1] == '\n' &&
	       strstr(text, "CONFIG_CC_VERSION_TEXT=") &&
	       (!strstr(text, "\n# end of General setup\n") ||
		strstr(text, "\n# end of Kernel hacking\n"));
}

/**
 * read_kernel_config() - read what a kernel's configuration says about modules and decoders
 * @kernel: gets what the configuration says
 * @file: the .config, which may be compressed by gzip, xz or zstd
 *
 * Return: NULL, or what is wrong with the file.
 */
const char *read_kernel_config(struct kernel *kernel, FILE *file)
{
	char *text, *line, *next, *name;
	const char *error;
	bool set;

	memset(kernel, 0, sizeof(*kernel));
	kernel->decoder = NO_FORMAT;
	text = read_text(file, &error);
	if (!text)
		return error;
	if (!strstr(text, "CONFIG_"))
		error = "not the configuration of a kernel";
	else if (!is_whole(text))
		error = "not a whole configuration: complete it with make olddefconfig";
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		/* Such as "# Linux/x86 6.12.117 Kernel Configuration" */
		if (sscanf(line, "# Linux/%*s %63s Kernel", kernel->version) == 1)
			continue;
		name = name_and_value(line, &set);
		if (name)
			set_option(kernel, name, set);
	}
	free(text);
	if (!kernel->decompresses)
		kernel->decoder = NO_FORMAT;
	return error;
}
