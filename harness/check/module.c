// SPDX-License-Identifier: GPL-2.0
/* What comes out of a file: is it a module? See load_module() in kernel/module/main.c. */
#define _GNU_SOURCE
#include <elf.h>
#include <endian.h>
#include <stdarg.h>
#include <string.h>

#include "../replay/magic.h"
#include "check.h"

/* include/linux/module_signature.h */
static const char signature_magic[] = "~Module signature appended~\n";

/**
 * find() - note what is to be told of a file
 * @result: gets it
 * @id: its name, which stays
 * @source: who has this reason
 * @fatal: whether the file does not load for it
 * @fmt: the words, as printf() has it
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
 * ends_in_signature() - whether scripts/sign-file has been over some bytes
 * @in: the bytes
 * @size: their number
 *
 * Return: that; what the signature is worth is not looked at.
 */
bool ends_in_signature(const unsigned char *in, size_t size)
{
	size_t length = strlen(signature_magic);

	return size >= length && !memcmp(in + size - length, signature_magic, length);
}

/* A field of 2, 4 or 8 bytes */
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

static void __attribute__((format(printf, 2, 3)))
advise(struct result *result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(result->advice, sizeof(result->advice), fmt, args);
	va_end(args);
}

static void cut_off(struct result *result, unsigned long long end, size_t len)
{
	find(result, "module-cut-off", BY_MODULE, true,
	     "what comes out is part of a module: %zu bytes, and its sections end at byte %llu",
	     len, end);
}

static void inspect_elf(struct result *result, const unsigned char *out, size_t len)
{
	bool wide, big;
	unsigned long long table, count, size, end, last, at, i;

	if (len < sizeof(Elf32_Ehdr) || (out[EI_CLASS] == ELFCLASS64 && len < sizeof(Elf64_Ehdr))) {
		cut_off(result, sizeof(Elf64_Ehdr), len);
		return;
	}
	wide = out[EI_CLASS] == ELFCLASS64;
	big = out[EI_DATA] == ELFDATA2MSB;
	if (FIELD(out, wide, Ehdr, e_type) != ET_REL) {
		find(result, "module-not-relocatable", BY_MODULE, true,
		     "what comes out is a program or a library, and no module: ELF type %llu, where a module has %d",
		     FIELD(out, wide, Ehdr, e_type), ET_REL);
		return;
	}
	table = FIELD(out, wide, Ehdr, e_shoff);
	count = FIELD(out, wide, Ehdr, e_shnum);
	size = wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	if (!count || FIELD(out, wide, Ehdr, e_shentsize) != size) {
		find(result, "module-no-sections", BY_MODULE, true,
		     "what comes out is an ELF file without sections, and no module");
		return;
	}
	if (table > len || count * size > len - table) {
		cut_off(result, table + count * size, len);
		return;
	}
	last = table + count * size;
	for (i = 0; i < count; i++) {
		const unsigned char *section = out + table + i * size;

		at = FIELD(section, wide, Shdr, sh_offset);
		end = at + FIELD(section, wide, Shdr, sh_size);
		if (FIELD(section, wide, Shdr, sh_type) == SHT_NOBITS)
			continue;
		if (end > len || end < at) {
			cut_off(result, end, len);
			return;
		}
		if (end > last)
			last = end;
	}
	if (memmem(out + last, len - last, "\177ELF", 4))
		find(result, "module-not-alone", BY_MODULE, true,
		     "another ELF file follows the module in it");
}

/**
 * inspect() - look whether bytes are a module
 * @result: gets what they are if not
 * @kernel: that is to load it
 * @out: the bytes, as they are after decompression
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
	if (result->nr > before)
		advise(result, strcmp(result->findings[before].id, "compressed-twice") ?
		       "get the file anew" : "decompress it once");
	else if (kernel->wants_signature && !ends_in_signature(out, len))
		find(result, "unsigned", BY_KERNEL, true,
		     "no signature inside, and the kernel loads signed modules only (CONFIG_MODULE_SIG_FORCE)");
}
