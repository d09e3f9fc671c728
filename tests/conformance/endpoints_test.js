// The tenant against the API's contract: every endpoint that the contract covers, with answers of every kind; and what
// the contract refuses, the tenant refuses, and only that.
"use strict";

const assert = require("node:assert/strict");
const { Contract } = require("./lib/contract");
const { none, run, test } = require("./lib/tally");
const tenant = require("./lib/tenant");

const contract = Contract.load();

// Where the tenant means to differ. Each has to be met in a run: a difference that is gone is to be taken off.
const DIFFERENCES = {
    "status 404 is not declared for POST /api/v2/users/auth0%7Cnobody/identities":
        "an account that is not there has to be refused somehow, and the contract does not say how",
    "status 404 is not declared for DELETE /api/v2/users/auth0%7Cnobody/identities/facebook/7":
        "the same",
    "status 415 is not declared for POST /api/v2/users":
        "the contract says which media types there are, not what the others get",
    "status 413 is not declared for POST /api/v2/users":
        "a body of more than 1 MB; the limit is in the documentation only",
    "status 414 is not declared for GET /api/v2/users": "a query that is too long; in the documentation only",
    "email_verified as text": "seen in the wild for SAML and Apple; the contract says boolean",
};
const met = new Set();

// `name` is what it is called where it is no sentence of the contract's.
function differs(fault, name) {
    const key = name || fault.replace(/\?.*/, "");
    if (!DIFFERENCES[key]) return false;
    met.add(key);
    return true;
}

const DATABASE = "Username-Password-Authentication";
const ANN = "/api/v2/users/auth0%7Cann";
const IDENTITIES = `${ANN}/identities`;
const NOBODY = "/api/v2/users/auth0%7Cnobody";

const ACCOUNTS = [
    { user_id: "auth0|ann", email: "ann@example.com", email_verified: true, name: "Ann", blocked: false,
        user_metadata: { colour: "blue" }, app_metadata: { plan: "gold" } },
    { user_id: "google-oauth2|1150", email: "Ann@Example.com", email_verified: true, given_name: "Ann" },
    { user_id: "samlp|acme|7", connection: "acme", email: "ann@acme.example" },
    { user_id: "sms|5", phone_number: "+4915112345678", phone_verified: true },
    { identities: [
        { provider: "auth0", user_id: "bob", connection: DATABASE, isSocial: false },
        { provider: "facebook", user_id: 7007, connection: "facebook", isSocial: true, access_token: "abc",
            profileData: { email: "bob@example.com", email_verified: false } },
        { provider: "twitter", user_id: "9", connection: "twitter", isSocial: true, access_token: "a",
            access_token_secret: "b" },
    ], email: "bob@example.com" },
];

const tokens = {};

async function send(request) {
    const headers = {};
    const bearer = request.token === undefined ? tokens.machine : request.token;
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (request.body !== undefined) headers["content-type"] = request.type || "application/json";
    const body = typeof request.body === "string" || request.body === undefined ? request.body || ""
        : JSON.stringify(request.body);
    const sent = { method: request.method, path: request.path, headers: { ...headers, ...request.headers }, body };
    return { sent, answer: await tenant.send(sent) };
}

// --- one request, one answer -----------------------------------------------------------------------------------------

// `wanted` is the status; `says` a part of the message; `odd`, that the contract has something against the request.
function exchange(name, wanted, method, path, more = {}) {
    test(`${method} ${path.replace(/\?.*/, "")}: ${name}`, async () => {
        await tenant.reset(ACCOUNTS);
        await tenant.control("POST", "configure", more.configure || {});
        if (more.prepare) await more.prepare(more);
        const { sent, answer } = await send({ method, path, ...more });
        assert.equal(answer.status, wanted, answer.body);
        if (more.says) assert.ok(answer.body.includes(more.says), answer.body);
        assert.equal(contract.request(sent).length > 0, more.odd || false, contract.request(sent).join("\n"));
        none(contract.answer(sent, answer).filter((fault) => !differs(fault, more.difference)));
        if (more.then) await more.then(answer);
    });
}

