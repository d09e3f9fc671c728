--- Links over time, as bars of an SVG in the page. Its labels stand beside it in HTML, so that they keep their size.
local html = require "auth0_accounts.report.html"

local chart = {}

local KINDS = { { "made", "made" }, { "undone", "taken back" }, { "failed", "not made" } }

local function height_of(bar)
    return bar.made + bar.undone + bar.failed
end

local function tallest(bars)
    local most = 1
    for _, bar in ipairs(bars) do most = math.max(most, height_of(bar)) end
    return most
end

local function rectangles(bar, i, most, time)
    local parts, top = {}, 100
    for _, kind in ipairs(KINDS) do
        local height = bar[kind[1]] / most * 100
        top = top - height
        if height > 0 then
            parts[#parts + 1] = ('<rect class="%s" x="%.2f" y="%.2f" width=".8" height="%.2f"/>'):format(kind[1],
                i - 0.9, top, height)
        end
    end
    return html.fill("<g><title>%s</title>%h</g>", ("%s: %d made, %d taken back, %d not made"):format(time, bar.made,
        bar.undone, bar.failed), table.concat(parts))
end

local function legend(bars)
    local parts = {}
    for _, kind in ipairs(KINDS) do
        local count = 0
        for _, bar in ipairs(bars) do count = count + bar[kind[1]] end
        if count > 0 then
            parts[#parts + 1] = html.fill('<span class="key"><i class="%s"></i>%s</span>', kind[1], kind[2])
        end
    end
    return table.concat(parts)
end

---@param figures { from: integer, width: integer, bars: table[] }
---@param time_of fun(at: integer): string
---@param span_of fun(seconds: integer): string
---@return string
function chart.of(figures, time_of, span_of)
    local bars, parts, most = figures.bars, {}, tallest(figures.bars)
    for i, bar in ipairs(bars) do
        parts[i] = rectangles(bar, i, most, time_of(figures.from + (i - 1) * figures.width))
    end
    return html.fill([[<figure><figcaption>Links in each %s; the tallest bar is %s<br>%h</figcaption>
<svg viewBox="0 0 %s 100" preserveAspectRatio="none" role="img" aria-label="Links over time">%h</svg>
<div class="axis"><span>%s</span><span>%s</span></div></figure>]],
        figures.width == 1 and "second" or span_of(figures.width), ("%d"):format(most), legend(bars), #bars,
        table.concat(parts), time_of(figures.from), time_of(figures.from + #bars * figures.width))
end

return chart
