rockspec_format = "3.0"
package = "lua-auth0"
version = "dev-1"

source = {
   url = "git+https://github.com/lua-auth0/lua-auth0.git",
}

description = {
   summary = "Link user accounts of an Auth0 tenant",
   detailed = [[
      Account linking with Auth0's Management API. A link that was made is told apart from one that was refused,
      and from one whose answer was lost.
   ]],
   homepage = "https://github.com/lua-auth0/lua-auth0",
   license = "MIT",
   labels = { "auth0", "http", "identity" },
}

dependencies = {
   "lua >= 5.1, < 5.5",
   "lua-cjson >= 2.1",
}

-- No header: LuaRocks looks for one in /usr/include, and distributions keep curl's in a folder that is named after the
-- machine, where the compiler finds it by itself.
external_dependencies = {
   CURL = { library = "curl" },
   CRYPTO = { library = "crypto" },
   ZLIB = { library = "z" },
}

build = {
   -- This type also installs all that is below lua/.
   type = "builtin",
   modules = {
      ["auth0.core"] = {
         -- CMakeLists.txt lists the same files; tests/checks/sources compares.
         sources = {
            "src/answer.c",
            "src/answered.c",
            "src/assertion.c",
            "src/attempt.c",
            "src/bell.c",
            "src/bucket.c",
            "src/buffer.c",
            "src/call.c",
            "src/core.c",
            "src/credential.c",
            "src/engine_caller.c",
            "src/engine_calls.c",
            "src/engine_queue.c",
            "src/engine_state.c",
            "src/engine_turn.c",
            "src/events.c",
            "src/exchange.c",
            "src/headers.c",
            "src/identity.c",
            "src/inflater.c",
            "src/json_check.c",
            "src/json_mend.c",
            "src/json_span.c",
            "src/jwt.c",
            "src/lua_bell.c",
            "src/lua_call.c",
            "src/lua_claims.c",
            "src/lua_engine.c",
            "src/lua_engines.c",
            "src/lua_json.c",
            "src/lua_options.c",
            "src/lua_records.c",
            "src/lua_reply.c",
            "src/lua_rows.c",
            "src/lua_stop.c",
            "src/network.c",
            "src/operation.c",
            "src/pace.c",
            "src/pipe_guard.c",
            "src/secret.c",
            "src/threads.c",
            "src/token_file.c",
            "src/token_memo.c",
            "src/token_record.c",
            "src/token_share.c",
            "src/tokens.c",
            "src/transport.c",
            "src/worker.c",
         },
         defines = { "_GNU_SOURCE" },
         incdirs = { "src", "$(CURL_INCDIR)", "$(CRYPTO_INCDIR)", "$(ZLIB_INCDIR)" },
         libdirs = { "$(CURL_LIBDIR)", "$(CRYPTO_LIBDIR)", "$(ZLIB_LIBDIR)" },
         libraries = { "curl", "crypto", "z", "pthread", "dl" },
      },
   },
}

test = {
   type = "command",
   -- Not `script`: LuaRocks would give that one to Lua.
   command = "tests/run",
}
