-- One source for Lua 5.1 to 5.5 and LuaJIT: only what all of them have.
std = "min"
max_line_length = 120
cache = false

files["tests/spec"] = { std = "min+busted" }
files["tests/support"] = { std = "min+busted" }

-- Runs inside nginx.
files["tests/tenant"] = { std = "min+ngx_lua" }
files["tests/benchmarks/inside"] = { std = "min+ngx_lua" }
files["tests/support/in_nginx.lua"] = { std = "min+ngx_lua" }
files["tests/examples"] = { std = "min+ngx_lua" }

-- Run under Lua 5.4, whatever Lua is tested.
files["tests/support/flood.lua"] = { std = "lua54" }

files["rockspec"] = { std = "rockspec" }
