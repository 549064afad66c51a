// SPDX-License-Identifier: GPL-2.0
/* See judge.h. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "judge.h"

/*
 * Two bugs that the suite reports for kernels as shipped, whatever the file. Without
 * patches/0001 a kernel unmaps other pages than it mapped, which is harmful only with highmem.
 * Without patches/0004 a kernel allocates a window before it checks the size, which does not
 * change the output.
 */
static const char bug_0001[] = "[mapping: unmapped by an address outside the page]";
static const char bug_0004[] = "[memory: more than any decoder uses]";

/**
 * add_fault() - note a fault of the kernel that the suite reports
 * @file: the file that the kernel decompressed
 * @report: the text below "EXPECTATION FAILED"
 */
void add_fault(struct file *file, const char *report)
{
	if (strstr(report, bug_0001))
		file->has_bug_0001 = true;
	else if (strstr(report, bug_0004))
		file->has_bug_0004 = true;
	else if (!file->fault[0])
		snprintf(file->fault, sizeof(file->fault), "%s",
			 report + strspn(report, " "));
}

static void __attribute__((format(printf, 2, 3)))
because(struct answer *answer, const char *fmt, ...)
{
	size_t used = strlen(answer->why);
	va_list args;

	if (used)
		used += snprintf(answer->why + used, sizeof(answer->why) - used,
				 "; ");
	va_start(args, fmt);
	vsnprintf(answer->why + used, sizeof(answer->why) - used, fmt, args);
	va_end(args);
}

/* Keep the first cause: the later ones follow from it */
static void cause_is(struct answer *answer, const char *cause)
{
	if (!answer->cause)
		answer->cause = cause;
}

static void __attribute__((format(printf, 2, 3)))
advise(struct answer *answer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(answer->advice, sizeof(answer->advice), fmt, args);
	va_end(args);
}

/**
 * same() - compare the output of two decompressors
 * @a: output of one
 * @b: output of the other
 *
 * Return: whether they are the same.
 */
bool same(const struct output *a, const struct output *b)
{
	return a->len == b->len && a->crc == b->crc && a->adler == b->adler;
}

static bool is_cut_off(const struct file *file)
{
	return strstr(file->tool_says, "nexpected end of") ||
	       strstr(file->tool_says, "premature end");
}

/**
 * is_damaged() - answer that a file is damaged or cut off
 * @answer: gets the cause, the reason and the advice
 * @file: the file, which the stock tool refuses
 */
void is_damaged(struct answer *answer, const struct file *file)
{
	const char *tool = formats[file->format].tool;

	if (is_cut_off(file)) {
		cause_is(answer, "cut-off");
		because(answer, "it is cut off after %lld bytes: %s says \"%s\"", file->size,
			tool, file->tool_says);
	} else {
		cause_is(answer, "damaged");
		because(answer, "it is damaged: %s says \"%s\"", tool, file->tool_says);
	}
	advise(answer, "get the file anew");
}

static void why_refused(struct answer *answer, const struct file *file,
			const struct explanation *e)
{
	const char *tool = formats[file->format].tool;
	/* XZ_DATA_ERROR or XZ_BUF_ERROR: the decoder has accepted the headers */
	bool data_error = strstr(file->said, "status 7") ||
			  strstr(file->said, "status 8");
	/* Without patches/0002 the kernel returns EINVAL for XZ_MEM_ERROR */
	bool no_memory = file->error == -ENOMEM ||
			 (file->format == XZ && strstr(file->said, "status 3"));

	if (e->unsupported[0] && !(file->format == XZ && data_error)) {
		cause_is(answer, e->cause);
		because(answer, "%s", e->unsupported);
		advise(answer, "%s", e->advice);
		return;
	}
	if (file->tool_failed) {
		is_damaged(answer, file);
	} else if (file->format == XZ && strstr(file->said, "status 4")) {
		cause_is(answer, "xz-dictionary");
		because(answer, "a dictionary of %llu MiB, more than this kernel allows",
			(e->memory + MIB - 1) / MIB);
		advise(answer, "%s", e->advice);
	} else if (no_memory) {
		cause_is(answer, "no-memory");
		if (e->memory > file->tool.len) {
			because(answer, "no memory: a dictionary or window of %llu MiB at once",
				(e->memory + MIB - 1) / MIB);
			advise(answer, "%s", e->advice);
		} else {
			because(answer, "no memory: %s%llu MiB come out",
				file->tool.len > OUTPUT_MAX ? "more than " : "",
				file->tool.len / MIB);
			advise(answer, "look at what is in it: no module is that large");
		}
	} else {
		cause_is(answer, "unexplained");
		because(answer, "%s takes it, and nothing in the file explains it",
			tool);
	}
}

