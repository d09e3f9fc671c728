// The TLS tenant whose AUTH0_TENANT_* are exported.
"use strict";

const fs = require("node:fs");
const https = require("node:https");

const { AUTH0_TENANT_PORT: port, AUTH0_TENANT_DIR: dir, AUTH0_TENANT_CA: ca } = process.env;

const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: fs.readFileSync(ca), servername: "tenant.test" });

// Certificate and key, for servers that are to be taken for the tenant.
const identity = {
    cert: fs.readFileSync(`${dir}/server.pem`),
    key: fs.readFileSync(`${dir}/server.key`),
};

// `request` is {method, path, headers, body: text}; so is what comes back: {status, headers, body}.
function send(request) {
    return new Promise((resolve, reject) => {
        const headers = { host: `tenant.test:${port}`, ...request.headers };
        if (request.body) headers["content-length"] = Buffer.byteLength(request.body);
        const options = { host: "127.0.0.1", port, agent, method: request.method, path: request.path, headers };
        const exchange = https.request(options, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part));
            answer.on("error", reject);
            answer.on("end", () => resolve({
                status: answer.statusCode,
                headers: answer.headers,
                body: Buffer.concat(parts).toString(),
            }));
        });
        exchange.on("error", reject);
        exchange.end(request.body);
    });
}

// Asks the tenant's control interface.
async function control(method, path, value) {
    const body = value === undefined ? "" : JSON.stringify(value);
    const answer = await send({ method, path: `/_tenant/${path}`, headers: {}, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer.headers["content-type"] === "application/json" ? JSON.parse(answer.body) : answer.body;
}

// Forgets all; `accounts` are there afterwards.
function reset(accounts = []) {
    return control("POST", "reset", accounts);
}

function token(wanted = {}) {
    return control("POST", "token", { kind: "machine", ...wanted });
}

module.exports = { control, identity, port, reset, send, token };
