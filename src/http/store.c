#include "http/store.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whether a file has the name under which OpenSSL looks a certificate up: "0123abcd.0". */
static bool is_hashed(const char *name) {
    return strlen(name) > 9 && strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
           strspn(name + 9, "0123456789") == strlen(name + 9);
}

/* How many such names a directory has, counted up to `enough`; the last of them goes into `name`. */
static int count_hashed(const char *path, int enough, char *name, size_t room) {
    DIR *directory = opendir(path);
    int count = 0;
    if (directory == NULL) return 0;
    for (const struct dirent *entry; count < enough && (entry = readdir(directory)) != NULL;)
        if (is_hashed(entry->d_name) && strlen(entry->d_name) < room) {
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
            count++;
        }
    closedir(directory);
    return count;
}

/* The public roots are well over a hundred: a directory that holds fewer may hold only what an administrator added. */
enum { WHOLE_STORE = 50 };

/* The system's store. Parsing the bundle costs 30 ms at every handshake where libcurl's defaults name both; the hashed
   directory alone is read on demand, one certificate at a time. */
static CURLcode prefer_directory(CURL *easy, CURLoption file) {
#if CURL_HAS_CAPATH_INFO
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    char name[16];
    if (info->age >= CURLVERSION_SEVENTH && info->capath != NULL &&
        count_hashed(info->capath, WHOLE_STORE, name, sizeof name) == WHOLE_STORE)
        return curl_easy_setopt(easy, file, NULL);
#endif
    (void)easy, (void)file;
    return CURLE_OK;
}

/* From some 8.x on, an option that is set to NULL gets libcurl's built-in default back, and more would be trusted than
   was named. OpenSSL and its relatives take a directory that is none. */
static bool has_stubborn_defaults(void) {
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->version_num >= 0x080000 && info->ssl_version != NULL &&
           (strstr(info->ssl_version, "SSL") != NULL || strstr(info->ssl_version, "AWS-LC") != NULL);
}

/* A bundle must hold something: one of the directory's own certificates says nothing new. Without one there is no such
   file, and the handshake will say that there is nothing to trust. */
static void name_one_of(const char *directory, char *file, size_t room) {
    char hashed[16] = "none";
    (void)count_hashed(directory, 1, hashed, sizeof hashed);
    snprintf(file, room, "%s/%s", directory, hashed);
}

/* libcurl would go on trusting the half of its defaults that was not replaced. */
CURLcode store_apply(CURL *easy, enum store_side side, const char *file, const char *directory) {
    CURLoption of_file = side == STORE_OF_PROXY ? CURLOPT_PROXY_CAINFO : CURLOPT_CAINFO;
    CURLoption of_directory = side == STORE_OF_PROXY ? CURLOPT_PROXY_CAPATH : CURLOPT_CAPATH;
    char one[4096 + 16];
    if (file == NULL && directory == NULL) return prefer_directory(easy, of_file);
    if (has_stubborn_defaults()) {
        if (file == NULL) name_one_of(directory, one, sizeof one);
        file = file != NULL ? file : one;
        directory = directory != NULL ? directory : "/dev/null";
    }
    CURLcode code = curl_easy_setopt(easy, of_file, file);
    return code == CURLE_OK ? curl_easy_setopt(easy, of_directory, directory) : code;
}
