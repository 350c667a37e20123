/* Makes the files below a folder as slow as a network file system's, for one process.
 *
 * Loaded by LD_PRELOAD. The folder is SLOWFILE_FOLDER; how slow is said by the file SLOWFILE_CONTROL, which
 * holds two 32-bit numbers: microseconds that each operation takes longer, and whether all of them
 * wait (frozen) until it says 0 again. What NFS sends to its server waits: open, close (close-to-open
 * consistency), locks, reads after a lock, writes, sync, rename, remove.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static volatile uint32_t *control;
static const char *folder;
static size_t folder_length;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("SLOWFILE_CONTROL");
	folder = getenv("SLOWFILE_FOLDER");
	if (!path || !folder) return;
	int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	int fd = real(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return;
	void *map = mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) return;
	folder_length = strlen(folder);
	control = map;
}

static void nap(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };
	nanosleep(&t, NULL);
}

static void trip(void)
{
	while (control[1]) nap(5000);
	if (control[0]) nap(control[0]);
}

static void trip_path(const char *path)
{
	if (control && path && !strncmp(path, folder, folder_length)) trip();
}

static void trip_fd(int fd)
{
	char link[64], path[PATH_MAX];
	if (!control || (!control[0] && !control[1])) return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path - 1);
	if (n <= 0) return;
	path[n] = 0;
	trip_path(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
	va_list list;
	va_start(list, flags);
	int mode = va_arg(list, int);
	va_end(list);
	trip_path(path);
	return REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list list;
	va_start(list, flags);
	int mode = va_arg(list, int);
	va_end(list);
	trip_path(path);
	return REAL(open64)(path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
	va_list list;
	va_start(list, command);
	void *argument = va_arg(list, void *);
	va_end(list);
	if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW) trip_fd(fd);
	return REAL(fcntl)(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
	va_list list;
	va_start(list, command);
	void *argument = va_arg(list, void *);
	va_end(list);
	if (command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW) trip_fd(fd);
	return REAL(fcntl64)(fd, command, argument);
}

int close(int fd) { trip_fd(fd); return REAL(close)(fd); }
int fsync(int fd) { trip_fd(fd); return REAL(fsync)(fd); }
int rename(const char *from, const char *to) { trip_path(to); return REAL(rename)(from, to); }
int unlink(const char *path) { trip_path(path); return REAL(unlink)(path); }
ssize_t read(int fd, void *data, size_t size) { trip_fd(fd); return REAL(read)(fd, data, size); }
ssize_t write(int fd, const void *data, size_t size) { trip_fd(fd); return REAL(write)(fd, data, size); }
ssize_t pread(int fd, void *data, size_t size, off_t at) { trip_fd(fd); return REAL(pread)(fd, data, size, at); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { trip_fd(fd); return REAL(pwrite)(fd, data, size, at); }
