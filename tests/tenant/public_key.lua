--- Signatures of clients: RS256, RS384 and PS256 with a public key. luaossl has no PSS, so libcrypto is asked itself.
local ffi = require "ffi"

ffi.cdef [[
typedef struct bio_st BIO;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct evp_md_ctx_st EVP_MD_CTX;
typedef struct evp_md_st EVP_MD;
BIO *BIO_new_mem_buf(const void *text, int length);
int BIO_free(BIO *);
EVP_PKEY *PEM_read_bio_PUBKEY(BIO *, EVP_PKEY **, void *callback, void *user);
void EVP_PKEY_free(EVP_PKEY *);
EVP_MD_CTX *EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX *);
const EVP_MD *EVP_sha256(void);
const EVP_MD *EVP_sha384(void);
int EVP_DigestVerifyInit(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, void *engine, EVP_PKEY *);
int EVP_DigestVerify(EVP_MD_CTX *, const char *signature, size_t, const char *text, size_t);
int EVP_PKEY_CTX_ctrl_str(EVP_PKEY_CTX *, const char *name, const char *value);
void ERR_clear_error(void);
]]

local C = ffi.C

local public_key = {}

local digests = { RS256 = C.EVP_sha256, RS384 = C.EVP_sha384, PS256 = C.EVP_sha256 }

---@param algorithm any
---@return boolean
function public_key.knows(algorithm)
    return digests[algorithm or ""] ~= nil
end

local function load(pem)
    local bio = C.BIO_new_mem_buf(pem, #pem)
    local key = C.PEM_read_bio_PUBKEY(bio, nil, nil, nil)
    C.BIO_free(bio)
    return key ~= nil and ffi.gc(key, C.EVP_PKEY_free) or nil
end

---@param pem string a public key
---@param algorithm "RS256"|"RS384"|"PS256"
---@param text string that was signed
---@param signature string
---@return boolean
function public_key.verify(pem, algorithm, text, signature)
    local key = load(pem)
    if not key then
        return false
    end
    local context = ffi.gc(C.EVP_MD_CTX_new(), C.EVP_MD_CTX_free)
    local padding = ffi.new "EVP_PKEY_CTX *[1]"
    local is_good = C.EVP_DigestVerifyInit(context, padding, digests[algorithm](), nil, key) == 1
    if is_good and algorithm == "PS256" then
        is_good = C.EVP_PKEY_CTX_ctrl_str(padding[0], "rsa_padding_mode", "pss") == 1
            and C.EVP_PKEY_CTX_ctrl_str(padding[0], "rsa_pss_saltlen", "digest") == 1
    end
    is_good = is_good and C.EVP_DigestVerify(context, signature, #signature, text, #text) == 1
    C.ERR_clear_error()
    return is_good
end

return public_key
