--- Links from inside a request: `count` of them in flight, each lane with a beat of its own, so that every client
--- links at the same rate.
local lanes = {}

local function now()
    ngx.update_time()
    return ngx.now()
end

---@param link fun(primary: string, secondary: string): table|nil, string|nil
---@param count integer lanes
---@param rate number links per second, of all
---@param seconds number
---@return integer links
---@return string|nil fault the first one
function lanes.run(link, count, rate, seconds)
    local began, done, fault = now(), 0, nil
    local function lane(number)
        local due = began + number / rate
        while due < began + seconds do
            ngx.sleep(math.max(due - now(), 0))
            local identities, message = link(("auth0|%024d"):format(done), "google-oauth2|115015401343387192604")
            local is_good = identities and #identities == 2
            done = done + (is_good and 1 or 0)
            if not is_good then fault = fault or message or "a wrong answer" end
            due = due + count / rate
        end
    end
    local threads = {}
    for number = 1, count do threads[number] = ngx.thread.spawn(lane, number) end
    for _, thread in ipairs(threads) do
        local good, message = ngx.thread.wait(thread)
        if not good then fault = fault or message end
    end
    return done, fault
end

return lanes
