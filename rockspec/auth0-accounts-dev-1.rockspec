rockspec_format = "3.0"
package = "auth0-accounts"
version = "dev-1"

source = {
   url = "git+https://github.com/lua-auth0/lua-auth0.git",
}

description = {
   summary = "A command for user accounts of an Auth0 tenant",
   detailed = [[
      Shows, links, merges and unlinks accounts from a terminal, with receipts that take a merge back, and prints any
      request as a curl command, for Postman, or for Auth0's own CLI. Its work on many accounts needs SQLite.
   ]],
   homepage = "https://github.com/lua-auth0/lua-auth0",
   license = "MIT",
   labels = { "auth0", "commandline", "identity" },
}

dependencies = {
   "lua >= 5.1, < 5.6",
   "lua-auth0",
   "argparse >= 0.7",
}

-- No header: see lua-auth0's.
external_dependencies = {
   CRYPTO = { library = "crypto" },
   SQLITE = { library = "sqlite3" },
   ZLIB = { library = "z" },
}

build = {
   -- Not "builtin", which would install all that is below lua/: that is lua-auth0's.
   type = "command",
   build_command = "$(CC) $(CFLAGS) $(LIBFLAG) -D_GNU_SOURCE -I src -I $(LUA_INCDIR) "
      .. "-I $(CRYPTO_INCDIR) -I $(SQLITE_INCDIR) -I $(ZLIB_INCDIR) -o core.so "
      .. "src/auth0_accounts/addresses.c "
      .. "src/auth0_accounts/core.c "
      .. "src/auth0_accounts/database.c "
      .. "src/auth0_accounts/digest.c "
      .. "src/auth0_accounts/finder.c "
      .. "src/auth0_accounts/judge.c "
      .. "src/auth0_accounts/lines.c "
      .. "src/auth0_accounts/nameless.c "
      .. "src/auth0_accounts/place.c "
      .. "src/auth0_accounts/regular.c "
      .. "src/auth0_accounts/signals.c "
      .. "src/auth0_accounts/statement.c "
      .. "src/auth0_accounts/tokens.c "
      .. "src/auth0_accounts/users.c "
      .. "src/lua/class.c "
      .. "src/os/inflate.c "
      .. "src/os/private_file.c "
      .. "src/os/process.c "
      .. "src/pure/account.c "
      .. "src/pure/answer.c "
      .. "src/pure/canon.c "
      .. "src/pure/complaint.c "
      .. "src/pure/decimal.c "
      .. "src/pure/guard.c "
      .. "src/pure/guard_answers.c "
      .. "src/pure/guard_reads.c "
      .. "src/pure/guard_things.c "
      .. "src/pure/guard_words.c "
      .. "src/pure/identity.c "
      .. "src/pure/json.c "
      .. "src/pure/json_read.c "
      .. "src/pure/json_weigh.c "
      .. "src/pure/listed.c "
      .. "src/pure/merge.c "
      .. "src/pure/merge_work.c "
      .. "src/pure/order.c "
      .. "src/pure/plan.c "
      .. "src/pure/receipt.c "
      .. "src/pure/redact.c "
      .. "src/pure/shared.c "
      .. "src/pure/sort.c "
      .. "src/pure/utf8.c "
      .. "src/pure/writer.c "
      .. "-L $(CRYPTO_LIBDIR) -L $(SQLITE_LIBDIR) -L $(ZLIB_LIBDIR) -l sqlite3 -l crypto -l z -l pthread -l dl",
   install = {
      lua = {
         ["auth0_accounts.apply.approval"] = "src/auth0_accounts/apply/approval.lua",
         ["auth0_accounts.apply.attention"] = "src/auth0_accounts/apply/attention.lua",
         ["auth0_accounts.apply.concurrency"] = "src/auth0_accounts/apply/concurrency.lua",
         ["auth0_accounts.apply.journal_export"] = "src/auth0_accounts/apply/journal_export.lua",
         ["auth0_accounts.apply.linker"] = "src/auth0_accounts/apply/linker.lua",
         ["auth0_accounts.apply.listeners"] = "src/auth0_accounts/apply/listeners.lua",
         ["auth0_accounts.apply.logs"] = "src/auth0_accounts/apply/logs.lua",
         ["auth0_accounts.apply.mapping"] = "src/auth0_accounts/apply/mapping.lua",
         ["auth0_accounts.apply.progress"] = "src/auth0_accounts/apply/progress.lua",
         ["auth0_accounts.apply.run"] = "src/auth0_accounts/apply/run.lua",
         ["auth0_accounts.apply.stale"] = "src/auth0_accounts/apply/stale.lua",
         ["auth0_accounts.apply.throttle"] = "src/auth0_accounts/apply/throttle.lua",
         ["auth0_accounts.apply.undo_call"] = "src/auth0_accounts/apply/undo_call.lua",
         ["auth0_accounts.apply.undo_run"] = "src/auth0_accounts/apply/undo_run.lua",
         ["auth0_accounts.apply.undoer"] = "src/auth0_accounts/apply/undoer.lua",
         ["auth0_accounts.apply.verify"] = "src/auth0_accounts/apply/verify.lua",
         ["auth0_accounts.apply.waits"] = "src/auth0_accounts/apply/waits.lua",
         ["auth0_accounts.apply.work"] = "src/auth0_accounts/apply/work.lua",
         ["auth0_accounts.arguments"] = "src/auth0_accounts/arguments.lua",
         ["auth0_accounts.audit.checks"] = "src/auth0_accounts/audit/checks.lua",
         ["auth0_accounts.audit.init"] = "src/auth0_accounts/audit/init.lua",
         ["auth0_accounts.command_line"] = "src/auth0_accounts/command_line.lua",
         ["auth0_accounts.commands.apply"] = "src/auth0_accounts/commands/apply.lua",
         ["auth0_accounts.commands.audit"] = "src/auth0_accounts/commands/audit.lua",
         ["auth0_accounts.commands.candidates"] = "src/auth0_accounts/commands/candidates.lua",
         ["auth0_accounts.commands.doctor"] = "src/auth0_accounts/commands/doctor.lua",
         ["auth0_accounts.commands.help"] = "src/auth0_accounts/commands/help.lua",
         ["auth0_accounts.commands.init"] = "src/auth0_accounts/commands/init.lua",
         ["auth0_accounts.commands.journal"] = "src/auth0_accounts/commands/journal.lua",
         ["auth0_accounts.commands.link"] = "src/auth0_accounts/commands/link.lua",
         ["auth0_accounts.commands.mapping"] = "src/auth0_accounts/commands/mapping.lua",
         ["auth0_accounts.commands.merge"] = "src/auth0_accounts/commands/merge.lua",
         ["auth0_accounts.commands.mock"] = "src/auth0_accounts/commands/mock.lua",
         ["auth0_accounts.commands.plan"] = "src/auth0_accounts/commands/plan.lua",
         ["auth0_accounts.commands.preview"] = "src/auth0_accounts/commands/preview.lua",
         ["auth0_accounts.commands.report"] = "src/auth0_accounts/commands/report.lua",
         ["auth0_accounts.commands.settle"] = "src/auth0_accounts/commands/settle.lua",
         ["auth0_accounts.commands.show"] = "src/auth0_accounts/commands/show.lua",
         ["auth0_accounts.commands.undo"] = "src/auth0_accounts/commands/undo.lua",
         ["auth0_accounts.commands.unlink"] = "src/auth0_accounts/commands/unlink.lua",
         ["auth0_accounts.commands.verify"] = "src/auth0_accounts/commands/verify.lua",
         ["auth0_accounts.csv"] = "src/auth0_accounts/csv.lua",
         ["auth0_accounts.database"] = "src/auth0_accounts/database.lua",
         ["auth0_accounts.definitions"] = "src/auth0_accounts/definitions.lua",
         ["auth0_accounts.doctor"] = "src/auth0_accounts/doctor.lua",
         ["auth0_accounts.dry_run"] = "src/auth0_accounts/dry_run.lua",
         ["auth0_accounts.exports"] = "src/auth0_accounts/exports.lua",
         ["auth0_accounts.forms.auth0_cli"] = "src/auth0_accounts/forms/auth0_cli.lua",
         ["auth0_accounts.forms.curl"] = "src/auth0_accounts/forms/curl.lua",
         ["auth0_accounts.forms.http"] = "src/auth0_accounts/forms/http.lua",
         ["auth0_accounts.forms.postman"] = "src/auth0_accounts/forms/postman.lua",
         ["auth0_accounts.forms.request"] = "src/auth0_accounts/forms/request.lua",
         ["auth0_accounts.identities"] = "src/auth0_accounts/identities.lua",
         ["auth0_accounts.init"] = "src/auth0_accounts/init.lua",
         ["auth0_accounts.journal"] = "src/auth0_accounts/journal.lua",
         ["auth0_accounts.journal_reading"] = "src/auth0_accounts/journal_reading.lua",
         ["auth0_accounts.man_page"] = "src/auth0_accounts/man_page.lua",
         ["auth0_accounts.merging"] = "src/auth0_accounts/merging.lua",
         ["auth0_accounts.mock_tenant"] = "src/auth0_accounts/mock_tenant.lua",
         ["auth0_accounts.noun"] = "src/auth0_accounts/noun.lua",
         ["auth0_accounts.output"] = "src/auth0_accounts/output.lua",
         ["auth0_accounts.plan.codes"] = "src/auth0_accounts/plan/codes.lua",
         ["auth0_accounts.plan.decide"] = "src/auth0_accounts/plan/decide.lua",
         ["auth0_accounts.plan.diff"] = "src/auth0_accounts/plan/diff.lua",
         ["auth0_accounts.plan.file"] = "src/auth0_accounts/plan/file.lua",
         ["auth0_accounts.plan.groups"] = "src/auth0_accounts/plan/groups.lua",
         ["auth0_accounts.plan.growing"] = "src/auth0_accounts/plan/growing.lua",
         ["auth0_accounts.plan.hours"] = "src/auth0_accounts/plan/hours.lua",
         ["auth0_accounts.plan.init"] = "src/auth0_accounts/plan/init.lua",
         ["auth0_accounts.plan.judge"] = "src/auth0_accounts/plan/judge.lua",
         ["auth0_accounts.plan.lines"] = "src/auth0_accounts/plan/lines.lua",
         ["auth0_accounts.plan.primaries"] = "src/auth0_accounts/plan/primaries.lua",
         ["auth0_accounts.plan.reader"] = "src/auth0_accounts/plan/reader.lua",
         ["auth0_accounts.plan.summary"] = "src/auth0_accounts/plan/summary.lua",
         ["auth0_accounts.printable"] = "src/auth0_accounts/printable.lua",
         ["auth0_accounts.private_file"] = "src/auth0_accounts/private_file.lua",
         ["auth0_accounts.receipts"] = "src/auth0_accounts/receipts.lua",
         ["auth0_accounts.regular"] = "src/auth0_accounts/regular.lua",
         ["auth0_accounts.report.before_after"] = "src/auth0_accounts/report/before_after.lua",
         ["auth0_accounts.report.chart"] = "src/auth0_accounts/report/chart.lua",
         ["auth0_accounts.report.figures"] = "src/auth0_accounts/report/figures.lua",
         ["auth0_accounts.report.html"] = "src/auth0_accounts/report/html.lua",
         ["auth0_accounts.report.page"] = "src/auth0_accounts/report/page.lua",
         ["auth0_accounts.results"] = "src/auth0_accounts/results.lua",
         ["auth0_accounts.settings"] = "src/auth0_accounts/settings.lua",
         ["auth0_accounts.stop"] = "src/auth0_accounts/stop.lua",
         ["auth0_accounts.tenants"] = "src/auth0_accounts/tenants.lua",
         ["auth0_accounts.terminal"] = "src/auth0_accounts/terminal.lua",
         ["auth0_accounts.users"] = "src/auth0_accounts/users.lua",
         ["auth0_accounts.watch"] = "src/auth0_accounts/watch.lua",
         ["auth0_accounts.wording"] = "src/auth0_accounts/wording.lua",
      },
      lib = {
         ["auth0_accounts.core"] = "core.so",
      },
      bin = {
         ["auth0-accounts"] = "src/auth0_accounts/command.lua",
      },
   },
   copy_directories = {},
}