// What every endpoint may answer, whatever it does.
function guarded(method, path, body, scope) {
    const request = body === undefined ? {} : { body };
    const as = (change) => ({ prepare: async (more) => { more.token = await tenant.token(change); } });
    exchange("no token", 401, method, path, { ...request, token: null, odd: true });
    exchange("a token that is none", 401, method, path, { ...request, token: "abc" });
    exchange("a token that has expired", 401, method, path, { ...request, ...as({ expires_in: -1 }) });
    exchange("a scope that is lacking", 403, method, path, { ...request, ...as({ scope: "read:clients" }),
        says: `expected: ${scope}` });
    exchange("too many requests", 429, method, path, { ...request,
        configure: { rates: { global: { burst: 1, rate: 0.001 } } },
        prepare: () => send({ method: "GET", path: ANN }), says: "too_many_requests" });
}

async function exported(body) {
    const { answer } = await send({ method: "POST", path: "/api/v2/jobs/users-exports", body });
    return `/api/v2/jobs/${JSON.parse(answer.body).id}`;
}

const job = (body) => ({ prepare: async (more) => { more.path = await exported(body); } });

guarded("GET", ANN, undefined, "read:users");
exchange("an account", 200, "GET", ANN);
exchange("one with secondaries", 200, "GET", "/api/v2/users/auth0%7Cbob");
exchange("with the providers' tokens", 200, "GET", "/api/v2/users/auth0%7Cbob", {
    prepare: async (more) => { more.token = await tenant.token({ scope: "read:users read:user_idp_tokens" }); },
    says: "access_token_secret" });
exchange("numbers for ids", 200, "GET", "/api/v2/users/google-oauth2%7C1150", { configure: { numeric_user_ids: true },
    says: '"user_id":1150' });
exchange("some fields", 200, "GET", `${ANN}?fields=user_id%2Cidentities&include_fields=true`);
exchange("an account that is not there", 404, "GET", NOBODY, { says: "inexistent_user" });
exchange("an id without a provider", 400, "GET", "/api/v2/users/ann", { says: "invalid_uri" });
exchange("its own reader", 200, "GET", ANN, { prepare: async (more) => {
    more.token = await tenant.token({ kind: "user", sub: "auth0|ann" }); } });
exchange("another's reader", 403, "GET", ANN, { prepare: async (more) => {
    more.token = await tenant.token({ kind: "user", sub: "auth0|bob" }); } });

guarded("POST", "/api/v2/users", { connection: DATABASE, email: "new@example.com", password: "x" }, "create:users");
exchange("a database account", 201, "POST", "/api/v2/users", { body: { connection: DATABASE, email: "New@Example.com",
    password: "secret", username: "new", user_metadata: { a: [1, null] }, app_metadata: {}, verify_email: false } });
exchange("a passwordless account", 201, "POST", "/api/v2/users", { body: { connection: "sms",
    phone_number: "+491511", phone_verified: true } });
exchange("an address that is taken", 409, "POST", "/api/v2/users", { body: { connection: DATABASE,
    email: "ann@example.com", password: "secret" } });
exchange("an unknown connection", 400, "POST", "/api/v2/users", { body: { connection: "nowhere" } });
exchange("a social connection", 400, "POST", "/api/v2/users", { body: { connection: "google-oauth2" } });
exchange("a form", 201, "POST", "/api/v2/users", { type: "application/x-www-form-urlencoded",
    body: `connection=${DATABASE}&email=form%40example.com&password=secret` });
exchange("text", 415, "POST", "/api/v2/users", { type: "text/plain", body: "connection", odd: true });
exchange("more than 1 MB", 413, "POST", "/api/v2/users", { body: { connection: DATABASE,
    user_metadata: { a: "x".repeat(1100000) } } });

guarded("PATCH", ANN, { name: "Anna" }, "update:users");
exchange("metadata", 200, "PATCH", ANN, {
    body: { user_metadata: { shape: "round", colour: null }, app_metadata: {} } });
exchange("a secondary's address", 200, "PATCH", "/api/v2/users/auth0%7Cbob", { body: { blocked: true } });
exchange("a password", 200, "PATCH", ANN, { body: { password: "other", connection: DATABASE },
    says: "last_password_reset" });
exchange("a field that its provider owns", 400, "PATCH", "/api/v2/users/google-oauth2%7C1150", { body: { name: "A" } });
exchange("an account that is not there", 404, "PATCH", NOBODY, { body: { blocked: true } });
exchange("an id without a provider", 400, "PATCH", "/api/v2/users/ann", { body: { blocked: true } });

guarded("DELETE", ANN, undefined, "delete:users");
exchange("an account", 204, "DELETE", ANN);
exchange("an account that is not there", 204, "DELETE", NOBODY);
exchange("an id without a provider", 400, "DELETE", "/api/v2/users/ann");

