#include "token/file.h"

#include "os/clock.h"
#include "os/process.h"
#include "pure/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    POLL = 20000,  /* microseconds: how soon those that wait for a fetch hear of its end */
    PATIENCE = 400 /* tries for the lock, 2 s of them: a process that holds it longer was stopped, or its disk hangs */
};

bool token_file_init(struct token_file *file, const char *path, const struct token_binding *binding) {
    *file = (struct token_file){.path = strdup(path)};
    return file->path != NULL && token_record_identity(binding, file->identity);
}

void token_file_free(struct token_file *file) {
    free(file->path);
    *file = (struct token_file){.path = NULL};
}

struct token_now token_file_now(void) {
    return (struct token_now){clock_unix_us(), clock_boot_us()};
}

/* ---- what can be wrong ---- */

static struct token_file_fault fault_of_errno(int error) {
    static const struct token_file_fault faults[] = {
        {"cannot be made: its directory does not exist", ENOENT},
        {"cannot be opened: a part of its path is no directory", ENOTDIR},
        {"cannot be opened: this user has no permission for it, or for its directory", EACCES},
        {"cannot be opened: the system does not permit it", EPERM},
        {"cannot be written: its file system is read-only", EROFS},
        {"is a symbolic link, which is not followed", ELOOP},
        {"is a directory", EISDIR},
        {"is no regular file", ENXIO},
        {"cannot be opened: its path is too long", ENAMETOOLONG},
        {"cannot be opened: the process has no descriptors left", EMFILE},
        {"cannot be opened: the system has no descriptors left", ENFILE},
        {"cannot be written: its file system is full", ENOSPC},
        {"cannot be written: this user's quota is used up", EDQUOT},
        {"cannot be written: the process may not write files of this size (ulimit -f)", EFBIG},
        {"cannot be locked: the file system has no locks", ENOLCK},
        {"cannot be read or written: the disk fails", EIO},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].error == error) return faults[i];
    return (struct token_file_fault){"cannot be used", error};
}

static const char *fault_of_status(const struct stat *status) {
    if (!S_ISREG(status->st_mode)) return "is no regular file";
    if (status->st_uid != geteuid()) return "belongs to another user";
    if (status->st_nlink > 1) return "has another name (a hard link), by which it could be read elsewhere";
    if ((status->st_mode & 077) != 0) return "is open to other users: chmod 600";
    return NULL;
}

static const char *fault_of_owner(enum token_record_owner owner) {
    if (owner == TOKEN_RECORD_OTHERS)
        return "holds the token of another domain, client or audience: each needs a file of its own";
    return owner == TOKEN_RECORD_OURS ? NULL : "is no token file: it was left as it is";
}

/* ---- a file in use ---- */

struct use {
    int fd;
    bool may_change; /* it is locked by us, and still the one of that name */
    struct token_file_fault fault;
    struct token_record record;
    unsigned char bytes[TOKEN_RECORD_MOST];
};

static bool fail(struct use *use, const char *what) {
    use->fault = (struct token_file_fault){what, 0};
    return false;
}

static bool fail_by_errno(struct use *use) {
    use->fault = fault_of_errno(errno);
    return false;
}

/* NONBLOCK: a fifo would make open wait. NOCTTY: nor shall a terminal become ours. */
static int open_file(const char *path, bool may_make) {
    const int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    int fd = -1;
    for (int tries = 0; tries < 8; tries++) { /* others make it, or remove it, at the same time */
        fd = open(path, flags);
        if (fd == -1 && errno == ENOENT && may_make) fd = open(path, flags | O_CREAT | O_EXCL, 0600);
        if (fd != -1 || (errno != EEXIST && errno != EINTR)) break;
    }
    return fd;
}

/* A lock of the open file, not of the process (OFD): it holds between threads too, and is not lost when other code in
   this process closes the same file. */
static int set_lock(int fd, bool is_wanted) {
#ifdef F_OFD_SETLK
    struct flock whole = {.l_type = (short)(is_wanted ? F_WRLCK : F_UNLCK), .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole);
#else
    return flock(fd, is_wanted ? LOCK_EX | LOCK_NB : LOCK_UN);
#endif
}

static bool try_lock(struct use *use) {
    use->may_change = set_lock(use->fd, true) == 0;
    if (use->may_change || errno == EAGAIN || errno == EACCES) return true;
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) errno = ENOLCK;
    return fail_by_errno(use);
}

