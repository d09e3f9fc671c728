// Recorded exchanges with the real API. Each answer passes through the client, where the client has the call, and keeps
// its meaning; each request is sent to the tenant, whose answer has to have the recorded one's shape.
"use strict";

const assert = require("node:assert/strict");
const { execFile } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { promisify } = require("node:util");
const { Contract } = require("./lib/contract");
const { serve } = require("./lib/server");
const { differences } = require("./lib/shape");
const { none, run, test } = require("./lib/tally");
const tenant = require("./lib/tenant");

const contract = Contract.load();
const folder = path.join(process.env.AUTH0_CONFORMANCE, "recordings");
const recordings = Object.fromEntries(fs.readdirSync(folder).filter((name) => name.endsWith(".json")).sort()
    .map((name) => [name.slice(0, -".json".length), JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"))]));

function pathOf(request) {
    const { pathname, search } = new URL(request.url);
    return pathname + search;
}

// --- through the client ----------------------------------------------------------------------------------------------

const seen = [];
let served;

// Calls the client while each request gets the recorded response.
async function callClient(port, response, call) {
    seen.length = 0;
    served = response;
    const script = path.join(__dirname, "recorded.lua");
    const { stdout } = await promisify(execFile)(process.env.AUTH0_LUA, [script, String(port), JSON.stringify(call)]);
    return JSON.parse(stdout);
}

const PRIMARY = "auth0|613282adac819400692c0dd9";
const SECONDARY = "auth0|613282ad45244d0069782b56";

function client(port) {
    const [{ request, response }] = recordings["link-full-headers"];

    test("the recorded link means the same through the client", async () => {
        const result = await callClient(port, response, { call: "link", primary: PRIMARY, secondary: SECONDARY });
        assert.deepEqual(result.identities, JSON.parse(response.body));
        assert.equal(result.status, response.status);
        assert.equal(result.request_id, response.headers["ot-baggage-auth0-request-id"]);
    });

    test("the client asks for a link as it is recorded", () => {
        assert.equal(seen.length, 1);
        const [sent] = seen;
        assert.deepEqual([sent.method, sent.path], [request.method, pathOf(request)]);
        assert.deepEqual(JSON.parse(sent.body), JSON.parse(request.body));
        assert.equal(sent.headers["content-type"], request.headers["content-type"]);
        assert.equal(sent.headers.authorization, request.headers.authorization);
        const [ours, theirs] = [sent, request].map(({ headers }) =>
            JSON.parse(Buffer.from(headers["auth0-client"], "base64").toString()));
        none(differences(Object.keys(theirs).sort(), Object.keys(ours).sort()));
    });

    test("a recorded account, read before an unlink, has no such identity", async () => {
        const [{ response: account }] = recordings["get-user"];
        const result = await callClient(port, account,
            { call: "unlink", primary: PRIMARY, secondary: SECONDARY, check: true });
        assert.deepEqual([result.code, result.outcome], ["not_found", "none"]);
        assert.deepEqual(seen.map(({ method }) => method), ["GET"]);
        assert.equal(seen[0].path.split("?")[0], pathOf(recordings["get-user"][0].request).split("?")[0]);
    });

    test("a recorded refusal is told as it stands", async () => {
        const { response: refusal } = recordings["delete-user"][2];
        const body = JSON.parse(refusal.body);
        const result = await callClient(port, refusal,
            { call: "unlink", primary: PRIMARY, secondary: SECONDARY, check: true });
        assert.deepEqual([result.code, result.status, result.error_code, result.description],
            ["not_found", refusal.status, body.errorCode, body.message]);
    });

    test("what an unlink names is what the recorded link answered", async () => {
        const unlinked = { ...response, status: 200, body: JSON.stringify(JSON.parse(response.body).slice(0, 1)) };
        const result = await callClient(port, unlinked, { call: "unlink", primary: PRIMARY, secondary: SECONDARY });
        assert.equal(result.identities.length, 1);
        const identity = JSON.parse(response.body)[1];
        assert.ok(seen[0].path.endsWith(`/identities/${identity.provider}/${identity.user_id}`), seen[0].path);
    });
}

// --- to the tenant ---------------------------------------------------------------------------------------------------

// What the recording does not say was there before: an account as the recorded answer shows it.
function accountOf({ response }) {
    const { user_id, email, email_verified, name, nickname, picture, created_at } = JSON.parse(response.body);
    return { user_id, email, email_verified, name, nickname, picture, created_at,
        connection: "Username-Password-Authentication" };
}

const ruby = accountOf(recordings["get-user"][0]);
const BEFORE = {
    "get-user": [ruby],
    "patch-user": [ruby],
    "link-full-headers": [{ ...ruby, email_verified: true },
        { ...ruby, user_id: SECONDARY, email: "other@example.com", email_verified: false }],
};

// Where the tenant means to differ from a recording, as lib/shape.js says it. Each has to be met.
const DIFFERENCES = {
    "content-type: application/json; charset=utf-8 is recorded, undefined came":
        "nginx, which the tenant stands behind, takes the type from every 204; the model gives it",
};
const met = new Set();

// The tenant in the recordings limits all requests together, and its tokens' answers do not repeat the scope.
const SETTINGS = { token_answers_scope: false, rates: { global: { burst: 50, rate: 16 } } };

// Recorded ids that the tenant chose itself -> what this tenant chose.
function learn(names, recorded, actual) {
    if (typeof recorded.user_id === "string") names.set(recorded.user_id, actual.user_id);
    if (typeof recorded.id === "string") names.set(recorded.id, actual.id);
}

function translate(text, names) {
    let result = text;
    for (const [recorded, actual] of names) {
        result = result.replaceAll(recorded, actual);
        result = result.replaceAll(encodeURIComponent(recorded), encodeURIComponent(actual));
    }
    return result;
}

// Headers of the answer that a client reads.
function headerDifferences(recorded, actual) {
    const faults = [];
    if (recorded["content-type"] !== actual["content-type"]) {
        faults.push(`content-type: ${recorded["content-type"]} is recorded, ${actual["content-type"]} came`);
    }
    for (const name of Object.keys(recorded).filter((one) => one.startsWith("x-ratelimit-"))) {
        if (!/^\d+$/.test(actual[name] || "")) faults.push(`${name}: a number is recorded, ${actual[name]} came`);
    }
    return faults;
}

function bodyDifferences(recorded, actual) {
    if (recorded === "" || actual === "") {
        return recorded === actual ? [] : [`body: "${recorded}" is recorded, "${actual}" came`];
    }
    return differences(JSON.parse(recorded), JSON.parse(actual));
}

async function replay({ request, response }, names, token) {
    const headers = Object.fromEntries(Object.entries(request.headers)
        .filter(([name]) => !["host", "content-length", "authorization", "accept-encoding"].includes(name)));
    const target = translate(pathOf(request), names);
    if (target.startsWith("/api/")) headers.authorization = `Bearer ${token}`;
    const body = translate(request.body, names);
    const answer = await tenant.send({ method: request.method, path: target, headers, body });
    assert.equal(answer.status, response.status, answer.body);
    const faults = [...headerDifferences(response.headers, answer.headers),
        ...bodyDifferences(response.body, answer.body)];
    const others = faults.filter((fault) => !DIFFERENCES[fault] || answer.status !== 204);
    if (others.length < faults.length) met.add(faults.find((fault) => DIFFERENCES[fault]));
    none(others);
    if (response.body !== "" && request.method === "POST" && !Array.isArray(JSON.parse(response.body))) {
        learn(names, JSON.parse(response.body), JSON.parse(answer.body));
    }
}

async function prepare(names) {
    // The connection and the client that the recordings speak of.
    const listed = await tenant.send({ method: "GET", path: "/api/v2/connections?name=Username-Password-Authentication",
        headers: { authorization: `Bearer ${await tenant.token()}` } });
    names.set("con_Xx4Kruoab04wvlYX", JSON.parse(listed.body)[0].id);
    await tenant.control("POST", "client", { client_id: "test-client_id", client_secret: "test-client_secret",
        audiences: ["test-audience"] });
    await tenant.control("POST", "configure", SETTINGS);
    return tenant.token();
}

for (const [name, exchanges] of Object.entries(recordings)) {
    const names = new Map();
    let token;
    exchanges.forEach((exchange, i) => {
        const { method } = exchange.request;
        test(`${name} ${i + 1}, ${method} ${pathOf(exchange.request)}: the tenant's answer has the recorded shape`,
            async () => {
                if (i === 0) {
                    await tenant.reset(BEFORE[name] || []);
                    token = await prepare(names);
                }
                await replay(exchange, names, token);
            });
        if (!contract.find(method, new URL(exchange.request.url).pathname)) return;
        test(`${name} ${i + 1}, ${method} ${pathOf(exchange.request)}: the recording conforms to the contract`, () => {
            const { request, response } = exchange;
            // Some recorders send "null" where there is no body, and leave the bearer out of what they record.
            const body = request.body === "null\n" ? "" : request.body;
            const headers = { authorization: "Bearer unrecorded", ...request.headers };
            none([...contract.request({ method, path: pathOf(request), headers, body }),
                ...contract.answer({ method, path: pathOf(request) }, response)]);
        });
    });
}

test("every difference that is named is met", () => assert.deepEqual([...met], Object.keys(DIFFERENCES)));

serve((request) => {
    seen.push(request);
    return served;
}).then((port) => {
    client(port);
    return run();
});
