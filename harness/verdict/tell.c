// SPDX-License-Identifier: GPL-2.0
/* Print the results, for people and for programs */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "json_xml.h"
#include "check.h"
#include "stock.h"

#define NAMES_SHOWN	10

static const char *const outcome_words[NR_OUTCOMES] = {
	[LOADS] = "loads", [FAILS] = "does not load", [NO_VERDICT] = "no answer",
};

/* Place in the counts for files without a verdict, which are only mentioned */
#define MENTIONED	NR_OUTCOMES

static const char *const source_words[] = {
	[BY_KERNEL] = "kernel", [BY_KMOD] = "kmod", [BY_MODULE] = "module", [BY_NAME] = "file",
};

static const char *answer_of(const struct file *file, const struct result *result)
{
	return file->trouble == ASIDE ? "only mentioned" : outcome_words[result->outcome];
}

static const char *judges(void)
{
	static char versions[160];

	stock_versions(versions, sizeof(versions));
	return versions;
}

static const char *decoder_of(const struct target *target)
{
	return !target->config || target->booted ? "a decoder for each format" :
	       target->kernel.decoder == NO_FORMAT ? "no decoder for modules" :
	       formats[target->kernel.decoder].name;
}

static void print_target(const struct target *target)
{
	const struct kernel *kernel = &target->kernel;
	char *release = printable(target->release);
	const char *colon = *release ? ": " : "";
	unsigned int major, minor;

	printf("%s%s%scode of %s, ", release, colon, target->booted ? "a booted kernel, " : "",
	       KERNEL_NAME);
	if (target->config)
		printf("configured by %s (%s): %s%s", printable(target->config),
		       kernel->version[0] ? kernel->version : "no version in it",
		       target->booted || kernel->decoder == NO_FORMAT ? "" : "a decoder for ",
		       decoder_of(target));
	else
		printf("any 64-bit configuration with %s", decoder_of(target));
	printf("\n%s%s%s\n", release, colon, target->kmod.words);
	free(release);
	if (kernel->wants_signature)
		puts("The kernel loads signed modules only. Who signed is not checked here.");
	else if (kernel->knows_signatures)
		puts("Not checked: lockdown and module.sig_enforce may ask for a signature.");
	if (sscanf(kernel->version, "%u.%u", &major, &minor) == 2 &&
	    kernel->release != VERSION(major, minor))
		puts("warning: the configuration is of another version than the kernel's code");
}

/* Files with the same causes and the same cure share a paragraph */
static bool is_alike(unsigned int a, unsigned int b, const struct result *results)
{
	const struct result *one = &results[a], *other = &results[b];
	bool same_text;
	unsigned int i;

	if (one->outcome != other->outcome || one->nr != other->nr ||
	    one->cure != other->cure || files[a].format != files[b].format ||
	    !one->rest != !other->rest || !files[a].package != !files[b].package ||
	    strcmp(one->advice, other->advice))
		return false;
	/* The text may say what to do, or depend on the kernel and on kmod */
	same_text = files[a].target_nr != files[b].target_nr ||
		    (one->nr && !strcmp(one->findings[0].id, "package-unread"));
	for (i = 0; i < one->nr; i++)
		if (strcmp(one->findings[i].id, other->findings[i].id) ||
		    (same_text && strcmp(one->findings[i].text, other->findings[i].text)))
			return false;
	return true;
}

static bool says_the_same(const unsigned int *group, unsigned int count, unsigned int nr,
			  const struct result *results)
{
	const char *text = results[group[0]].findings[nr].text;
	unsigned int i;

	for (i = 1; i < count; i++)
		if (strcmp(text, results[group[i]].findings[nr].text))
			return false;
	return true;
}

static void print_group(const struct options *options, const unsigned int *group,
			unsigned int count, const struct result *results)
{
	const struct result *first = &results[group[0]];
	bool is_packed = files[group[0]].package;
	unsigned int i, nr;

	printf("\n%s: %u file%s\n", first->outcome == LOADS ? "note" :
	       outcome_words[first->outcome], count, count > 1 ? "s" : "");
	for (nr = 0; nr < first->nr; nr++)
		printf("    %s: %s%s\n", source_words[first->findings[nr].source],
		       first->findings[nr].text,
		       says_the_same(group, count, nr, results) ? "" : ", and the like");
	for (i = 0; i < count; i++)
		if (i < NAMES_SHOWN || options->verbose)
			printf("  %s\n", files[group[i]].shown);
	if (count > NAMES_SHOWN && !options->verbose)
		printf("  and %u more (--verbose names them)\n", count - NAMES_SHOWN);
	if (first->advice[0])
		printf("    to do%s: %s\n", is_packed ? ", before the package is built" : "",
		       first->advice);
	if (first->cure) {
		printf("    run: ");
		print_cure(stdout, group, count, results);
		putchar('\n');
	}
}

