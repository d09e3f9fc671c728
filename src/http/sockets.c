#include "http/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* They lie side by side, since each request looks all of them through. */
struct socket {
    curl_socket_t descriptor;
    int port; /* the local one; 0: not known yet */
    bool is_used, is_http_1;
};

static struct socket *at(const struct sockets *sockets) { return (void *)sockets->all.at; }

static size_t count(const struct sockets *sockets) { return sockets->all.size / sizeof(struct socket); }

void sockets_init(struct sockets *sockets, struct watch *watch) { *sockets = (struct sockets){.watch = watch}; }

void sockets_free(struct sockets *sockets) { buffer_free(&sockets->all); }

/* ---- made and closed ---- */

static void forget(struct sockets *sockets, curl_socket_t descriptor) {
    size_t i = 0;
    while (i < count(sockets) && at(sockets)[i].descriptor != descriptor) i++;
    if (i == count(sockets)) return;
    at(sockets)[i] = at(sockets)[count(sockets) - 1];
    sockets->all.size -= sizeof(struct socket);
}

static curl_socket_t make(const struct curl_sockaddr *address) {
#ifdef SOCK_CLOEXEC
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
#else
    curl_socket_t made = socket(address->family, address->socktype, address->protocol);
    if (made != CURL_SOCKET_BAD) (void)fcntl(made, F_SETFD, FD_CLOEXEC);
    return made;
#endif
}

curl_socket_t sockets_open(struct sockets *sockets, const struct curl_sockaddr *address) {
    struct socket socket = {.port = 0};
    if (!buffer_reserve(&sockets->all, sizeof socket)) return CURL_SOCKET_BAD;
    socket.descriptor = make(address);
    if (socket.descriptor == CURL_SOCKET_BAD) return CURL_SOCKET_BAD;
    (void)buffer_append(&sockets->all, (struct span){(const char *)&socket, sizeof socket}); /* there is room */
    if (sockets->watch != NULL) watch_add(sockets->watch, socket.descriptor);
    return socket.descriptor;
}

int sockets_close(void *context, curl_socket_t descriptor) {
    struct sockets *sockets = context;
    forget(sockets, descriptor);
    return sockets->watch != NULL ? watch_close(sockets->watch, descriptor) : close(descriptor);
}

/* ---- found ---- */

static int port_of(curl_socket_t descriptor) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) return 0;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
    return 0;
}

/* The socket with this local port. Where two have it, connected to different peers: NULL, since nothing tells which. */
static struct socket *find(struct sockets *sockets, int port) {
    struct socket *found = NULL, *all = at(sockets);
    size_t size = count(sockets);
    if (port <= 0) return NULL;
    for (size_t i = 0; i < size; i++) {
        struct socket *socket = &all[i];
        if (socket->port == 0) socket->port = port_of(socket->descriptor);
        if (socket->port != port) continue;
        if (found != NULL) return NULL;
        found = socket;
    }
    return found;
}

/* ---- checked ---- */

/* What has arrived and has not been read. */
enum arrival { ARRIVED_NOTHING, ARRIVED_BYTES, ARRIVED_END };

/* Whether the peer has closed the connection, even if bytes that it sent before still wait. */
static bool has_ended(curl_socket_t descriptor) {
#ifdef POLLRDHUP
    struct pollfd look = {.fd = descriptor, .events = POLLRDHUP};
#else
    struct pollfd look = {.fd = descriptor};
#endif
    return poll(&look, 1, 0) > 0;
}

static enum arrival look(curl_socket_t descriptor) {
    char byte;
    ssize_t size = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return ARRIVED_NOTHING;
    return size > 0 && !has_ended(descriptor) ? ARRIVED_BYTES : ARRIVED_END;
}

/* Before the first request, and over HTTP/2 at any time, waiting bytes are no fault: they are the protocols' own, as
   settings, pings and TLS session tickets are. */
bool sockets_is_fit(struct sockets *sockets, int local_port) {
    struct socket *socket = find(sockets, local_port);
    if (socket == NULL) return true;
    enum arrival arrival = look(socket->descriptor);
    bool is_unasked = arrival == ARRIVED_BYTES && socket->is_used && socket->is_http_1;
    socket->is_used = true;
    return arrival != ARRIVED_END && !is_unasked;
}

void sockets_speak_http_1(struct sockets *sockets, int local_port) {
    struct socket *socket = find(sockets, local_port);
    if (socket != NULL) socket->is_http_1 = true;
}

bool sockets_is_alive(struct sockets *sockets, int local_port) {
    struct socket *socket = find(sockets, local_port);
    return socket != NULL && look(socket->descriptor) != ARRIVED_END;
}
