/* stopwatch COMMAND [ARGUMENT...]: measures every contender the same way, from outside. Prints
     SECONDS CPU PEAK WHOLE WHOLE_CPU STATUS
   SECONDS and CPU are of what the command does between its line "begin" and its line "end", after each of which it
   waits for a line; CPU is of all its threads. PEAK is its VmHWM at "end", in KiB. The next two are of the process from
   its start to its end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct times {
    double wall, cpu;
};

static double seconds_of(clockid_t clock) {
    struct timespec time = {0, 0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* While it waits, its clock stands still. */
static struct times read_times(pid_t child) {
    clockid_t clock;
    struct times times = {seconds_of(CLOCK_MONOTONIC), 0};
    if (clock_getcpuclockid(child, &clock) == 0) times.cpu = seconds_of(clock);
    return times;
}

static long read_peak(pid_t child) {
    char name[64], line[256];
    long peak = 0;
    snprintf(name, sizeof name, "/proc/%ld/status", (long)child);
    FILE *file = fopen(name, "r");
    if (file == NULL) return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0) peak = atol(line + 6);
    fclose(file);
    return peak;
}

static pid_t start(char **command, int *to, FILE **from) {
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[0]), close(in[1]), close(out[0]), close(out[1]);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    close(in[0]), close(out[1]);
    *to = in[1];
    *from = fdopen(out[0], "r");
    return child;
}

int main(int argc, char **argv) {
    FILE *from = NULL;
    char line[256];
    int to = -1, status = 0;
    long peak = 0;
    struct rusage usage = {.ru_maxrss = 0};
    struct times begin = {0, 0}, end = {0, 0};
    if (argc < 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    double started = seconds_of(CLOCK_MONOTONIC);
    pid_t child = start(argv + 1, &to, &from);
    if (child < 0 || from == NULL) return 1;
    while (fgets(line, sizeof line, from) != NULL) {
        if (strncmp(line, "begin", 5) == 0) {
            begin = read_times(child);
        } else if (strncmp(line, "end", 3) == 0) {
            end = read_times(child);
            peak = read_peak(child);
        } else {
            continue;
        }
        if (write(to, "\n", 1) != 1) break;
    }
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    double whole = seconds_of(CLOCK_MONOTONIC) - started;
    double whole_cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%.6f %.6f %ld %.6f %.6f %d\n", end.wall - begin.wall, end.cpu - begin.cpu, peak, whole, whole_cpu,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
