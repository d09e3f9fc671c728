#include "os/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The other way is for systems without; AUTH0_BELL_PIPE builds it where both are, so that it can be tested. */
#if defined(__linux__) && !defined(AUTH0_BELL_PIPE)
#include <sys/eventfd.h>
#define HAS_EVENTFD 1
#else
#define HAS_EVENTFD 0
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* the thread blocks every signal; nginx, whose line it is, ignores SIGPIPE */
#endif

static void close_one(int *descriptor) {
    if (*descriptor >= 0) (void)close(*descriptor);
    *descriptor = -1;
}

static void prepare(int descriptor) {
    (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    (void)fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

/* ---- the descriptor ---- */

static bool open_descriptor(struct bell *bell) {
#if HAS_EVENTFD
    bell->out = bell->in = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return bell->out >= 0;
#else
    int ends[2];
    if (pipe(ends) != 0) return false;
    bell->out = ends[0];
    bell->in = ends[1];
    prepare(bell->out);
    prepare(bell->in);
    return true;
#endif
}

bool bell_init(struct bell *bell) {
    *bell = (struct bell){.out = -1, .in = -1, .offered = -1, .line = -1};
    if (pthread_mutex_init(&bell->lock, NULL) != 0) return false;
    if (open_descriptor(bell)) return true;
    (void)pthread_mutex_destroy(&bell->lock);
    return false;
}

void bell_close(struct bell *bell) {
    bell_withdraw(bell);
    pthread_mutex_lock(&bell->lock);
    if (bell->in != bell->out) close_one(&bell->in);
    close_one(&bell->out);
    bell->in = -1;
    pthread_mutex_unlock(&bell->lock);
}

void bell_free(struct bell *bell) {
    bell_close(bell);
    (void)pthread_mutex_destroy(&bell->lock);
}

int bell_descriptor(const struct bell *bell) { return bell->out; }

/* ---- ringing ---- */

/* A full pipe, or socket, has been rung. An eventfd takes eight bytes, as a number; of a pipe they are all read. */
static void write_one(const struct bell *bell) {
    const uint64_t one = 1;
    ssize_t written = bell->line >= 0 ? send(bell->line, "!", 1, MSG_NOSIGNAL) : write(bell->in, &one, sizeof one);
    (void)written;
}

void bell_ring(struct bell *bell) {
    pthread_mutex_lock(&bell->lock);
    if (!bell->is_rung) write_one(bell);
    bell->is_rung = true;
    pthread_mutex_unlock(&bell->lock);
}

static void drain(int descriptor) {
    uint64_t rings;
    while (read(descriptor, &rings, sizeof rings) > 0) continue;
}

void bell_hush(struct bell *bell) {
    pthread_mutex_lock(&bell->lock);
    if (bell->is_rung && bell->line < 0) drain(bell->out); /* the line's other end is read by its holder */
    bell->is_rung = false;
    pthread_mutex_unlock(&bell->lock);
}

/* ---- the line ---- */

static void forget_folder(struct bell *bell) {
    struct sockaddr_un address;
    if (bell->folder[0] == '\0') return;
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", bell->folder);
    (void)unlink(address.sun_path);
    (void)rmdir(bell->folder);
    bell->folder[0] = '\0';
}

static bool make_folder(struct bell *bell) {
    const char *const places[] = {getenv("TMPDIR"), "/tmp", "/dev/shm", "/var/tmp"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i] == NULL || places[i][0] != '/' || strlen(places[i]) > BELL_PATH - sizeof "/auth0-XXXXXX/s")
            continue;
        snprintf(bell->folder, sizeof bell->folder, "%s/auth0-XXXXXX", places[i]);
        if (mkdtemp(bell->folder) != NULL) return true;
    }
    bell->folder[0] = '\0';
    return false;
}

static bool listen_there(struct bell *bell, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    bell->offered = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bell->offered < 0) return false;
    prepare(bell->offered);
    return bind(bell->offered, (const struct sockaddr *)&address, sizeof address) == 0 && listen(bell->offered, 1) == 0;
}

const char *bell_offer(struct bell *bell, char path[BELL_PATH]) {
    bell_withdraw(bell);
    if (!make_folder(bell)) return "no folder can be made for a Unix socket";
    snprintf(path, BELL_PATH, "%.*s/s", BELL_PATH - 3, bell->folder);
    if (listen_there(bell, path)) return NULL;
    bell_withdraw(bell);
    return "no Unix socket can be made";
}

/* The folder keeps other users out; of the same user, only this process may hear. */
static bool is_own(int line) {
#ifdef SO_PEERCRED
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(line, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid() &&
           peer.uid == geteuid();
#else
    uid_t user;
    gid_t group;
    return getpeereid(line, &user, &group) == 0 && user == geteuid();
#endif
}

const char *bell_take(struct bell *bell) {
    int line;
    do line = bell->offered >= 0 ? accept(bell->offered, NULL, NULL) : -1;
    while (line < 0 && errno == EINTR && bell->offered >= 0);
    bool is_good = line >= 0 && is_own(line);
    close_one(&bell->offered);
    forget_folder(bell);
    if (!is_good) {
        close_one(&line);
        return "this process did not connect to its own Unix socket";
    }
    prepare(line);
    pthread_mutex_lock(&bell->lock);
    bell->line = line;
    if (bell->is_rung) write_one(bell); /* it was heard nowhere yet */
    pthread_mutex_unlock(&bell->lock);
    return NULL;
}

void bell_withdraw(struct bell *bell) {
    close_one(&bell->offered);
    forget_folder(bell);
    pthread_mutex_lock(&bell->lock);
    bool had_line = bell->line >= 0;
    close_one(&bell->line);
    if (had_line && bell->is_rung) write_one(bell); /* on the descriptor from here on */
    pthread_mutex_unlock(&bell->lock);
}
