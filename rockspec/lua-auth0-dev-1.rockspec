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
   "lua >= 5.1, < 5.6",
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
         -- CMake takes every file of each room; tests/checks/sources compares.
         sources = {
            "src/engine/call.c",
            "src/engine/calls.c",
            "src/engine/dispatch.c",
            "src/engine/engine.c",
            "src/engine/events.c",
            "src/engine/replies.c",
            "src/engine/sequences.c",
            "src/engine/sequences_make.c",
            "src/engine/state.c",
            "src/engine/token_call.c",
            "src/engine/turn.c",
            "src/engine/worker.c",
            "src/http/exchange.c",
            "src/http/exchange_end.c",
            "src/http/headers.c",
            "src/http/network.c",
            "src/http/pipe_guard.c",
            "src/http/profile.c",
            "src/http/sockets.c",
            "src/http/store.c",
            "src/lua/bell.c",
            "src/lua/call.c",
            "src/lua/claims.c",
            "src/lua/class.c",
            "src/lua/engine.c",
            "src/lua/fault.c",
            "src/lua/interrupt.c",
            "src/lua/json.c",
            "src/lua/json_write.c",
            "src/lua/module.c",
            "src/lua/options.c",
            "src/lua/perform.c",
            "src/lua/pool.c",
            "src/lua/private_file.c",
            "src/lua/records.c",
            "src/lua/reply.c",
            "src/lua/result.c",
            "src/lua/rows.c",
            "src/lua/sequence.c",
            "src/lua/tenant.c",
            "src/os/bell.c",
            "src/os/buffer.c",
            "src/os/clock.c",
            "src/os/inflate.c",
            "src/os/private_file.c",
            "src/os/process.c",
            "src/os/secrets.c",
            "src/os/threads.c",
            "src/os/watch.c",
            "src/pure/account.c",
            "src/pure/answer.c",
            "src/pure/attempt.c",
            "src/pure/bucket.c",
            "src/pure/canon.c",
            "src/pure/claims.c",
            "src/pure/complaint.c",
            "src/pure/decimal.c",
            "src/pure/domain.c",
            "src/pure/failure.c",
            "src/pure/guard.c",
            "src/pure/guard_answers.c",
            "src/pure/guard_reads.c",
            "src/pure/guard_things.c",
            "src/pure/guard_words.c",
            "src/pure/heap.c",
            "src/pure/identity.c",
            "src/pure/json.c",
            "src/pure/json_read.c",
            "src/pure/json_weigh.c",
            "src/pure/jwt.c",
            "src/pure/limits.c",
            "src/pure/listed.c",
            "src/pure/merge.c",
            "src/pure/merge_work.c",
            "src/pure/numeral.c",
            "src/pure/operation.c",
            "src/pure/order.c",
            "src/pure/pace.c",
            "src/pure/plan.c",
            "src/pure/proxy.c",
            "src/pure/queue.c",
            "src/pure/redact.c",
            "src/pure/receipt.c",
            "src/pure/request.c",
            "src/pure/sequence.c",
            "src/pure/sequence_change.c",
            "src/pure/sequence_images.c",
            "src/pure/sequence_needs.c",
            "src/pure/sequence_receipt.c",
            "src/pure/sequence_request.c",
            "src/pure/sequence_result.c",
            "src/pure/sequence_weigh.c",
            "src/pure/restore.c",
            "src/pure/shared.c",
            "src/pure/sort.c",
            "src/pure/streams.c",
            "src/pure/token_life.c",
            "src/pure/turns.c",
            "src/pure/utf8.c",
            "src/pure/writer.c",
            "src/token/assertion.c",
            "src/token/file.c",
            "src/token/memo.c",
            "src/token/record.c",
            "src/token/share.c",
            "src/token/source.c",
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
