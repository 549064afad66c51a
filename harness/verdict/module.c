// SPDX-License-Identifier: GPL-2.0
/* Check that the output is a module. See load_module() in kernel/module/main.c. */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "kernel_config.h"

/* include/linux/module_signature.h */
static const char signature_magic[] = "~Module signature appended~\n";

/**
 * find() - add a finding to the result of a file
 * @result: the result
 * @id: the name of the finding for programs
 * @source: who or what causes it
 * @fatal: whether the file does not load because of it
 * @fmt: the finding in words, a format of printf()
 */
void find(struct result *result, const char *id, enum source source, bool fatal,
	  const char *fmt, ...)
{
	struct finding *finding = &result->findings[result->nr];
	va_list args;

	if (result->nr == FINDINGS_MAX)
		return;
	result->nr++;
	finding->id = id;
	finding->source = source;
	finding->fatal = fatal;
	va_start(args, fmt);
	vsnprintf(finding->text, sizeof(finding->text), fmt, args);
	va_end(args);
	if (fatal && result->outcome < FAILS)
		result->outcome = FAILS;
}

/**
 * ends_in_signature() - tell whether scripts/sign-file has signed a file
 * @in: the file
 * @size: its size in bytes
 *
 * Return: whether it ends in a signature. The signature is not verified.
 */
bool ends_in_signature(const unsigned char *in, size_t size)
{
	size_t length = strlen(signature_magic);

	return size >= length && !memcmp(in + size - length, signature_magic, length);
}

/* Read a field of 2, 4 or 8 bytes */
static unsigned long long field(const unsigned char *at, unsigned int bytes, bool big_endian)
{
	unsigned long long value = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		value = value << 8 | at[big_endian ? i : bytes - 1 - i];
	return value;
}

