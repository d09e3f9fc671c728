#include "os/private_file.h"

#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, struct span text) {
    if (!process_may_write(text.size)) return EFBIG;
    while (text.size > 0) {
        ssize_t count = write(fd, text.at, text.size);
        if (count == 0) return ENOSPC;
        if (count < 0 && errno != EINTR) return errno;
        if (count < 0) continue;
        text.at += count;
        text.size -= (size_t)count;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

void private_file_sync_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    size_t size = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    char folder[4096] = ".";
    if (size >= sizeof folder) return;
    if (size > 0) {
        memcpy(folder, path, size);
        folder[size] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) return;
    (void)fsync(fd);
    close(fd);
}

int private_file_make(const char *path, struct span text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd == -1) return errno;
    int fault = write_all(fd, text);
    if (close(fd) != 0 && fault == 0) fault = errno;
    if (fault == 0)
        private_file_sync_folder(path);
    else
        (void)unlink(path);
    return fault;
}

static bool lets_others_in(const struct stat *status) { return (status->st_mode & 077) != 0; }

static const char *words_of(const struct stat *status) {
    if (S_ISLNK(status->st_mode)) return "it is a symbolic link";
    if (!S_ISREG(status->st_mode)) return "it is no regular file";
    if (status->st_uid != geteuid()) return "it belongs to another user";
    return lets_others_in(status) ? "other users can read or write it" : NULL;
}

const char *private_file_fault(const char *path, int *fault) {
    struct stat status;
    *fault = lstat(path, &status) == 0 ? 0 : errno;
    return *fault != 0 ? strerror(*fault) : words_of(&status);
}

/* Weaker than words_of: a link to a secret, or a secret that root reads for another user, serves. */
static int fault_of_secret(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0) return errno;
    if (!S_ISREG(status.st_mode)) return S_ISDIR(status.st_mode) ? EISDIR : ENXIO;
    return lets_others_in(&status) ? PRIVATE_FILE_IS_OPEN : 0;
}

static int read_all(int fd, char *text, size_t *size) {
    size_t room = *size;
    for (*size = 0; *size < room;) {
        ssize_t count = read(fd, text + *size, room - *size);
        if (count == 0) return 0;
        if (count < 0 && errno != EINTR) return errno;
        if (count > 0) *size += (size_t)count;
    }
    return EFBIG;
}

/* NONBLOCK: a fifo would make open wait. */
int private_file_read(const char *path, char *text, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd == -1) return errno;
    int fault = fault_of_secret(fd);
    if (fault == 0) fault = read_all(fd, text, size);
    close(fd);
    return fault;
}
