/* Loaded before the C library: the look-up of a name that begins with "hanging." takes half a minute, as one does whose
   servers are silent. */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static const char hanging[] = "hanging.";
    if (name != NULL && strncmp(name, hanging, sizeof hanging - 1) == 0) {
        sleep(30);
        return EAI_AGAIN;
    }
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    look_up *real;
    memcpy(&real, &symbol, sizeof real);
    return real(name, service, hints, found);
}
