--- What it was measured on.
local tenant = require "support.tenant"

local machine = {}

local function line_of(command)
    return (tenant.run(command .. " 2>&1 | head -n 1"):gsub("%s+$", ""))
end

---@return string[]
function machine.facts()
    return {
        line_of "date -u +%Y-%m-%d",
        line_of "nproc" .. " cores of " .. line_of "sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo",
        line_of "curl-config --version",
        (line_of "PATH=$PATH:/usr/sbin nginx -v":gsub("^nginx version: ", "")),
        line_of "lua5.4 -v":match("^Lua %S+"),
        "load " .. line_of "cut -d' ' -f1 /proc/loadavg",
    }
end

return machine
