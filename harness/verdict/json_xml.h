/* SPDX-License-Identifier: GPL-2.0 */
/* JSON and XML */
#ifndef _JSON_XML_H
#define _JSON_XML_H

#include <stdio.h>

void json_string(FILE *json, const char *text);
void json_name(FILE *json, const char *path);
void xml_text(FILE *xml, const char *text);
void xml_attribute(FILE *xml, const char *name, const char *text);
void close_written(FILE *file, const char *path);

#endif /* _JSON_XML_H */