guarded("GET", "/api/v2/users-by-email?email=ann%40example.com", undefined, "read:users");
exchange("accounts", 200, "GET", "/api/v2/users-by-email?email=bob%40example.com", { says: "facebook" });
exchange("none", 200, "GET", "/api/v2/users-by-email?email=BOB%40example.com", {
    then: (answer) => assert.equal(answer.body, "[]") });
exchange("some fields", 200, "GET", "/api/v2/users-by-email?email=ann%40example.com&fields=email&include_fields=false");

guarded("GET", "/api/v2/users", undefined, "read:users");
exchange("all", 200, "GET", "/api/v2/users");
exchange("a search", 200, "GET", `/api/v2/users?q=${encodeURIComponent('email:"ann@example.com"')}&search_engine=v3`
    + "&sort=created_at%3A-1&primary_order=false");
exchange("totals", 200, "GET", "/api/v2/users?include_totals=true&per_page=2&page=1", {
    then: (answer) => assert.equal(JSON.parse(answer.body).length, 2) });
exchange("numbers for ids", 200, "GET", "/api/v2/users", { configure: { numeric_user_ids: true } });
exchange("beyond the cap", 400, "GET", "/api/v2/users?page=20&per_page=50", { says: "first 1000 records" });
exchange("a query that cannot be read", 400, "GET", "/api/v2/users?q=%22", { says: "invalid_query_string" });
exchange("a query that is too long", 414, "GET", `/api/v2/users?q=${"a".repeat(5000)}`);

const LINK_SCOPES = "update:users, update:current_user_identities";
guarded("POST", IDENTITIES, { provider: "google-oauth2", user_id: "1150" }, LINK_SCOPES);
exchange("by name", 201, "POST", IDENTITIES, { body: { provider: "google-oauth2", user_id: "1150" } });
exchange("by the full id", 201, "POST", IDENTITIES, { body: { provider: "samlp", user_id: "samlp|acme|7" } });
exchange("by a number", 201, "POST", IDENTITIES, { body: { provider: "google-oauth2", user_id: 1150 } });
exchange("numbers for ids", 201, "POST", IDENTITIES, { body: { provider: "google-oauth2", user_id: "1150" },
    configure: { numeric_user_ids: true }, says: '"user_id":1150' });
exchange("a form", 201, "POST", IDENTITIES, { type: "application/x-www-form-urlencoded",
    body: "provider=google-oauth2&user_id=google-oauth2%7C1150" });
exchange("by an ID token", 201, "POST", IDENTITIES, { prepare: async (more) => {
    more.token = await tenant.token({ kind: "user", sub: "auth0|ann", azp: "app" });
    more.body = { link_with: await tenant.token({ kind: "id", sub: "google-oauth2|1150", aud: "app" }) };
} });
for (const [name, change] of Object.entries({
    "another client's": { aud: "other" }, "an expired": { expires_in: -1 }, "a subject-less": {},
    "another issuer's": { sub: "google-oauth2|1150", claims: { iss: "https://other.test/" } },
})) {
    exchange(`${name} ID token`, 400, "POST", IDENTITIES, { says: "link_with", prepare: async (more) => {
        more.token = await tenant.token({ azp: "app" });
        more.body = { link_with: await tenant.token({ kind: "id", aud: "app", ...change }) };
    } });
}
exchange("itself", 400, "POST", IDENTITIES, { body: { provider: "auth0", user_id: "ann" }, says: "are the same" });
exchange("one that is not there", 400, "POST", IDENTITIES, { body: { provider: "google-oauth2", user_id: "2" } });
exchange("a provider that is not configured", 400, "POST", IDENTITIES, { body: { provider: "weibo", user_id: "2" },
    says: "inexistent_connection" });
exchange("one with secondaries", 400, "POST", IDENTITIES, { body: { provider: "auth0", user_id: "bob" } });
exchange("another's secondary", 409, "POST", IDENTITIES, { body: { provider: "facebook", user_id: "7007" } });
exchange("another's account", 403, "POST", IDENTITIES, { says: "does not match subject", prepare: async (more) => {
    more.token = await tenant.token({ kind: "user", sub: "auth0|bob", azp: "app" });
    more.body = { link_with: "a.b.c" };
} });
exchange("to one that is not there", 404, "POST", `${NOBODY}/identities`, { body: { provider: "sms", user_id: "5" } });
exchange("an id without a provider", 400, "POST", "/api/v2/users/ann/identities", {
    body: { provider: "sms", user_id: "5" }, says: "invalid_uri" });