#define FIELD(at, is_64bit, type, member)						\
	((is_64bit) ?									\
	 field((at) + offsetof(Elf64_##type, member), sizeof(((Elf64_##type *)0)->member), big) : \
	 field((at) + offsetof(Elf32_##type, member), sizeof(((Elf32_##type *)0)->member), big))

static void cut_off(struct result *result, unsigned long long end, size_t len)
{
	find(result, "module-cut-off", BY_MODULE, true,
	     "part of a module: %zu bytes, and its sections end at byte %llu",
	     len, end);
}

/* Note the release in .modinfo for which the module was built */
static void note_vermagic(struct result *result, const unsigned char *info, size_t size)
{
	static const char key[] = "vermagic=";
	const unsigned char *end = info + size, *next;

	for (; info < end; info = next) {
		next = memchr(info, '\0', end - info) ?: end;
		if (next - info > (ssize_t)strlen(key) && !memcmp(info, key, strlen(key))) {
			info += strlen(key);
			snprintf(result->vermagic, sizeof(result->vermagic), "%.*s",
				 (int)(next - info), (const char *)info);
			result->vermagic[strcspn(result->vermagic, " ")] = '\0';
			return;
		}
		while (next < end && !*next)
			next++;
	}
}

/* An ELF file that contains its header and section table */
struct elf {
	const unsigned char *bytes;
	size_t len;
	bool is_64bit;
	bool big;
	unsigned long long table;
	unsigned long long count;
	unsigned long long names;
};

struct section {
	unsigned long long name;
	unsigned long long type;
	unsigned long long at;
	unsigned long long size;
};

static void read_section(const struct elf *elf, unsigned long long nr, struct section *section)
{
	bool big = elf->big;
	size_t size = elf->is_64bit ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	const unsigned char *header = elf->bytes + elf->table + nr * size;

	section->name = FIELD(header, elf->is_64bit, Shdr, sh_name);
	section->type = FIELD(header, elf->is_64bit, Shdr, sh_type);
	section->at = FIELD(header, elf->is_64bit, Shdr, sh_offset);
	section->size = FIELD(header, elf->is_64bit, Shdr, sh_size);
}

/* Read the ELF header; false, with a finding, if the file has no table of sections */
static bool read_header(struct result *result, struct elf *elf)
{
	const unsigned char *out = elf->bytes;
	unsigned long long type, size;
	bool wide, big;

	wide = elf->len > EI_CLASS && out[EI_CLASS] == ELFCLASS64;
	if (elf->len < (wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr))) {
		cut_off(result, sizeof(Elf64_Ehdr), elf->len);
		return false;
	}
	elf->is_64bit = wide;
	elf->big = out[EI_DATA] == ELFDATA2MSB;
	big = elf->big;
	type = FIELD(out, wide, Ehdr, e_type);
	result->machine = FIELD(out, wide, Ehdr, e_machine);
	elf->table = FIELD(out, wide, Ehdr, e_shoff);
	elf->count = FIELD(out, wide, Ehdr, e_shnum);
	elf->names = FIELD(out, wide, Ehdr, e_shstrndx);
	size = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	if (type != ET_REL) {
		find(result, "module-not-relocatable", BY_MODULE, true,
		     "a program or a library, and no module: ELF type %llu, where a module has %d",
		     type, ET_REL);
	} else if (elf->names >= elf->count || FIELD(out, wide, Ehdr, e_shentsize) != size) {
		find(result, "module-no-sections", BY_MODULE, true,
		     "an ELF file without a table of sections, and no module");
	} else if (elf->table > elf->len || elf->count * size > elf->len - elf->table) {
		cut_off(result, elf->table + elf->count * size, elf->len);
	} else {
		return true;
	}
	return false;
}

static size_t zeros_at_the_end(const unsigned char *out, size_t len)
{
	size_t n = 0;

	while (n < len && !out[len - 1 - n])
		n++;
	return n;
}

static bool is_called(const struct elf *elf, const struct section *section, const char *name)
{
	struct section names;
	size_t length = strlen(name) + 1;

	read_section(elf, elf->names, &names);
	return names.at <= elf->len && names.size <= elf->len - names.at &&
	       section->name < names.size && length <= names.size - section->name &&
	       !memcmp(elf->bytes + names.at + section->name, name, length);
}

/* See elf_validity_cache_copy() in the kernel; kmod needs .modinfo, too */
static void inspect_elf(struct result *result, const unsigned char *out, size_t len)
{
	bool symbols = false, this_module = false, modinfo = false;
	struct elf elf = { .bytes = out, .len = len };
	unsigned long long last, end, i;
	struct section section;

	if (!read_header(result, &elf))
		return;
	last = elf.table + elf.count * (elf.is_64bit ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
	for (i = 1; i < elf.count; i++) {
		read_section(&elf, i, &section);
		if (section.type == SHT_NULL && zeros_at_the_end(out, len)) {
			find(result, "module-cut-off", BY_MODULE, true,
			     "part of a module: it ends in %zu bytes of zero",
			     zeros_at_the_end(out, len));
			return;
		}
		if (section.type == SHT_NOBITS)
			continue;
		end = section.at + section.size;
		if (end > len || end < section.at) {
			cut_off(result, end, len);
			return;
		}
		if (end > last)
			last = end;
		symbols |= section.type == SHT_SYMTAB;
		if (is_called(&elf, &section, ".modinfo")) {
			modinfo = true;
			note_vermagic(result, out + section.at, section.size);
		}
		this_module |= is_called(&elf, &section, ".gnu.linkonce.this_module");
	}
	if (!this_module || !modinfo)
		find(result, "module-no-module", BY_MODULE, true,
		     "an object file, and no module: it has no section %s",
		     this_module ? ".modinfo" : ".gnu.linkonce.this_module");
	else if (!symbols)
		find(result, "module-stripped", BY_MODULE, true,
		     "a module without a table of symbols: strip has removed it");
	else if (memmem(out + last, len - last, "\177ELF", 4))
		find(result, "module-not-alone", BY_MODULE, true,
		     "another ELF file follows the module in it");
}

/**
 * inspect() - check that bytes are a module
 * @result: gets a finding if they are not
 * @kernel: the kernel that would load it
 * @out: the decompressed bytes
 * @len: their number
 */
void inspect(struct result *result, const struct kernel *kernel, const unsigned char *out,
	     size_t len)
{
	const struct kind *kind = kind_of(out, len);
	unsigned int before = result->nr;

	if (!strcmp(kind->id, "elf"))
		inspect_elf(result, out, len);
	else if (!len)
		find(result, "holds-nothing", BY_MODULE, true,
		     "empty: nothing comes out of it");
	else if (kind->compressed)
		find(result, "compressed-twice", BY_MODULE, true,
		     "compressed twice: what comes out is %s", kind->words);
	else
		find(result, "holds-no-module", BY_MODULE, true,
		     "it holds %s, and no module", kind->words);
	result->is_signed = ends_in_signature(out, len);
	if (result->nr > before)
		snprintf(result->advice, sizeof(result->advice), "%s",
			 !strcmp(result->findings[before].id, "compressed-twice") ?
			 "decompress it once" :
			 !strcmp(result->findings[before].id, "module-cut-off") ?
			 "get the file anew" : "put the module itself there");
	else if (kernel->wants_signature && !result->is_signed)
		find(result, "unsigned", BY_KERNEL, true,
		     "no signature inside, and the kernel loads signed modules only (CONFIG_MODULE_SIG_FORCE)");
}

/**
 * compare_release() - warn if a module was built for another kernel
 * @result: the result, after inspect(); gets a finding if it was
 * @target: the kernel in whose directory the module is
 */
void compare_release(struct result *result, const struct target *target)
{
	const struct kernel *kernel = &target->kernel;

	clean(result->vermagic);
	if (*target->release && result->vermagic[0] && strcmp(target->release, result->vermagic))
		find(result, "other-release", BY_NAME, false,
		     "built for %s, but in the directory of %s: a kernel without symbol versions (CONFIG_MODVERSIONS) refuses it",
		     result->vermagic, target->release);
	if (!result->machine || !target->config || !kernel->machines[0])
		return;
	if (kernel->machines[kernel->is_64bit] == result->machine)
		return;
	find(result, "other-machine", BY_NAME, false,
	     "built for %s, and the kernel is for %s",
	     machine_name(result->machine) ?: "another machine",
	     machine_name(kernel->machines[kernel->is_64bit]));
}
