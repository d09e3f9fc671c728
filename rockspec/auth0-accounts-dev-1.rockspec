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
      request as a curl command, for Postman, or for Auth0's own CLI.
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

build = {
   -- Nothing is built: "builtin" would install all that is below lua/, which is lua-auth0's.
   type = "none",
   install = {
      lua = {
         ["auth0_accounts.arguments"] = "src/auth0_accounts/arguments.lua",
         ["auth0_accounts.commands"] = "src/auth0_accounts/commands.lua",
         ["auth0_accounts.dry_run"] = "src/auth0_accounts/dry_run.lua",
         ["auth0_accounts.forms.auth0_cli"] = "src/auth0_accounts/forms/auth0_cli.lua",
         ["auth0_accounts.forms.curl"] = "src/auth0_accounts/forms/curl.lua",
         ["auth0_accounts.forms.http"] = "src/auth0_accounts/forms/http.lua",
         ["auth0_accounts.forms.postman"] = "src/auth0_accounts/forms/postman.lua",
         ["auth0_accounts.forms.request"] = "src/auth0_accounts/forms/request.lua",
         ["auth0_accounts.init"] = "src/auth0_accounts/init.lua",
         ["auth0_accounts.merging"] = "src/auth0_accounts/merging.lua",
         ["auth0_accounts.output"] = "src/auth0_accounts/output.lua",
         ["auth0_accounts.printable"] = "src/auth0_accounts/printable.lua",
         ["auth0_accounts.receipts"] = "src/auth0_accounts/receipts.lua",
         ["auth0_accounts.stop"] = "src/auth0_accounts/stop.lua",
         ["auth0_accounts.tenants"] = "src/auth0_accounts/tenants.lua",
         ["auth0_accounts.words"] = "src/auth0_accounts/words.lua",
      },
      bin = {
         ["auth0-accounts"] = "src/auth0_accounts/command.lua",
      },
   },
   copy_directories = {},
}
