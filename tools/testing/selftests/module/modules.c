// SPDX-License-Identifier: GPL-2.0
/* Load, find and unload modules */
#include "decompress.h"

/* This case has loaded the dependency of its module */
static bool needs_is_ours;

/* Return the path of "x.ko": DIRECTORY/x.ko.gz, or DIRECTORY/test/plain/x.ko. */
const char *path_of(const char *file, int flags)
{
	static char path[PATH_SIZE];

	if (flags == COMPRESSED) {
		join(path, directory, "/", file);
		strlcat(path, suffix, sizeof(path));
	} else {
		join(path, directory, "/test/plain/", file);
	}
	return path;
}

char *compressed_file(const struct module *m, size_t *size)
{
	const char *path = path_of(m->file, COMPRESSED);
	char *buf = contents(path, size);

	if (!buf)
		not_there(path);
	return buf;
}

int finit_module(int fd, const char *params, int flags)
{
	if (flags == NOT_COMPRESSED)
		flags = 0;
	return syscall(__NR_finit_module, fd, params, flags) ? errno : 0;
}

int load_path(const char *path, int flags)
{
	int fd, error;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	error = finit_module(fd, "", flags);
	close(fd);
	return error;
}

int load(const char *file, int flags)
{
	return load_path(path_of(file, flags), flags);
}

/* Unload a module; retry while its last user still holds a reference. */
int unload(const char *name)
{
	int i;

	for (i = 0; syscall(__NR_delete_module, name, O_NONBLOCK); i++) {
		if (errno != EAGAIN || i == 100)
			return errno;
		wait_ms(10);
	}
	return 0;
}

/* Return true if /proc/modules lists the module, in @state unless that is NULL. */
static bool in_proc_modules(const char *name, const char *state)
{
	char *modules = contents("/proc/modules", NULL);
	bool found = false;
	char *line, *end;

	/* Without /proc/modules a module that the system uses would look unloaded. */
	must(modules, "no /proc/modules\n");
	for (line = modules; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = '\0';
		if (begins(line, name) && line[strlen(name)] == ' ')
			found = !state || contains(line, state);
	}
	free(modules);
	return found;
}

bool is_loaded(const char *name)
{
	return in_proc_modules(name, NULL);
}

bool is_live(const char *name)
{
	return in_proc_modules(name, " Live ");
}

/* Return true if the module has a dependency that is not built in. */
bool needs_another(const struct module *m)
{
	return m->needs && exists(path_of(m->needs_file, COMPRESSED));
}

/* Skip the case if its module is missing or loaded; load the dependency. */
void get_ready(const struct module *m, int flags)
{
	if (!exists(path_of(m->file, flags)))
		not_there(path_of(m->file, flags));
	if (is_loaded(m->name))
		skip("%s is loaded\n", m->name);
	if (needs_another(m) && !is_loaded(m->needs)) {
		must(load(m->needs_file, flags) == 0, "%s: not loaded\n",
		     m->needs);
		needs_is_ours = true;
	}
}

/* Unload the dependency if this case has loaded it. */
void put_back(const struct module *m)
{
	if (!needs_is_ours)
		return;
	check(unload(m->needs) == 0, "%s: not unloaded\n", m->needs);
	needs_is_ours = false;
}

bool signatures_are_enforced(void)
{
	return holds(SIG_ENFORCE, "Y");
}

/* Processes */

void drop_privileges(void)
{
#ifdef __NR_setuid32
	long nr = __NR_setuid32;
#else
	long nr = __NR_setuid;
#endif
	/* As root the case would load the module. */
	must(syscall(nr, 65534) == 0, "still root: %s\n", error_name(errno));
}

/* Run a program; return its exit status, or -1. */
int run(const char *program, const char *a, const char *b)
{
	const char *const argv[4] = { program, a, b };
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		execve(program, (char *const *)argv, environ);
		exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
