// SPDX-License-Identifier: GPL-2.0
/* Read the kernel's free memory, taint and log */
#include "decompress.h"

void wait_ms(int ms)
{
	if (poll(NULL, 0, ms))
		ksft_print_msg("poll() fails instead of waiting\n");
}

static bool is_word(char c)
{
	return c && c != ' ' && c != ',' && c != '\n';
}

/* Split off the first word of the text. */
static char *next_word(char **text)
{
	char *word = *text, *end;

	while (*word && !is_word(*word))
		word++;
	for (end = word; is_word(*end); end++)
		;
	*text = *end ? end + 1 : end;
	*end = '\0';
	return *word ? word : NULL;
}

struct memory count_memory(void)
{
	char *zones = contents("/proc/zoneinfo", NULL);
	char *text = zones, *word, *last = "";
	struct memory m = { };
	bool high = false;

	must(zones, "no /proc/zoneinfo\n");
	while ((word = next_word(&text))) {
		if (strcmp(last, "zone") == 0)
			high = strcmp(word, "HighMem") == 0;
		else if (strcmp(last, "free") == 0 || strcmp(last, "count:") == 0)
			*(high ? &m.free_high : &m.free_low) += atol(word);
		else if (begins(last, "nr_slab_"))
			m.slab += atol(word);
		else if (strcmp(last, "managed") == 0 && high)
			m.high += atol(word);
		last = word;
	}
	m.free_low += m.slab;
	free(zones);
	return m;
}

/*
 * Drop caches and return the most free memory seen in a second: RCU, work queues
 * and other CPUs may still free some.
 */
struct memory settled_memory(void)
{
	struct memory most = { }, m;
	int i;

	for (i = 0; i < 5; i++) {
		wait_ms(200);
		tell("/proc/sys/vm/drop_caches", "3");
		free(contents("/proc/sys/vm/stat_refresh", NULL));
		m = count_memory();
		if (m.free_low > most.free_low)
			most.free_low = m.free_low;
		if (m.free_high > most.free_high)
			most.free_high = m.free_high;
	}
	return most;
}

long taint(void)
{
	char *number = contents("/proc/sys/kernel/tainted", NULL);
	long value = number ? atol(number) : 0;

	free(number);
	return value;
}

/* The kernel's log, open for new messages */
static int kmsg = -1;

const char *next_message(void)
{
	static char record[2048];
	char *text, *end;
	ssize_t n;

	/* EPIPE means that messages were overwritten; read the next one. */
	do {
		n = read(kmsg, record, sizeof(record) - 1);
	} while (n < 0 && errno == EPIPE);
	if (n <= 0)
		return NULL;
	record[n] = '\0';
	text = strchr(record, ';');
	if (!text)
		return "";
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	return text + 1;
}

bool open_kmsg(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	return kmsg >= 0 && lseek(kmsg, 0, SEEK_END) >= 0;
}

/* Print the new warnings in the log, and return their number. */
int warnings(void)
{
	static const char *const signs[] = {
		"WARNING", "DEBUG_LOCKS_WARN_ON", "BUG", "Oops", "stall",
	};
	const char *message;
	int found = 0;
	size_t i;

	while ((message = next_message())) {
		for (i = 0; i < ARRAY_SIZE(signs); i++) {
			if (!contains(message, signs[i]))
				continue;
			ksft_print_msg("kernel: %s\n", message);
			found++;
			break;
		}
	}
	return found;
}

/* kmemleak reports objects older than 5 s that two scans found unreferenced. */
char *kmemleak_report(void)
{
	char *report;
	int i;

	for (i = 0; i < 3; i++) {
		tell(KMEMLEAK, "scan");
		wait_ms(3000);
	}
	report = contents(KMEMLEAK, NULL);
	must(report, KMEMLEAK ": not read\n");
	return report;
}