static bool read_bytes(struct use *use, size_t *size) {
    *size = 0;
    while (*size < sizeof use->bytes) {
        ssize_t count = pread(use->fd, use->bytes + *size, sizeof use->bytes - *size, (off_t)*size);
        if (count == 0) break;
        if (count == -1 && errno != EINTR) return fail_by_errno(use);
        if (count > 0) *size += (size_t)count;
    }
    return true;
}

/* Opens, checks, locks if no other process has the lock, and reads: also without the lock, since a torn record is not
   believed. So a process that was stopped while it held the lock takes a valid token away from no other. */
static bool begin(const struct token_file *file, bool may_make, struct use *use) {
    struct stat status;
    size_t size;
    *use = (struct use){.fd = open_file(file->path, may_make)};
    if (use->fd == -1 || fstat(use->fd, &status) != 0) return fail_by_errno(use);
    const char *what = fault_of_status(&status);
    if (what != NULL) return fail(use, what);
    if (!try_lock(use) || !read_bytes(use, &size)) return false;
    if (status.st_nlink == 0) use->may_change = false; /* removed: another has that name, or none */
    what = fault_of_owner(token_record_read(file->identity, use->bytes, size, &use->record));
    return what == NULL || fail(use, what);
}

/* The lock goes before the file is closed: a child that another thread forks meanwhile has the descriptor too, and
   would keep it locked. */
static void end(struct use *use) {
    buffer_wipe(use->bytes, sizeof use->bytes);
    if (use->fd == -1) return;
    (void)set_lock(use->fd, false);
    close(use->fd);
}

/* ---- changes ---- */

static bool write_bytes(struct use *use, const unsigned char *from, size_t size, size_t at) {
    errno = EFBIG;
    if (!process_may_write(at + size)) return fail_by_errno(use);
    while (size > 0) {
        ssize_t count = pwrite(use->fd, from, size, (off_t)at);
        if (count == 0) errno = ENOSPC;
        if (count <= 0 && errno != EINTR) return fail_by_errno(use);
        if (count <= 0) continue;
        from += count;
        at += (size_t)count;
        size -= (size_t)count;
    }
    return true;
}

static bool write_head(const struct token_file *file, struct use *use) {
    unsigned char head[TOKEN_RECORD_HEAD];
    if (!token_record_pack_head(file->identity, &use->record, head)) return fail(use, "cannot be written: no memory");
    return write_bytes(use, head, sizeof head, 0);
}

static bool truncate_at(struct use *use, size_t size) {
    while (ftruncate(use->fd, (off_t)size) != 0)
        if (errno != EINTR) return fail_by_errno(use);
    return true;
}

/* What is left of a longer token goes too. */
static bool write_body(struct use *use) {
    unsigned char body[TOKEN_RECORD_BODY];
    size_t size;
    bool is_done = token_record_pack_body(&use->record, body, &size)
                       ? write_bytes(use, body, size, TOKEN_RECORD_HEAD) && truncate_at(use, TOKEN_RECORD_HEAD + size)
                       : fail(use, "cannot be written: no memory");
    buffer_wipe(body, sizeof body);
    return is_done;
}

static void set_lease(struct token_record *record, uint64_t lease, int64_t duration, struct token_now now) {
    record->lease = lease;
    record->lease_from = now.boot_time;
    record->lease_until = now.boot_time + (duration < TOKEN_RECORD_LEASE ? duration : TOKEN_RECORD_LEASE);
}

/* ---- to ask ---- */

static struct token_file_answer unusable(struct token_file_fault fault) {
    return (struct token_file_answer){.news = TOKEN_FILE_UNUSABLE, .fault = fault};
}

static struct token_file_answer wait_for(int64_t again) {
    return (struct token_file_answer){.news = TOKEN_FILE_WAIT, .again = again};
}

static const struct token_file_fault stuck = {
    "is locked by another process, for too long: it may have been stopped, or its disk hangs", 0};

static const struct token_file_fault left_alone = {
    "was waiting for a token that another process was to fetch: it was killed, or stopped, and this one fetches", 0};

static bool is_wanted(const struct token_record *record, const struct token_file_question *question,
                      struct token_now now) {
    return token_record_left(record, now) > 0 &&
           (question->want == TOKEN_FILE_ANY || question->held == 0 || record->generation != question->held);
}

static struct token_file_answer hand_out(const struct token_record *record, struct token_now now,
                                         struct buffer *token) {
    if (!buffer_append(token, record->token))
        return unusable((struct token_file_fault){"cannot be read: no memory", 0});
    return (struct token_file_answer){.news = TOKEN_FILE_TOKEN,
                                      .generation = record->generation,
                                      .left = token_record_left(record, now),
                                      .lifetime = record->lifetime};
}

