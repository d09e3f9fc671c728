--- What the specs read out of a page of Markdown: its blocks of code, its links, its anchors.
local markdown = {}

local function lines_of(text)
    return (text:gsub("\n?$", "\n")):gmatch "([^\n]*)\n"
end

--- The blocks of code.
---@param text string
---@return table[] blocks {language, line, code}; `line` is that of the first line of code
function markdown.blocks(text)
    local blocks, block, number = {}, nil, 0
    for line in lines_of(text) do
        number = number + 1
        local fence = line:match "^%s*```%s*(%S*)"
        if fence and block then
            block.code = table.concat(block.lines, "\n") .. "\n"
            blocks[#blocks + 1], block = block, nil
        elseif fence then
            block = { language = fence, line = number + 1, lines = {} }
        elseif block then
            block.lines[#block.lines + 1] = line
        end
    end
    assert(not block, "a block of code does not end")
    return blocks
end

--- The text without its code: each line that was one is empty.
---@param text string
---@return string prose
function markdown.prose(text)
    local kept, is_code = {}, false
    for line in lines_of(text) do
        local is_fence = line:find "^%s*```" ~= nil
        kept[#kept + 1] = (is_fence or is_code) and "" or line
        if is_fence then is_code = not is_code end
    end
    return table.concat(kept, "\n")
end

--- Where the page's links lead, as they are written.
---@param text string
---@return string[] targets
function markdown.links(text)
    local targets = {}
    local prose = markdown.prose(text):gsub("`[^`\n]*`", "")
    for target in prose:gmatch "%]%(([^)%s]+)%)" do targets[#targets + 1] = target end
    return targets
end

--- The anchors that GitHub gives to headings.
---@param text string
---@return table<string, boolean> anchors
function markdown.anchors(text)
    local anchors = {}
    for line in markdown.prose(text):gmatch "[^\n]+" do
        local title = line:match "^#+%s+(.-)%s*$"
        local anchor = title and title:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-")
        local count = 0
        while anchor and anchors[count > 0 and anchor .. "-" .. count or anchor] do count = count + 1 end
        if anchor then anchors[count > 0 and anchor .. "-" .. count or anchor] = true end
    end
    return anchors
end

return markdown
