// SPDX-License-Identifier: GPL-2.0
/* See json_xml.h. */
#include <ctype.h>
#include <string.h>

#include "file.h"
#include "json_xml.h"

/**
 * json_string() - write a string
 * @json: stream to write to
 * @text: the string; bytes that are not UTF-8 become U+FFFD
 */
void json_string(FILE *json, const char *text)
{
	unsigned int code, n;

	fputc('"', json);
	for (; *text; text += n) {
		n = utf8(text, &code);
		if (!n) {
			fputs("\\ufffd", json);
			n = 1;
		} else if (code == '"' || code == '\\') {
			fprintf(json, "\\%c", code);
		} else if (code < ' ' || code == 0x7f) {
			fprintf(json, "\\u%04x", code);
		} else {
			fwrite(text, 1, n, json);
		}
	}
	fputc('"', json);
}

static bool is_utf8(const char *text)
{
	unsigned int code, n;

	for (; *text; text += n) {
		n = utf8(text, &code);
		if (!n)
			return false;
	}
	return true;
}

/**
 * json_name() - write the name of a file, as the first member of an object
 * @json: stream to write to
 * @path: the name
 *
 * The member "file" is for people to read. If the name is not UTF-8, "file_bytes" has it
 * percent-encoded, for programs: urllib.parse.unquote_to_bytes() in Python decodes it.
 */
void json_name(FILE *json, const char *path)
{
	fputs("\"file\": ", json);
	json_string(json, path);
	if (is_utf8(path))
		return;
	fputs(",\n      \"file_bytes\": \"", json);
	for (; *path; path++)
		fprintf(json, isalnum((unsigned char)*path) ||
			strchr("-._~/", *path) ? "%c" : "%%%02X",
			(unsigned char)*path);
	fputc('"', json);
}

/**
 * xml_text() - write text between elements, or inside an attribute
 * @xml: stream to write to
 * @text: the text, after printable() or clean()
 */
void xml_text(FILE *xml, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", xml);
			break;
		case '<':
			fputs("&lt;", xml);
			break;
		case '>':
			fputs("&gt;", xml);
			break;
		case '"':
			fputs("&quot;", xml);
			break;
		default:
			fputc(*text, xml);
		}
}

/**
 * xml_attribute() - write an attribute of an element
 * @xml: stream to write to
 * @name: name of the attribute
 * @text: its value, after printable() or clean()
 */
void xml_attribute(FILE *xml, const char *name, const char *text)
{
	fprintf(xml, " %s=\"", name);
	xml_text(xml, text);
	fputc('"', xml);
}

/**
 * close_written() - close a file that was written, or die
 * @file: the stream, or NULL
 * @path: name of the file
 */
void close_written(FILE *file, const char *path)
{
	bool failed;

	if (!file)
		return;
	failed = ferror(file);
	if (fclose(file) || failed)
		die("%s: cannot be written", path);
}
