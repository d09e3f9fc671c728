/* neighbour PORT RATE SECONDS: asks 127.0.0.1 for /neighbour RATE times a second on one connection, whatever it takes,
   and prints how long the answers took in milliseconds, "P50 P99 MOST". The time runs from when a request was due: one
   that waited for the one before it was not answered sooner for that. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "GET /neighbour HTTP/1.1\r\nHost: localhost\r\n\r\n";

static double read_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_until(double when) {
    struct timespec until = {.tv_sec = (time_t)when};
    until.tv_nsec = (long)((when - (double)until.tv_sec) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int open_connection(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    int one = 1, connection = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connection;
}

/* An answer without a body. */
static int ask(int connection) {
    char answer[4096];
    size_t size = 0;
    if (write(connection, request, sizeof request - 1) != (ssize_t)(sizeof request - 1)) return 0;
    do {
        ssize_t more = read(connection, answer + size, sizeof answer - 1 - size);
        if (more <= 0) return 0;
        size += (size_t)more;
        answer[size] = '\0';
    } while (strstr(answer, "\r\n\r\n") == NULL);
    return strncmp(answer, "HTTP/1.1 204", 12) == 0;
}

static int compare(const void *a, const void *b) {
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    double rate = atof(argv[2]), began;
    int connection = open_connection(atoi(argv[1]));
    size_t count = (size_t)(rate * atof(argv[3]));
    double *times = calloc(count + 1, sizeof *times);
    if (connection < 0 || times == NULL || count == 0) return 1;
    began = read_clock();
    for (size_t i = 0; i < count; i++) {
        double due = began + (double)i / rate;
        sleep_until(due);
        if (!ask(connection)) return 1;
        times[i] = read_clock() - due;
    }
    qsort(times, count, sizeof *times, compare);
    printf("%.4f %.4f %.4f\n", times[count / 2] * 1e3, times[(size_t)((double)count * 0.99)] * 1e3,
           times[count - 1] * 1e3);
    free(times);
    return 0;
}
