/* The sockets under a network's connections. libcurl names the connection that a request is about to go out on by its
   addresses alone; here is found what it is, and looked at. */
#ifndef AUTH0_HTTP_SOCKETS_H
#define AUTH0_HTTP_SOCKETS_H

#include "http/curl_compat.h"
#include "os/watch.h"
#include "pure/list.h"

#pragma GCC visibility push(hidden)

struct sockets {
    struct list all;
    struct watch *watch;
};

/* `watch` keeps an eye on them; NULL: nothing does. */
void sockets_init(struct sockets *sockets, struct watch *watch);

/* Forgets all of them: libcurl has closed them. */
void sockets_free(struct sockets *sockets);

/* Makes one for libcurl, which programs that the caller starts do not inherit, though one started in this moment by
   another thread. CURL_SOCKET_BAD where it cannot. */
curl_socket_t sockets_open(struct sockets *sockets, const struct curl_sockaddr *address);

/* Closes one that libcurl is done with: its CURLOPT_CLOSESOCKETFUNCTION. */
int sockets_close(void *sockets, curl_socket_t descriptor);

/* Whether a request may go out on the connection with this local port, and would be answered there: false where its
   peer has hung up, or where, over HTTP/1.1, something came that was not asked for. One that is not known may. */
bool sockets_is_fit(struct sockets *sockets, int local_port);

/* Whether it stands, and its peer has not hung up. */
bool sockets_is_alive(struct sockets *sockets, int local_port);

/* HTTP/1.1 is spoken on it: between an answer and the next request it has to be silent. */
void sockets_speak_http_1(struct sockets *sockets, int local_port);

#pragma GCC visibility pop

#endif
