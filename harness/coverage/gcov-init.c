// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's init in coverage.sh: brings what gcov in the kernel has counted
 * out on the second serial port, in hex, as a terminal may alter other bytes.
 * The arguments are the files' names in gcov's directory; those that do not
 * begin with a slash are meant for others.
 */

static void dump(const char *path, int port)
{
	static const char digits[] = "0123456789abcdef";
	const char *name = strrchr(path, '/') + 1;
	unsigned char bytes[32];
	char hex[2 * sizeof(bytes) + 1];
	ssize_t n, i;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		for (i = 0; i < n; i++) {
			hex[2 * i] = digits[bytes[i] >> 4];
			hex[2 * i + 1] = digits[bytes[i] & 15];
		}
		hex[2 * n] = '\n';
		write(port, name, strlen(name));
		write(port, " ", 1);
		write(port, hex, 2 * n + 1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	int port, i;

	mkdir("/debug", 0755);
	mount("none", "/debug", "debugfs", 0, NULL);
	chdir("/debug/gcov");
	mknod("/ttyS1", S_IFCHR | 0600, makedev(4, 65));
	port = open("/ttyS1", O_WRONLY);

	for (i = 1; i < argc; i++)
		if (argv[i][0] == '/')
			dump(argv[i] + 1, port);

	write(port, "done\n", 5);
	/* Returns when all is out. */
	close(port);
	reboot(LINUX_REBOOT_CMD_RESTART);
	return 1;
}
