// SPDX-License-Identifier: GPL-2.0
/* See report.h. */
#include <string.h>

#include "report.h"
#include "../verdict/json_xml.h"

/* With less output than this, time is not spent on that */
#define SPEED_MIN	10000

/* Some kernels have no better clock in QEMU than one that ticks */
static bool has_speed(const struct file *file)
{
	return file->out.len >= SPEED_MIN && file->ns;
}

static double ms_per_mb(const struct file *file)
{
	return file->ns / 1e6 / (file->out.len / 1e6);
}

static void print_row(const struct file *file, const struct answer *answer,
		      int width)
{
	char bytes[24] = "-", speed[24] = "-";

	if (file->answered && !file->error) {
		snprintf(bytes, sizeof(bytes), "%llu", file->out.len);
		if (has_speed(file))
			snprintf(speed, sizeof(speed), "%.1f", ms_per_mb(file));
	}
	printf("%-*s  %-4s  %-15s %11s %5s %7s\n", width, file->shown,
	       formats[file->format].name,
	       verdict_name(file, answer->verdict), bytes,
	       !file->answered || file->error || file->tool_failed ? "-" :
	       same(&file->out, &file->tool) ? "yes" : "NO", speed);
	if (answer->why[0])
		printf("    %s\n", answer->why);
	if (answer->advice[0] && !is_fine(answer->verdict))
		printf("    to do: %s\n", answer->advice);
}

static void json_member(FILE *json, const char *name, const char *text)
{
	fprintf(json, ",\n      \"%s\": ", name);
	if (*text)
		json_string(json, text);
	else
		fputs("null", json);
}

static void json_row(FILE *json, const struct file *file,
		     const struct answer *answer)
{
	static const char *const names[] = {
		"right", "left to kmod", "wrong", "refused", "no answer",
	};
	bool taken = file->answered && !file->error;

	fputs("    {\n      ", json);
	json_name(json, file->path);
	json_member(json, "format", formats[file->format].name);
	json_member(json, "verdict", names[answer->verdict]);
	fprintf(json, ",\n      \"error\": %d", file->error);
	if (taken)
		fprintf(json, ",\n      \"bytes\": %llu,\n      \"same\": %s",
			file->out.len, answer->verdict == RIGHT ? "true" :
			file->tool_failed ? "null" :
			same(&file->out, &file->tool) ? "true" : "false");
	if (taken && has_speed(file))
		fprintf(json, ",\n      \"ms_per_mb\": %.3f", ms_per_mb(file));
	json_member(json, "said", file->said);
	json_member(json, "why", answer->why);
	json_member(json, "advice",
		    is_fine(answer->verdict) ? "" : answer->advice);
	fputs("\n    }", json);
}

static void write_json(FILE *json, const struct asked *asked,
		       const struct answer *answers)
{
	unsigned int i;

	fputs("{\n  \"kernel\": ", json);
	json_string(json, asked->kernel);
	fputs(",\n  \"judged_by\": ", json);
	json_string(json, asked->judges);
	fputs(",\n  \"files\": [\n", json);
	for (i = 0; i < nr_files; i++) {
		json_row(json, &files[i], &answers[i]);
		fputs(i + 1 < nr_files ? ",\n" : "\n", json);
	}
	fputs("  ]\n}\n", json);
}

static void xml_row(FILE *xml, const struct file *file,
		    const struct answer *answer)
{
	const char *element;

	fputs("    <testcase", xml);
	xml_attribute(xml, "classname", formats[file->format].name);
	xml_attribute(xml, "name", file->shown);
	fprintf(xml, " time=\"%.3f\"", file->ns / 1e9);
	if (is_fine(answer->verdict)) {
		fputs("/>\n", xml);
		return;
	}
	element = answer->verdict == NO_ANSWER ? "error" : "failure";
	fprintf(xml, ">\n      <%s", element);
	xml_attribute(xml, "type", verdict_name(file, answer->verdict));
	xml_attribute(xml, "message", answer->why);
	fputc('>', xml);
	if (answer->advice[0])
		fputs("to do: ", xml);
	xml_text(xml, answer->advice);
	fprintf(xml, "</%s>\n    </testcase>\n", element);
}

static void write_junit(FILE *xml, const struct asked *asked,
			const struct answer *answers, const unsigned int *counts)
{
	unsigned int i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite", xml);
	xml_attribute(xml, "name", asked->command);
	fprintf(xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"0\">\n",
		nr_files, counts[WRONG] + counts[REFUSED], counts[NO_ANSWER]);
	fputs("    <properties>\n      <property name=\"kernel\"", xml);
	xml_attribute(xml, "value", asked->kernel);
	fputs("/>\n      <property name=\"judged by\"", xml);
	xml_attribute(xml, "value", asked->judges);
	fputs("/>\n    </properties>\n", xml);
	for (i = 0; i < nr_files; i++)
		xml_row(xml, &files[i], &answers[i]);
	fputs("  </testsuite>\n</testsuites>\n", xml);
}

static void print_rows(const struct asked *asked, const struct answer *answers)
{
	unsigned int i;
	int width = 4;

	for (i = 0; i < nr_files; i++) {
		int length = strlen(files[i].shown);

		if (length > width && length <= 48)
			width = length;
	}
	printf("%-*s  %-4s  %-15s %11s %5s %7s\n", width, "file", "as", "answer",
	       "bytes out", "same", "ms/MB");
	for (i = 0; i < nr_files; i++)
		if (asked->rows == ALL_ROWS || !is_fine(answers[i].verdict))
			print_row(&files[i], &answers[i], width);
	printf("judged by %s\n", asked->judges);
}

static void print_counts(const struct asked *asked, const unsigned int *counts)
{
	if (counts[LEFT])
		printf("%s\n", asked->left);
	printf("%s: %s: of %u files, %u taken and right, %u wrong, %u refused",
	       asked->command, asked->kernel, nr_files, counts[RIGHT],
	       counts[WRONG], counts[REFUSED]);
	if (counts[LEFT])
		printf(", %u left to kmod", counts[LEFT]);
	if (counts[NO_ANSWER])
		printf(", %u without an answer", counts[NO_ANSWER]);
	putchar('\n');
}

/**
 * report() - tell of all files
 * @asked: who was asked, and how much is to be printed
 * @answers: what there is to tell, of each of the files
 * @json: to be written, or NULL
 * @junit: to be written, or NULL
 *
 * Return: 0 if all are taken and right, or else 1.
 */
int report(const struct asked *asked, const struct answer *answers, FILE *json,
	   FILE *junit)
{
	unsigned int counts[NR_VERDICTS] = { }, i, fine;

	for (i = 0; i < nr_files; i++)
		counts[answers[i].verdict]++;
	fine = counts[RIGHT] + counts[LEFT];
	if (asked->rows == ALL_ROWS || (asked->rows == BAD_ROWS && fine < nr_files)) {
		print_rows(asked, answers);
		print_counts(asked, counts);
	}
	if (json)
		write_json(json, asked, answers);
	if (junit)
		write_junit(junit, asked, answers, counts);
	return fine == nr_files ? 0 : 1;
}
