--- Files of the command that appear whole under their names or not at all.
local exported = require "support.exported"
local process = require "support.process"
local tenant = require "support.tenant"

local has_core = pcall(require, "auth0_accounts.core")

describe("auth0_accounts.private_file", function()
    if not has_core then return pending "it was not built: there is no SQLite" end

    local core = require "auth0_accounts.core"
    local private_file = require "auth0_accounts.private_file"
    local stop = require "auth0_accounts.stop"

    local function put(path, text)
        local handle = assert(io.open(path, "wb"))
        handle:write(text)
        handle:close()
    end

    -- What it raises.
    local function refused(use, ...)
        local good, fault = pcall(use, ...)
        assert.is_false(good)
        assert.is_true(stop.is(fault), tostring(fault))
        return fault.message, fault.code
    end

    after_each(exported.remove)

    it("appears whole, under its name, and for its user alone", function()
        local path = exported.name()
        local file = private_file.create(path)
        file:write "xxx and the rest"
        assert.equal("", exported.beside(path))
        file:rewrite "one"
        assert.equal(core.sha256 "one and the rest", file:finish())
        assert.equal("one and the rest", process.read(path))
        assert.equal("600\n", (tenant.run("stat -c %a " .. path)))
        assert.equal(path .. "\n", exported.beside(path))
    end)

    it("takes no name that is taken, also where that happened meanwhile", function()
        local path = exported.name()
        local file = private_file.create(path, false, "; or another hint")
        file:write "ours"
        put(path, "another's")
        local message, code = refused(file.finish, file)
        assert.same({ path .. ": is there already: give another name; or another hint", stop.USAGE },
            { message, code })
        assert.equal("another's", process.read(path))
        assert.equal(path .. "\n", exported.beside(path))
        assert.equal(message, (refused(private_file.create, path, false, "; or another hint")))
    end)

    it("takes the place of another file where it is told to", function()
        local path = exported.name()
        put(path, "another's")
        local file = private_file.create(path, true)
        file:write "ours"
        file:finish()
        assert.equal("ours", process.read(path))
        assert.equal("600\n", (tenant.run("stat -c %a " .. path)))
    end)

    it("leaves nothing behind where it is abandoned, or cannot take its place", function()
        local path = exported.name()
        private_file.create(path):abandon()
        assert.equal("", exported.beside(path))
        tenant.run("mkdir -p " .. path .. "/full")
        local file = private_file.create(path, true)
        local message = refused(file.finish, file)
        assert.truthy(message:find("cannot be written (Is a directory); it was not made", 1, true), message)
        assert.equal("full\n", (tenant.run("ls -d " .. path .. "*.new 2>/dev/null; ls " .. path)))
        tenant.run("rmdir " .. path .. "/full " .. path)
    end)

    describe("where the file system has no nameless files", function()
        local nameless = core.nameless

        before_each(function() core.nameless = function() return nil, "not supported" end end)

        after_each(function() core.nameless = nameless end)

        it("stands beside the other one, each time under another name", function()
            local path = exported.name()
            local one, other = private_file.create(path), private_file.create(path, true)
            assert.are_not.equal(one.beside, other.beside)
            assert.equal(path .. ".new\n" .. path .. ".new2\n", exported.beside(path))
            one:write "one"
            other:write "other"
            one:finish()
            assert.equal("one", process.read(path))
            other:finish()
            assert.equal("other", process.read(path))
            assert.equal(path .. "\n", exported.beside(path))
        end)

        it("has a name while it is temporary, and is removed", function()
            local folder = exported.name()
            tenant.run("mkdir " .. folder)
            local file = private_file.temporary(folder, "a copy")
            file:write "text"
            local path = file:end_writing()
            assert.equal("text", process.read(path))
            assert.equal("600\n", (tenant.run("stat -c %a " .. path)))
            file:abandon()
            assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
        end)
    end)

    it("has no name while it is temporary", function()
        local folder = exported.name()
        tenant.run("mkdir " .. folder)
        local file = private_file.temporary(folder, "a copy")
        file:write "text"
        local path = file:end_writing()
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
        assert.equal("text", process.read(path))
        file:abandon()
        assert.is_nil(io.open(path))
        assert.error_matches(function() file.nameless:path() end, "a nameless file that is closed was used")
        local message, code = refused(private_file.temporary, "/nowhere", "a copy")
        assert.equal(stop.FAILED, code)
        local wanted = "a copy: cannot be kept in a temporary file (No such file or directory): set TMPDIR to"
        assert.equal(1, (message:find(wanted, 1, true)), message)
    end)
end)
