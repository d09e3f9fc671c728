// Our client against the API's contract: every request of a link, an unlink and a merge, and what the tenant
// answers to it. The client runs in a process of its own and speaks to a relay.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const path = require("node:path");
const { Contract } = require("./lib/contract");
const { relay } = require("./lib/server");
const { none, run, test } = require("./lib/tally");

const contract = Contract.load();

// Where the client means to differ: the list of providers grows, so one that is given in so many words is sent.
const PROVIDER = "aol";
const UNKNOWN_PROVIDER = /^body\/provider: must be equal to one of the allowed values/;

const exchanges = [];
const cases = new Map();

// Runs the client to its end.
function runClient(port) {
    return new Promise((resolve, reject) => {
        const client = spawn(process.env.AUTH0_LUA, [path.join(__dirname, "client.lua"), String(port)],
            { stdio: ["ignore", "pipe", "inherit"] });
        let text = "";
        client.stdout.on("data", (part) => {
            text += part;
        });
        client.on("error", reject);
        client.on("close", (status) => {
            for (const line of text.split("\n")) {
                const verdict = /^(ok|not ok) (.*?)(?:: (.*))?$/.exec(line);
                if (verdict) cases.set(verdict[2], verdict[1] === "ok" ? "" : verdict[3]);
            }
            if (status === 0 && cases.size > 0) resolve();
            else reject(new Error(`the client ended with ${status}`));
        });
    });
}

function describe({ request }) {
    const names = request.body === "" ? "" : ` {${Object.keys(JSON.parse(request.body)).sort().join(" ")}}`;
    return `${contract.find(request.method, request.path.split("?")[0]).name}${names}`;
}

async function prepare() {
    await runClient(await relay(exchanges));
    for (const [name, fault] of cases) test(`client: ${name}`, () => assert.equal(fault, ""));
    exchanges.forEach((exchange, i) => {
        const { request, answer } = exchange;
        test(`exchange ${i + 1}, ${request.method} ${request.path}: the request conforms`, () => {
            const faults = contract.request(request);
            const isMeant = faults.some((fault) => UNKNOWN_PROVIDER.test(fault));
            assert.equal(isMeant, request.body.includes(`"${PROVIDER}"`), faults.join("\n"));
            none(faults.filter((fault) => !UNKNOWN_PROVIDER.test(fault)));
        });
        test(`exchange ${i + 1}, ${request.method} ${request.path}: the answer conforms`, () => {
            assert.ok(answer, "there was none");
            none(contract.answer(request, answer));
        });
    });
    test("each way of each call was seen on the wire", () => {
        assert.deepEqual([...new Set(exchanges.map(describe))].sort(), [
            "DELETE /api/v2/users/{id}/identities/{provider}/{user_id}",
            "GET /api/v2/users",
            "GET /api/v2/users/{id}",
            "PATCH /api/v2/users/{id} {app_metadata name user_metadata}",
            "PATCH /api/v2/users/{id} {app_metadata user_metadata}",
            "PATCH /api/v2/users/{id} {user_metadata}",
            "POST /api/v2/users/{id}/identities {connection_id provider user_id}",
            "POST /api/v2/users/{id}/identities {link_with}",
            "POST /api/v2/users/{id}/identities {provider user_id}",
        ]);
    });
    test("a number stays a number", () => {
        assert.ok(exchanges.some(({ request }) => request.body.includes('"user_id":7007')));
    });
}

prepare().then(run);
