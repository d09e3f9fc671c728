--- Raw DEFLATE by the zlib that nginx brings along.
local ffi = require "ffi"

ffi.cdef [[
typedef struct {
    const char *next_in; unsigned avail_in; unsigned long total_in;
    char *next_out; unsigned avail_out; unsigned long total_out;
    const char *msg; void *state; void *zalloc; void *zfree; void *opaque;
    int data_type; unsigned long adler; unsigned long reserved;
} tenant_z_stream_t;
int deflateInit2_(tenant_z_stream_t *, int level, int method, int bits, int memory, int strategy, const char *version,
    int size);
unsigned long deflateBound(tenant_z_stream_t *, unsigned long length);
int deflate(tenant_z_stream_t *, int flush);
int deflateEnd(tenant_z_stream_t *);
const char *zlibVersion(void);
]]

local Z_FINISH, Z_STREAM_END, Z_DEFLATED, RAW = 4, 1, 8, -15

---@param text string
---@return string
return function(text)
    local stream = ffi.new "tenant_z_stream_t"
    local zlib = ffi.C
    assert(zlib.deflateInit2_(stream, 6, Z_DEFLATED, RAW, 8, 0, zlib.zlibVersion(), ffi.sizeof(stream)) == 0,
        "zlib refuses to begin")
    local size = tonumber(zlib.deflateBound(stream, #text))
    local buffer = ffi.new("char[?]", size)
    stream.next_in, stream.avail_in, stream.next_out, stream.avail_out = text, #text, buffer, size
    local status = zlib.deflate(stream, Z_FINISH)
    local length = tonumber(stream.total_out)
    zlib.deflateEnd(stream)
    assert(status == Z_STREAM_END, "zlib does not come to an end")
    return ffi.string(buffer, length)
end
