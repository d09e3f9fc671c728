/* The only place that knows which libcurl has what. From 7.68 on compiles; AUTH0_PRETEND_CURL=0x074400 builds what an
   older one would get. */
#ifndef AUTH0_HTTP_CURL_COMPAT_H
#define AUTH0_HTTP_CURL_COMPAT_H

#include <curl/curl.h>

#ifdef AUTH0_PRETEND_CURL
#define CURL_HAS(major, minor) (AUTH0_PRETEND_CURL >= ((major) << 16 | (minor) << 8))
#else
#define CURL_HAS(major, minor) (LIBCURL_VERSION_NUM >= ((major) << 16 | (minor) << 8))
#endif

#if LIBCURL_VERSION_NUM < 0x074400
#error "lua-auth0 needs libcurl 7.68 or newer"
#endif

#define CURL_HAS_CAPATH_INFO CURL_HAS(7, 70)
#define CURL_HAS_PREREQ CURL_HAS(7, 80)
#define CURL_HAS_PROTOCOLS_STR CURL_HAS(7, 85)
#define CURL_HAS_QUICK_EXIT CURL_HAS(7, 87)
#define CURL_HAS_OWN_WRITES CURL_HAS(7, 87)

/* What libcurl repeats by itself, and what it says of the stream then, was looked at up to 8.14. 8.23 says nothing of
   HTTP_1_1_REQUIRED, which is no promise that a request was not processed; the one that runs is asked. */
#define CURL_REPEATS_ARE_KNOWN (curl_version_info(CURLVERSION_NOW)->version_num < 0x080f00)

/* libcurl's manual says, in every version, that a request target is sent as it is, whatever it holds. That a request of
   HTTP/2 is made of the same text was looked at up to 8.14. */
#define CURL_TARGET_IS_TEXT (curl_version_info(CURLVERSION_NOW)->version_num < 0x080f00)

/* CURLMOPT_QUICK_EXIT by its number: of 8.20, which may be what runs, whatever this is built with. */
#define CURL_MULTI_QUICK_EXIT ((CURLMoption)(CURLOPTTYPE_LONG + 21))

#endif
