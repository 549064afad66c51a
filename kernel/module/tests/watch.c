// SPDX-License-Identifier: GPL-2.0
/* The watch: see watch.h for what it is for. */
#include <linux/console.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "watch.h"

#define LINE	200

/* How the kernel begins a report of something that must not happen */
static const char *const alarms[] = {
	"WARNING: ", "BUG: ", "kernel BUG at ", "Oops", "UBSAN: ",
	"INFO: possible ", "INFO: inconsistent ", "INFO: trying to register ",
	"possible circular locking", "inconsistent lock state",
	"unreferenced object", WATCH_TEST,
};

/* In all that the kernel's own decompress.c logs */
#define ERROR	"compress"

static DEFINE_RAW_SPINLOCK(lock);
static char partial[LINE];
static size_t filled;
static char alarm[LINE];
static char error[LINE];
static unsigned int nr_errors;

static void end_of_line(void)
{
	unsigned int i;

	partial[filled] = '\0';
	filled = 0;

	for (i = 0; i < ARRAY_SIZE(alarms) && !alarm[0]; i++)
		if (strstr(partial, alarms[i]))
			strscpy(alarm, partial, sizeof(alarm));
	if (strstr(partial, ERROR)) {
		strscpy(error, partial, sizeof(error));
		nr_errors++;
	}
}

static void watch_write(struct console *console, const char *text,
			unsigned int len)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	for (; len; len--, text++) {
		if (*text == '\n')
			end_of_line();
		else if (filled < LINE - 1)
			partial[filled++] = *text;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
}

static struct console watch_console = {
	.name = "kunitwatch",
	.write = watch_write,
};

/* All that was printed so far has reached the watch */
static void flush(void)
{
	console_lock();
	console_unlock();
}

/**
 * watch_begin() - start to listen
 *
 * Context: may sleep.
 * Return: false if the kernel lets nobody listen.
 */
bool watch_begin(void)
{
	/* Enabled without being asked for on the command line, like netconsole */
	watch_console.flags = CON_ENABLED | CON_ANYTIME;
	watch_console.index = -1;
	register_console(&watch_console);
	watch_reset();
	return watch_console.flags & CON_ENABLED;
}

/**
 * watch_end() - stop to listen
 *
 * Context: may sleep.
 */
void watch_end(void)
{
	unregister_console(&watch_console);
}

/**
 * watch_reset() - forget what was heard
 *
 * Context: may sleep.
 */
void watch_reset(void)
{
	unsigned long flags;

	flush();
	raw_spin_lock_irqsave(&lock, flags);
	alarm[0] = '\0';
	error[0] = '\0';
	nr_errors = 0;
	raw_spin_unlock_irqrestore(&lock, flags);
}

/**
 * watch_report() - ask whether the kernel complained since watch_reset()
 * @line: gets the first line of the complaint
 * @size: size of @line in bytes
 *
 * Context: may sleep.
 * Return: true if there was a WARN, or a report of lockdep or a sanitizer.
 */
bool watch_report(char *line, size_t size)
{
	flush();
	strscpy(line, alarm, size);
	return line[0];
}

/**
 * watch_errors() - count what the kernel's own decompress.c logged
 * @line: gets the last of the messages
 * @size: size of @line in bytes
 *
 * Context: may sleep.
 * Return: the number of messages since watch_reset().
 */
unsigned int watch_errors(char *line, size_t size)
{
	flush();
	strscpy(line, error, size);
	return nr_errors;
}
