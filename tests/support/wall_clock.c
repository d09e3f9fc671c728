/* Loaded before the C library: the wall clock differs by as many seconds as the file says that AUTH0_WALL_CLOCK names,
   once it is there. The other clocks go on as they do. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static long offset(void) {
    const char *name = getenv("AUTH0_WALL_CLOCK");
    FILE *file = name != NULL ? fopen(name, "r") : NULL;
    long seconds = 0;
    if (file == NULL) return 0;
    if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
    (void)fclose(file);
    return seconds;
}

typedef int read_clock(clockid_t, struct timespec *);

int clock_gettime(clockid_t clock, struct timespec *instant) {
    void *symbol = dlsym(RTLD_NEXT, "clock_gettime");
    read_clock *real;
    memcpy(&real, &symbol, sizeof real);
    int status = real(clock, instant);
    if (status == 0 && clock == CLOCK_REALTIME) instant->tv_sec += offset();
    return status;
}

time_t time(time_t *to) {
    struct timespec instant;
    (void)clock_gettime(CLOCK_REALTIME, &instant);
    if (to != NULL) *to = instant.tv_sec;
    return instant.tv_sec;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
    struct timespec instant;
    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &instant);
    *to = (struct timeval){.tv_sec = instant.tv_sec, .tv_usec = instant.tv_nsec / 1000};
    return 0;
}