static void why_wrong(struct answer *answer, const struct file *file,
		      const struct explanation *e)
{
	const struct format_info *format = &formats[file->format];

	advise(answer, "%s", e->advice);
	if (e->unsupported[0]) {
		cause_is(answer, e->cause);
		because(answer, "%s", e->unsupported);
	} else if (file->tool_failed && strstr(file->tool_says, "supported")) {
		cause_is(answer, "unexplained");
		because(answer,
			"the %s in this program is too old to know the right output: it says \"%s\"",
			format->tool, file->tool_says);
		advise(answer, "build the program with a newer %s", format->tool);
	} else if (file->tool_failed) {
		is_damaged(answer, file);
		because(answer, file->format == ZSTD && is_cut_off(file) ?
			"no kernel since 6.2 notices (patches/0003)" :
			"the kernel does not notice");
	} else if (e->parts > 1) {
		cause_is(answer, "more-than-one");
		because(answer, "%u %ss, of which the kernel takes the first: %llu of %llu bytes",
			e->parts, format->part, file->out.len, file->tool.len);
	} else {
		cause_is(answer, "unexplained");
		because(answer, "other bytes come out, and nothing in the file explains it");
		answer->advice[0] = '\0';
	}
}

static void why_at_fault(struct answer *answer, const struct file *file, bool has_bug)
{
	if (answer->verdict == RIGHT) {
		answer->verdict = WRONG;
		if (has_bug)
			advise(answer, "use another format there, or a kernel that has the fix");
	}
	if (has_bug)
		because(answer,
			"this kernel unmaps other pages than it mapped (patches/0001): with highmem, on 32-bit, modules may come out damaged; x86_64 has no highmem");
	cause_is(answer, has_bug ? "kernel-bug-0001" : "kernel-fault");
	if (file->fault[0])
		because(answer, "the suite reports: %s", file->fault);
}

/**
 * judge() - tell what a kernel makes of a file, and why
 * @answer: gets the verdict and the reason
 * @file: the file, with what the kernel and the stock tool said
 * @e: the explanation of the file
 * @kernel: the kernel that was asked
 */
void judge(struct answer *answer, const struct file *file, const struct explanation *e,
	   const struct kernel *kernel)
{
	const struct format_info *format = &formats[file->format];
	bool has_bug = file->has_bug_0001 && kernel->has_highmem && !kernel->is_64bit;
	const char *words;

	memset(answer, 0, sizeof(*answer));
	if (!file->asked) {
		answer->verdict = NO_ANSWER;
		because(answer, file->over ?
			"the suite skipped it after too many errors of the kernel before it" :
			"the kernel died before it came to this file");
		advise(answer, "ask about it without the files before it");
	} else if (!file->over) {
		answer->verdict = WRONG;
		cause_is(answer, "kernel-died");
		because(answer, "the kernel did not return from decompressing it");
	} else if (!file->answered) {
		/* Only zstd can be unknown: it was added later. */
		answer->verdict = has_bug || file->fault[0] ? WRONG :
				  file->format == ZSTD ? REFUSED : NO_ANSWER;
		if (answer->verdict == REFUSED) {
			cause_is(answer, "kernel-no-zstd");
			because(answer,
				"the decompress.c of this kernel does not know %s: 6.2 and later do",
				format->name);
			advise(answer, "compress with %s", formats[XZ].advice);
		} else {
			because(answer, "the kernel's log has no result for it");
		}
	} else if (file->error) {
		answer->verdict = REFUSED;
		why_refused(answer, file, e);
	} else if (e->rest && e->parts == 1 && same(&file->out, &file->tool)) {
		/* Zero padding alone is no reason, if the stock tool accepts it */
		if (file->tool_failed || e->trailing)
			because(answer, "%zu bytes after the %s, which the kernel ignores",
				e->rest, format->part);
	} else if (file->tool_failed || !same(&file->out, &file->tool)) {
		answer->verdict = WRONG;
		why_wrong(answer, file, e);
	}
	words = status_in_words(file->format, file->said);
	if (file->said[0])
		because(answer, words ? "the kernel says \"%s\" (%s)" :
			"the kernel says \"%s\"", file->said, words);
	if ((has_bug || file->fault[0]) && answer->verdict != NO_ANSWER)
		why_at_fault(answer, file, has_bug);
	/* The text may have been cut in the middle of a character. */
	clean(answer->why);
}