const FACEBOOK = "/api/v2/users/auth0%7Cbob/identities/facebook/7007";
guarded("DELETE", FACEBOOK, undefined, LINK_SCOPES);
exchange("a secondary", 200, "DELETE", FACEBOOK);
exchange("one with its prefix: nothing", 200, "DELETE", FACEBOOK.replace("7007", "facebook%7C7007"), {
    then: (answer) => assert.equal(JSON.parse(answer.body).length, 3) });
exchange("one that is not there: nothing", 200, "DELETE", `${IDENTITIES}/facebook/1`);
exchange("the main identity", 400, "DELETE", `${IDENTITIES}/auth0/ann`, { says: "Main identity cannot be removed." });
exchange("from an account that is not there", 404, "DELETE", `${NOBODY}/identities/facebook/7`);

guarded("GET", "/api/v2/connections", undefined, "read:connections");
exchange("all", 200, "GET", "/api/v2/connections");
exchange("one", 200, "GET", `/api/v2/connections?name=${DATABASE}&include_totals=true`);
exchange("some strategies", 200, "GET", "/api/v2/connections?strategy=auth0&strategy=sms&fields=id%2Cname", {
    then: (answer) => assert.equal(JSON.parse(answer.body).length, 2) });

const EXPORTS = "/api/v2/jobs/users-exports";
guarded("POST", EXPORTS, { format: "json" }, "read:users");
exchange("all connections", 200, "POST", EXPORTS, { body: {} });
exchange("one connection", 200, "POST", EXPORTS, { body: { connection_id: "con_UsernamePassword", format: "csv",
    limit: 2, fields: [{ name: "email" }, { name: "user_id", export_as: "id" }] } });
exchange("a connection that is not there", 400, "POST", EXPORTS, { body: { connection_id: "con_0123456789abcdef" } });

guarded("GET", "/api/v2/jobs/job_1", undefined, "create:users, read:users");
exchange("one that waits", 200, "GET", "/api/v2/jobs/job_1", { ...job({ limit: 1 }), says: "pending" });
exchange("one that runs", 200, "GET", "/api/v2/jobs/job_1", { ...job({}), says: "time_left_seconds",
    configure: { export_pending: 0, export_processing: 1000 } });
exchange("one that is done", 200, "GET", "/api/v2/jobs/job_1", { ...job({ fields: [{ name: "email" }] }),
    says: "location", configure: { export_pending: 0, export_processing: 0 } });
exchange("one that is not there", 404, "GET", "/api/v2/jobs/job_1", { says: "The job does not exist." });

test("the contract tells what is wrong in the wild: email_verified as text", async () => {
    await tenant.reset([{ ...ACCOUNTS[0], email_verified: "true" }]);
    const { sent, answer } = await send({ method: "GET", path: ANN });
    const faults = contract.answer(sent, answer);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.ok(differs(faults[0], "email_verified as text"));
});

test("the contract tells what is wrong with a request", () => {
    const good = { method: "POST", path: IDENTITIES, headers: { authorization: "Bearer x",
        "content-type": "application/json" }, body: '{"provider":"sms","user_id":1}' };
    assert.deepEqual(contract.request(good), []);
    for (const change of [
        { path: IDENTITIES.replace("%7C", "|") }, { path: `${IDENTITIES}?a=1` }, { path: `${IDENTITIES}/` },
        { headers: { "content-type": "application/json" } },
        { headers: { ...good.headers, "content-type": "text/plain" } },
        { body: "" }, { body: "{}" }, { body: '{"provider":"sms","user_id":1.5}' }, { body: '{"user":"1"}' },
        { method: "DELETE", path: FACEBOOK }, { method: "DELETE", path: FACEBOOK.replace("facebook", "x"), body: "" },
    ]) {
        assert.notDeepEqual(contract.request({ ...good, ...change }), [], JSON.stringify(change));
    }
});

test("every difference that is named is met", () => {
    assert.deepEqual([...met].sort(), Object.keys(DIFFERENCES).sort());
});

test("every operation of the contract is asked, but the one that makes connections", async () => {
    const missing = [];
    for (const operation of contract.operations) {
        const path = operation.name.split(" ")[1].replace("{id}", "auth0%7Cann").replace(/\{\w+\}/g, "x");
        const { answer } = await send({ method: operation.name.split(" ")[0], path, token: null });
        if (answer.status === 404) missing.push(operation.name);
    }
    assert.deepEqual(missing, ["POST /api/v2/connections"]);
});

