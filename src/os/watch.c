#include "os/watch.h"

#include "os/clock.h"
#include "os/process.h"
#include "os/threads.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/tcp.h>
#endif

struct watch_socket {
    int descriptor;
    int looks;     /* in a row that found bytes read since the look before */
    int silent;    /* the last of them, since anything was heard */
    uint64_t read; /* bytes_read at the last look */
    uint64_t sum;  /* how many were read in these looks */
};

/* Of the process. The lock is never held while anything waits. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct list watches;
    pid_t owner; /* after a fork the thread and what it watches are the parent's */
    bool has_thread, is_stopping;
} all;

atomic_bool watch_is_resting = true;

/* ---- sockets ---- */

void watch_add(struct watch *watch, int descriptor) {
    pthread_mutex_lock(&watch->lock);
    if (watch->count == watch->room) {
        int room = 2 * watch->room + 4;
        struct watch_socket *more = realloc(watch->sockets, (size_t)room * sizeof *more);
        if (more != NULL) watch->sockets = more;
        if (more != NULL) watch->room = room;
    }
    if (watch->count < watch->room) watch->sockets[watch->count++] = (struct watch_socket){.descriptor = descriptor};
    pthread_mutex_unlock(&watch->lock);
}

int watch_close(struct watch *watch, int descriptor) {
    pthread_mutex_lock(&watch->lock);
    for (int i = 0; i < watch->count; i++)
        if (watch->sockets[i].descriptor == descriptor) watch->sockets[i--] = watch->sockets[--watch->count];
    int result = close(descriptor);
    pthread_mutex_unlock(&watch->lock);
    return result;
}

/* How many bytes were read from the socket: those that arrived, less those that wait. Where the system does not count
   arrivals, `is_counted` is false, and this is the number of those that wait. While a peer floods, that number changes
   from look to look, and at least as many bytes were read as it falls by. */
static uint64_t bytes_read(int descriptor, bool *is_counted) {
    int waiting = 0;
    *is_counted = false;
    if (ioctl(descriptor, FIONREAD, &waiting) != 0) return 0;
#ifdef __linux__
    struct tcp_info info = {.tcpi_bytes_received = 0};
    socklen_t size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_bytes_received > 0) {
        *is_counted = true;
        return (uint64_t)info.tcpi_bytes_received - (uint64_t)waiting;
    }
#endif
    return (uint64_t)waiting;
}

/* Counts a look that finds bytes read since the one before. The first look at a call only begins to count. */
static void count_look(struct watch_socket *socket, bool is_first, bool is_heard) {
    bool is_counted;
    uint64_t read = bytes_read(socket->descriptor, &is_counted), before = socket->read;
    socket->read = read;
    if (is_first || read == before) {
        socket->looks = socket->silent = 0;
        socket->sum = 0;
        return;
    }
    socket->looks++;
    socket->silent = is_heard ? 0 : socket->silent + 1;
    if (is_counted)
        socket->sum += read - before;
    else if (read < before)
        socket->sum += before - read;
}

static bool is_flooded(const struct watch *watch, const struct watch_socket *socket) {
    int looks = watch->suspected > 0 ? WATCH_LOOKS_AGAIN : WATCH_LOOKS;
    return socket->sum >= WATCH_BYTES && (socket->silent >= looks || socket->looks >= WATCH_LOOKS_HEARD);
}

static void shut(struct watch *watch, struct watch_socket *socket) {
    watch->suspected = WATCH_MOMENT;
    atomic_store(&watch->has_shut, true);
    (void)shutdown(socket->descriptor, SHUT_RDWR);
    socket->looks = socket->silent = 0;
    socket->sum = 0;
}

/* ---- the thread ---- */

/* Whether the call has got on since the last look that counted. A thread that waits for a processor reads slowly,
   whatever is sent to it. */
static bool has_worked(struct watch *watch, bool is_first) {
    int64_t worked = clock_worked_us(atomic_load_explicit(&watch->thread, memory_order_relaxed));
    if (!is_first && worked > 0 && worked - watch->worked_then < WATCH_LOOK_MS * 1000 / 2) return false;
    watch->worked_then = worked;
    return true;
}

static void look_at_sockets(struct watch *watch, unsigned turn, bool is_first) {
    unsigned heard = atomic_load_explicit(&watch->heard, memory_order_relaxed);
    bool is_heard = heard != watch->heard_then;
    watch->heard_then = heard;
    pthread_mutex_lock(&watch->lock);
    for (int i = 0; i < watch->count && atomic_load(&watch->turn) == turn; i++) {
        count_look(&watch->sockets[i], is_first, is_heard);
        if (is_flooded(watch, &watch->sockets[i])) shut(watch, &watch->sockets[i]);
    }
    pthread_mutex_unlock(&watch->lock);
}