static void print_groups(const struct options *options, const struct result *results)
{
	unsigned int *group = calloc(nr_files, sizeof(*group)), count, i, k;
	bool *told = calloc(nr_files, sizeof(*told));

	if (!group || !told)
		die("no memory");
	for (i = 0; i < nr_files; i++) {
		if (told[i] || !results[i].nr)
			continue;
		for (count = 0, k = i; k < nr_files; k++)
			if (!told[k] && is_alike(i, k, results)) {
				told[k] = true;
				group[count++] = k;
			}
		print_group(options, group, count, results);
	}
	free(group);
	free(told);
}

static void print_all(const struct options *options, const struct result *results,
		      const unsigned int *counts)
{
	unsigned int judged = nr_files - counts[MENTIONED], i, k;

	for (i = 0; i < nr_targets; i++)
		print_target(&targets[i]);
	for (i = 0; options->verbose && i < nr_files; i++) {
		printf("%s: %s", files[i].shown, answer_of(&files[i], &results[i]));
		for (k = 0; k < results[i].nr; k++)
			printf("%s%s", k ? ", " : ": ", results[i].findings[k].id);
		putchar('\n');
	}
	print_groups(options, results);
	printf("%s%s: of %u file%s, %u would load, %u would not",
	       counts[FAILS] + counts[NO_VERDICT] ? "\n" : "", program, judged,
	       judged > 1 ? "s" : "", counts[LOADS], counts[FAILS]);
	if (counts[NO_VERDICT])
		printf(", %u without an answer", counts[NO_VERDICT]);
	putchar('\n');
}

static void member(FILE *json, const char *name, const char *text)
{
	fprintf(json, ", \"%s\": ", name);
	if (text && *text)
		json_string(json, text);
	else
		fputs("null", json);
}

static void json_kernel(FILE *json, const struct file *file, const struct answer *answer)
{
	static const char *const verdicts[] = {
		"right", "left to kmod", "wrong", "refused", "no answer",
	};
	bool taken = file->answered && !file->error;

	fprintf(json, ",\n      \"kernel\": {\"verdict\": \"%s\", \"error\": %d",
		verdicts[answer->verdict], file->error);
	if (taken)
		fprintf(json, ", \"bytes\": %llu, \"same\": %s", file->out.len,
			answer->verdict == RIGHT ? "true" : file->tool_failed ? "null" :
			same(&file->out, &file->tool) ? "true" : "false");
	member(json, "said", file->said);
	member(json, "why", answer->why);
	member(json, "advice", is_fine(answer->verdict) ? "" : answer->advice);
	fputc('}', json);
}

static void json_file(FILE *json, unsigned int nr, const struct result *results)
{
	const struct result *result = &results[nr];
	const struct file *file = &files[nr];
	unsigned int i;

	fputs("    {\n      ", json);
	json_name(json, file->path);
	fputs(",\n      \"answer\": ", json);
	json_string(json, answer_of(file, result));
	member(json, "format", file->format == NO_FORMAT ? NULL : formats[file->format].name);
	fprintf(json, ", \"target\": %u", file->target_nr);
	if (!file->trouble && file->format != NO_FORMAT)
		json_kernel(json, file, &result->kernel);
	fputs(",\n      \"causes\": [", json);
	for (i = 0; i < result->nr; i++) {
		const struct finding *finding = &result->findings[i];

		fprintf(json, "%s\n        {\"id\": \"%s\", \"by\": \"%s\", \"fatal\": %s",
			i ? "," : "", finding->id, source_words[finding->source],
			finding->fatal ? "true" : "false");
		member(json, "text", finding->text);
		fputc('}', json);
	}
	fputc(']', json);
	member(json, "advice", result->advice);
	if (result->cure) {
		char *text = NULL;
		size_t size;
		FILE *memory = open_memstream(&text, &size);

		if (!memory)
			die("no memory");
		print_cure(memory, &nr, 1, results);
		fclose(memory);
		member(json, "cure", text);
		free(text);
	} else {
		member(json, "cure", NULL);
	}
	fputs("\n    }", json);
}