// --- what the contract refuses, the tenant refuses -------------------------------------------------------------------

const TEXTS = ["", "x", "a b", "\u00e9".repeat(150), ...[128, 129, 151, 256, 301].map((n) => "x".repeat(n)),
    "+4915112345678", "49151", "+1234567890123456", "a@example.com", "@", "https://example.com/p.png",
    "example.com/p.png", "con_0123456789abcdef", "con_short", "json", "xml", "google-oauth2", "aol"];
const VALUES = [null, true, 0, 1, -1, 1.5, [], {}, ["x"], [{ name: "email" }], [{ name: "x".repeat(101) }],
    [{ export_as: "x" }], [{ name: "email", more: 1 }], [{ name: 1 }], ...TEXTS];

// Operation -> the body that a value is put into.
const BODIES = [
    ["POST", "/api/v2/users", { connection: DATABASE }],
    ["PATCH", ANN, {}],
    ["POST", IDENTITIES, { provider: "google-oauth2", user_id: "2" }],
    ["POST", EXPORTS, {}],
];

function isRefused(answer, code) {
    if (answer.status !== 400) return false;
    const { errorCode, message } = JSON.parse(answer.body);
    // A form error is not a refusal for what the words mean.
    return errorCode === code && /^(Payload|Query) validation error|^Invalid request payload/.test(message);
}

async function compareBody(method, path, body, type) {
    const { sent, answer } = await send({ method, path, body, type });
    const faults = contract.request(sent);
    if (isRefused(answer, "invalid_body") === faults.length > 0) return [];
    return [`${JSON.stringify(body).slice(0, 90)}: contract ${faults.join("; ") || "accepts"}; `
        + `tenant ${answer.status} ${answer.body.slice(0, 160)}`];
}

for (const [method, path, base] of BODIES) {
    const operation = contract.find(method, path);
    const schema = operation.definition.requestBody.content["application/json"].schema;
    const { properties } = contract.document.components.schemas[schema.$ref.split("/").pop()];
    for (const name of [...Object.keys(properties), "unheard_of"]) {
        test(`${operation.name}: refuses of ${name} what the contract refuses`, async () => {
            await tenant.reset(ACCOUNTS);
            const faults = [];
            for (const value of VALUES) {
                // How they exclude each other is said in words alone.
                const others = name === "link_with" ? {} : base;
                faults.push(...await compareBody(method, path, { ...others, [name]: value }));
            }
            none(faults);
        });
    }
    test(`${operation.name}: refuses the bodies that the contract refuses`, async () => {
        await tenant.reset(ACCOUNTS);
        const faults = [];
        for (const body of ["{}", "[]", "null", "1", '"x"', "{", "", '{"connection":"x"}', JSON.stringify(base)]) {
            faults.push(...await compareBody(method, path, body));
        }
        none(faults);
    });
}

const QUERIES = ["/api/v2/users", "/api/v2/users-by-email", ANN, "/api/v2/connections"];
const QUERY_TEXTS = ["", "abc", "-1", "0", "1", "50", "100", "101", "1.5", "true", "false", "v3", "v4", "auth0",
    "user_id:1"];

// Refused by what the description says, not by the schema.
const IN_WORDS = {
    "/api/v2/users sort": (text) => !/:-?1$/.test(text),
    "/api/v2/users-by-email email": (text) => text === "",
};

for (const path of QUERIES) {
    const { definition } = contract.find("GET", path);
    const declared = definition.parameters.filter((one) => one.in === "query").map((one) => one.name);
    for (const name of [...declared, "unheard_of"]) {
        test(`GET ${path}: refuses of ?${name} what the contract refuses`, async () => {
            await tenant.reset(ACCOUNTS);
            const faults = [];
            for (const text of QUERY_TEXTS) {
                const email = path.endsWith("by-email") && name !== "email" ? "&email=ann%40example.com" : "";
                const request = { method: "GET", path: `${path}?${name}=${encodeURIComponent(text)}${email}` };
                const { sent, answer } = await send(request);
                const words = IN_WORDS[`${path} ${name}`];
                const said = [...contract.request(sent), ...(words && words(text) ? ["the description refuses"] : [])];
                if (isRefused(answer, "invalid_query_string") !== said.length > 0) {
                    faults.push(`"${text}": contract ${said.join("; ") || "accepts"}; tenant ${answer.status} `
                        + answer.body.slice(0, 160));
                }
            }
            none(faults);
        });
    }
}

tenant.token().then((token) => {
    tokens.machine = token;
    return run();
});
