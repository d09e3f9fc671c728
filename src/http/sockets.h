/* The sockets of a network's connections. Before libcurl sends a request, it tells only the addresses and ports of the
   connection; the socket is found here by its local port, and it is checked that the connection is still usable. */
#ifndef AUTH0_HTTP_SOCKETS_H
#define AUTH0_HTTP_SOCKETS_H

#include "http/curl_compat.h"
#include "os/buffer.h"
#include "os/watch.h"

#pragma GCC visibility push(hidden)

struct sockets {
    struct buffer all; /* of struct socket */
    struct watch *watch;
};

/* `watch` watches them (os/watch.h); NULL: nothing does. */
void sockets_init(struct sockets *sockets, struct watch *watch);

/* Forgets all of them: libcurl has closed them. */
void sockets_free(struct sockets *sockets);

/* Opens a socket for libcurl. Programs that the process starts do not inherit it; where the system has no SOCK_CLOEXEC,
   one that another thread starts just then does. CURL_SOCKET_BAD where it cannot be opened. */
curl_socket_t sockets_open(struct sockets *sockets, const struct curl_sockaddr *address);

/* Closes a socket that libcurl no longer needs: its CURLOPT_CLOSESOCKETFUNCTION. */
int sockets_close(void *sockets, curl_socket_t descriptor);

/* A part of an answer has come. */
static inline void sockets_hear(struct sockets *sockets) {
    if (sockets->watch != NULL) watch_hear(sockets->watch);
}

/* Whether the connection with this local port is fit for a request: false where its peer has closed it, and where, over
   HTTP/1.1, bytes came that answer no request. True where the socket is not known. */
bool sockets_is_fit(struct sockets *sockets, int local_port);

/* Whether the connection with this local port is open, and its peer has not closed it. False where it is not known. */
bool sockets_is_alive(struct sockets *sockets, int local_port);

/* HTTP/1.1 is spoken on it, where no bytes may come between an answer and the next request. */
void sockets_speak_http_1(struct sockets *sockets, int local_port);

#pragma GCC visibility pop

#endif