/* False where no call is under way, and none was since the last look. */
static bool look_at(struct watch *watch) {
    unsigned turn = atomic_load(&watch->turn);
    bool is_first = turn != watch->seen, is_at_work = turn % 2 == 1;
    watch->seen = turn;
    watch->suspected -= watch->suspected > 0;
    if (!is_at_work) return is_first;
    if (has_worked(watch, is_first)) look_at_sockets(watch, turn, is_first);
    return true;
}

static bool look_at_all(void) {
    bool happens = false;
    for (struct list *at = all.watches.next; at != &all.watches; at = at->next)
        happens = look_at(LIST_OWNER(struct watch, link, at)) || happens;
    return happens;
}

/* Whether a call is under way, for which a process that ends has to wait. */
static bool is_any_at_work(void) {
    for (struct list *at = all.watches.next; at != &all.watches; at = at->next)
        if (atomic_load(&LIST_OWNER(struct watch, link, at)->turn) % 2 == 1) return true;
    return false;
}

/* Sleeps until a call begins. No call is missed: watch_begin sets the turn before it reads watch_is_resting, and this
   sets watch_is_resting before it reads the turns. */
static void rest(void) {
    atomic_store(&watch_is_resting, true);
    while (!look_at_all() && atomic_load(&watch_is_resting) && !all.is_stopping)
        (void)pthread_cond_wait(&all.changed, &all.lock);
    atomic_store(&watch_is_resting, false);
}

static void look_now_and_then(void) {
    enum { QUIET_LOOKS = 1000 / WATCH_LOOK_MS };
    for (int quiet = 0; !all.is_stopping || is_any_at_work(); quiet++) {
        const struct timespec until = clock_condition_after(WATCH_LOOK_MS);
        (void)pthread_cond_timedwait(&all.changed, &all.lock, &until);
        if (look_at_all()) quiet = 0;
        if (quiet < QUIET_LOOKS) continue;
        rest();
        quiet = 0;
    }
}

/* A fork never waits for this thread: it uses nothing of the TLS library's, and a child starts its own. */
static void work(void *context) {
    (void)context;
    threads_rest();
    pthread_mutex_lock(&all.lock);
    look_now_and_then();
    pthread_mutex_unlock(&all.lock);
    threads_go_on();
}

static void stop(void *context) {
    (void)context;
    pthread_mutex_lock(&all.lock);
    all.is_stopping = true;
    pthread_cond_signal(&all.changed);
    pthread_mutex_unlock(&all.lock);
}

static bool is_left(void *context) {
    (void)context;
    return false;
}

static void finish(void *context) { (void)context; }

/* ---- from outside ---- */

static void begin_anew(void) {
    pthread_mutex_init(&all.lock, NULL);
    clock_condition_init(&all.changed);
    list_init(&all.watches);
    all.has_thread = false;
    all.owner = process_id();
}

/* A child of fork has no such thread, and uses nothing that was watched. */
static void begin(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, begin_anew);
    if (all.owner != process_id()) begin_anew();
}

/* The thread is started without this lock: the end of a process holds the lock of the threads, and calls `stop`, which
   takes this one. */
void watch_wake(void) {
    static const struct threads_job job = {work, stop, is_left, finish};
    begin();
    pthread_mutex_lock(&all.lock);
    bool has_thread = all.has_thread;
    all.has_thread = true;
    atomic_store(&watch_is_resting, false);
    pthread_cond_signal(&all.changed);
    pthread_mutex_unlock(&all.lock);
    if (has_thread || threads_start(&job, &all)) return;
    pthread_mutex_lock(&all.lock);
    all.has_thread = false;
    pthread_mutex_unlock(&all.lock);
}

bool watch_open(struct watch *watch) {
    *watch = (struct watch){.count = 0};
    watch->is_open = pthread_mutex_init(&watch->lock, NULL) == 0;
    if (!watch->is_open) return false;
    begin();
    pthread_mutex_lock(&all.lock);
    list_push(&all.watches, &watch->link);
    if (!all.has_thread) atomic_store(&watch_is_resting, true); /* watch_begin tries again to start one */
    pthread_mutex_unlock(&all.lock);
    return true;
}

void watch_free(struct watch *watch) {
    if (!watch->is_open) return;
    pthread_mutex_lock(&all.lock);
    list_leave(&watch->link);
    pthread_mutex_unlock(&all.lock);
    free(watch->sockets);
    (void)pthread_mutex_destroy(&watch->lock);
    watch->is_open = false;
}