/* Random, not counted: a number that a process holds shall not come again when the file was damaged, or removed. */
static uint64_t new_lease(void) {
    unsigned char random[8];
    uint64_t lease = 0;
    if (RAND_bytes(random, sizeof random) == 1) memcpy(&lease, random, sizeof lease);
    return lease;
}

static bool drop_rejected(struct use *use, const struct token_file_question *question) {
    if (question->want != TOKEN_FILE_REJECTED || question->held == 0 || use->record.generation != question->held)
        return true;
    return truncate_at(use, TOKEN_RECORD_HEAD);
}

static struct token_file_answer take_lease(const struct token_file *file, struct use *use,
                                           const struct token_file_question *question, struct token_now now) {
    if (!drop_rejected(use, question)) return unusable(use->fault);
    int64_t left = token_record_lease_left(&use->record, now);
    if (left > 0) return wait_for(use->record.lease == 0 || left < POLL ? left : POLL);
    bool was_held = use->record.lease != 0;
    uint64_t lease = new_lease();
    if (lease == 0) return unusable((struct token_file_fault){"cannot be used: there is no randomness", 0});
    set_lease(&use->record, lease, question->lease, now);
    if (!write_head(file, use)) return unusable(use->fault);
    return (struct token_file_answer){.news = TOKEN_FILE_FETCH,
                                      .generation = lease,
                                      .fault = was_held ? left_alone : (struct token_file_fault){NULL, 0}};
}

/* Whether the lock could be had, or there is still hope. */
static bool is_patient(struct token_file *file, const struct use *use) {
    if (use->may_change)
        file->busy = 0;
    else if (file->busy <= PATIENCE)
        file->busy++;
    return file->busy <= PATIENCE;
}

struct token_file_answer token_file_ask(struct token_file *file, const struct token_file_question *question,
                                        struct token_now now, struct buffer *token) {
    struct use use;
    struct token_file_answer answer;
    buffer_clear(token);
    if (!begin(file, true, &use))
        answer = unusable(use.fault);
    else if (is_wanted(&use.record, question, now))
        answer = hand_out(&use.record, now, token);
    else if (!is_patient(file, &use))
        answer = unusable(stuck);
    else if (!use.may_change)
        answer = wait_for(TOKEN_FILE_AGAIN);
    else
        answer = take_lease(file, &use, question, now);
    end(&use);
    return answer;
}

/* ---- to end a lease ---- */

/* Opens it to end a lease that is still ours; else says what there is to say. A file that is gone has no lease. */
static bool begin_end(struct token_file *file, uint64_t lease, struct use *use, struct token_file_result *result) {
    bool is_there = begin(file, false, use);
    if (!is_there && use->fault.error != ENOENT)
        *result = (struct token_file_result){TOKEN_FILE_FAILED, use->fault};
    else if (is_there && !is_patient(file, use))
        *result = (struct token_file_result){TOKEN_FILE_FAILED, stuck};
    else if (is_there && !use->may_change)
        *result = (struct token_file_result){.end = TOKEN_FILE_BUSY};
    else if (!is_there || lease == 0 || use->record.lease != lease)
        *result = (struct token_file_result){.end = TOKEN_FILE_LOST};
    else
        return true;
    return false;
}

struct token_file_result token_file_store(struct token_file *file, uint64_t lease, struct span token, int64_t lifetime,
                                          struct token_now now) {
    struct use use;
    struct complaint complaint;
    struct token_file_result result = {.end = TOKEN_FILE_DONE};
    if (lifetime <= 0 || !identity_check_token("token", token, &complaint))
        return (struct token_file_result){TOKEN_FILE_FAILED, {"cannot hold such a token", 0}};
    if (begin_end(file, lease, &use, &result)) {
        use.record.generation = lease;
        use.record.lifetime = lifetime;
        use.record.stored = now;
        use.record.token = token;
        /* The lease ends last, and in any case: until then no other process replaces a token written in part. */
        bool is_written = write_body(&use);
        set_lease(&use.record, 0, 0, now);
        if (!write_head(file, &use) || !is_written) result = (struct token_file_result){TOKEN_FILE_FAILED, use.fault};
    }
    end(&use);
    return result;
}

struct token_file_result token_file_give_up(struct token_file *file, uint64_t lease, int64_t pause,
                                            struct token_now now) {
    struct use use;
    struct token_file_result result = {.end = TOKEN_FILE_DONE};
    if (begin_end(file, lease, &use, &result)) {
        set_lease(&use.record, 0, pause, now);
        if (!write_head(file, &use)) result = (struct token_file_result){TOKEN_FILE_FAILED, use.fault};
    }
    end(&use);
    return result;
}
