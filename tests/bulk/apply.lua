-- apply.lua <links> <kills> <in flight> [<rate>]: see tests/bulk/apply.
local command = require "support.command"
local job = require "bulk.apply_job"
local linking = require "support.linking"
local process = require "support.process"
local restored = require "bulk.restored"

local links, kills, in_flight, rate = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4])

local function told_by(name, arguments)
    local begun = os.time()
    local told = command.start(arguments)
    print(("%-8s code %d, %d s: %s"):format(name, told.code, os.time() - begun,
        told.out:match "([^\n]*)\n$" or told.err))
    return told
end

io.stdout:setvbuf "line"
math.randomseed(os.time())
linking.start()
local begun = os.time()
local result = job.run(links, in_flight, kills, rate)
print(("apply    %d links, %d kills, %d s: made %d, linked %d, of these %d not as the journal has it; %d images lost")
    :format(links, kills, os.time() - begun, result.made, result.links, result.differing, result.lost))
print(("requests %d; the last pass made %d in %s s, of which %.1f s of the processor"):format(result.requests,
    result.last.made, result.last.took or "?", result.seconds))
print(("memory   %d KiB at most, in %d passes"):format(result.peak, result.passes))
local journal, wide = result.files.journal, tostring(in_flight)
local verified = told_by("verify", { "verify", journal, "--in-flight", wide })
-- Of a link that was under way when its process was killed, nothing is taken back for ten minutes.
local undone
for _ = 1, 15 do
    undone = told_by("undo", { "undo", journal, "--approve", result.files.digest, "--in-flight", wide })
    if undone.code == 0 or not undone.out:find("may still be carried out", 1, true) then break end
    process.sleep(60)
end
local users = job.compare_users(result.files)
print("users    " .. restored.words(users))
job.clean(result)
linking.stop()
local is_good = result.made == links and result.links == links and result.differing + result.lost + users.differing == 0
os.exit(is_good and verified.code == 0 and undone.code == 0 and 0 or 1, true)