static void write_json(FILE *json, const struct result *results, const unsigned int *counts)
{
	unsigned int i;

	fprintf(json, "{\n  \"schema\": %d,\n  \"program\": \"%s %s\"", JSON_SCHEMA, program,
		CHECK_VERSION);
	member(json, "code", KERNEL_NAME);
	member(json, "libraries", judges());
	fprintf(json, ",\n  \"counts\": {\"files\": %u, \"load\": %u", nr_files - counts[MENTIONED],
		counts[LOADS]);
	fprintf(json, ", \"do not load\": %u, \"no answer\": %u}", counts[FAILS],
		counts[NO_VERDICT]);
	fputs(",\n  \"targets\": [", json);
	for (i = 0; i < nr_targets; i++) {
		const struct target *target = &targets[i];

		fprintf(json, "%s\n    {\"number\": %u", i ? "," : "", i);
		member(json, "release", target->release);
		member(json, "configuration", target->config);
		member(json, "version", target->kernel.version);
		member(json, "decoder", decoder_of(target));
		if (target->booted)
			fputs(", \"booted\": true", json);
		fprintf(json, ", \"kmod\": %u", target->kmod.version);
		member(json, "kmod_says", target->kmod.words);
		fputc('}', json);
	}
	fputs("\n  ],\n  \"files\": [\n", json);
	for (i = 0; i < nr_files; i++) {
		json_file(json, i, results);
		fputs(i + 1 < nr_files ? ",\n" : "\n", json);
	}
	fputs("  ]\n}\n", json);
}

static void xml_file(FILE *xml, const struct file *file, const struct result *result)
{
	const char *element = result->outcome == NO_VERDICT ? "error" : "failure";
	unsigned int i;

	fputs("    <testcase", xml);
	xml_attribute(xml, "classname", file->format == NO_FORMAT ? "file" :
		      formats[file->format].name);
	xml_attribute(xml, "name", file->shown);
	fprintf(xml, " time=\"%.3f\"", file->ns / 1e9);
	if (file->trouble == ASIDE || result->outcome == LOADS) {
		fputs(file->trouble == ASIDE ? "><skipped/></testcase>\n" : "/>\n", xml);
		return;
	}
	fprintf(xml, ">\n      <%s", element);
	xml_attribute(xml, "type", result->nr ? result->findings[0].id : "unexplained");
	xml_attribute(xml, "message", result->nr ? result->findings[0].text : "");
	fputc('>', xml);
	for (i = 0; i < result->nr; i++) {
		xml_text(xml, result->findings[i].id);
		fputs(": ", xml);
		xml_text(xml, result->findings[i].text);
		fputc('\n', xml);
	}
	if (result->advice[0])
		fputs("to do: ", xml);
	xml_text(xml, result->advice);
	fprintf(xml, "</%s>\n    </testcase>\n", element);
}

static void write_junit(FILE *xml, const struct result *results, const unsigned int *counts)
{
	unsigned int i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite", xml);
	xml_attribute(xml, "name", program);
	fprintf(xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n", nr_files,
		counts[FAILS], counts[NO_VERDICT], counts[MENTIONED]);
	fputs("    <properties>\n      <property name=\"kernel\"", xml);
	xml_attribute(xml, "value", KERNEL_NAME);
	fputs("/>\n      <property name=\"judged by\"", xml);
	xml_attribute(xml, "value", judges());
	fputs("/>\n    </properties>\n", xml);
	for (i = 0; i < nr_files; i++)
		xml_file(xml, &files[i], &results[i]);
	fputs("  </testsuite>\n</testsuites>\n", xml);
}

/**
 * tell() - print the results of all files
 * @options: how much to print
 * @results: a result for each of the files
 * @json: where to write JSON, or NULL; on stdout it replaces the text
 * @junit: where to write JUnit XML, or NULL
 *
 * Return: the exit status.
 */
int tell(const struct options *options, const struct result *results, FILE *json,
	 FILE *junit)
{
	unsigned int counts[NR_OUTCOMES + 1] = { }, i;

	for (i = 0; i < nr_files; i++)
		counts[files[i].trouble == ASIDE ? MENTIONED : results[i].outcome]++;
	if (json != stdout && (!options->quiet || counts[FAILS] + counts[NO_VERDICT]))
		print_all(options, results, counts);
	if (json)
		write_json(json, results, counts);
	if (junit)
		write_junit(junit, results, counts);
	return counts[NO_VERDICT] ? 2 : counts[FAILS] ? 1 : 0;
}
