#include "os/threads.h"

#include "os/clock.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATIENCE_S = 2 }; /* of a process that ends, or forks: its threads work for milliseconds at a time */

struct entry {
    const struct threads_job *job;
    void *context; /* NULL: it is past stopping */
    pthread_t thread;
    bool has_ended;
    struct entry *next;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct entry *first, *parents;
    bool is_exiting; /* what is still in use is kept as it is: a later exit handler may close it */
    bool is_late;    /* the TLS library may be gone: all is kept as it is */
    pid_t owner;     /* after a fork the threads are the parent's, and what one of them had locked stays locked */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* ---- forks ---- */

/* A child has none of the threads, but keeps the state of their locks: a thread that is at work may hold one of the TLS
   library's. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int at_work;
    bool is_held; /* none begins to work */
} forks = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static _Thread_local bool is_ours;

void threads_go_on(void) {
    if (!is_ours) return;
    pthread_mutex_lock(&forks.lock);
    while (forks.is_held) pthread_cond_wait(&forks.changed, &forks.lock);
    forks.at_work++;
    pthread_mutex_unlock(&forks.lock);
}

void threads_rest(void) {
    if (!is_ours) return;
    pthread_mutex_lock(&forks.lock);
    forks.at_work--;
    if (forks.is_held) pthread_cond_broadcast(&forks.changed);
    pthread_mutex_unlock(&forks.lock);
}

static void before_fork(void) {
    const struct timespec until = clock_after(PATIENCE_S);
    int code = 0;
    pthread_mutex_lock(&forks.lock);
    forks.is_held = true;
    while (forks.at_work > 0 && code == 0) code = pthread_cond_timedwait(&forks.changed, &forks.lock, &until);
}

static void after_fork(void) {
    forks.is_held = false;
    pthread_cond_broadcast(&forks.changed);
    pthread_mutex_unlock(&forks.lock);
}

static void after_fork_in_child(void) {
    forks.at_work = 0;
    forks.is_held = false;
    pthread_cond_init(&forks.changed, NULL); /* the parent's threads wait for it */
    pthread_mutex_unlock(&forks.lock);
}

/* ---- threads ---- */

static void *run(void *context) {
    struct entry *entry = context;
    void *its = entry->context;
    is_ours = true;
    threads_go_on();
    entry->job->work(its);
    pthread_mutex_lock(&all.lock);
    bool is_to_finish = !all.is_exiting || (!all.is_late && entry->job->is_left(its));
    if (is_to_finish) entry->context = NULL;
    pthread_mutex_unlock(&all.lock);
    if (is_to_finish) entry->job->finish(its);
#ifndef LIBRESSL_VERSION_NUMBER
    OPENSSL_thread_stop(); /* else it does so by itself, later */
#endif
    threads_rest();
    pthread_mutex_lock(&all.lock);
    entry->has_ended = true;
    pthread_cond_broadcast(&all.changed);
    pthread_mutex_unlock(&all.lock);
    return NULL;
}

/* Joins the threads that have ended; only the TLS library's clean-up of a thread is left of them, which takes no time.
   The lock is held; true where others go on. */
static bool join_ended(void) {
    for (struct entry **at = &all.first; *at != NULL;) {
        struct entry *entry = *at;
        if (!entry->has_ended) {
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        (void)pthread_join(entry->thread, NULL);
        free(entry);
    }
    return all.first != NULL;
}

static void stop_all(void) {
    const struct timespec until = clock_after(PATIENCE_S);
    int code = 0;
    if (all.owner != getpid()) return;
    pthread_mutex_lock(&all.lock);
    all.is_exiting = true;
    for (struct entry *entry = all.first; entry != NULL; entry = entry->next)
        if (entry->context != NULL) entry->job->stop(entry->context);
    while (join_ended() && code == 0) code = pthread_cond_timedwait(&all.changed, &all.lock, &until);
    all.is_late = true;
    pthread_mutex_unlock(&all.lock);
}

/* Handlers run in the reverse order of their registration: the TLS library's has to be there first. */
static void register_end(void) {
    all.owner = getpid();
    (void)OPENSSL_init_crypto(0, NULL);
    (void)atexit(stop_all);
    (void)pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static void begin_anew_after_fork(void) {
    if (all.owner == getpid()) return;
    pthread_mutex_init(&all.lock, NULL);
    pthread_cond_init(&all.changed, NULL);
    all.parents = all.first;
    all.first = NULL;
    all.owner = getpid();
}

static bool create(struct entry *entry) {
    sigset_t every, before;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    bool done = pthread_create(&entry->thread, NULL, run, entry) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

bool threads_start(const struct threads_job *job, void *context) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL || pthread_once(&once, register_end) != 0) {
        free(entry);
        return false;
    }
    begin_anew_after_fork();
    entry->job = job;
    entry->context = context;
    pthread_mutex_lock(&all.lock);
    (void)join_ended();
    bool done = create(entry); /* which waits for the lock before it ends: it is listed by then */
    if (done) {
        entry->next = all.first;
        all.first = entry;
    }
    pthread_mutex_unlock(&all.lock);
    if (!done) free(entry);
    return done;
}
