// A TLS server of the tenant's name, over HTTP/1.1 and HTTP/2, that answers what a function says.
"use strict";

const http2 = require("node:http2");
const tenant = require("./tenant");

// Headers of one connection. An answer's length and coding are made anew.
const HOPS = ["connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "upgrade", "te",
    "host"];

function withoutHops(headers) {
    return Object.fromEntries(Object.entries(headers)
        .filter(([name]) => !name.startsWith(":") && !HOPS.includes(name)));
}

function bodyOf(stream) {
    return new Promise((resolve, reject) => {
        const parts = [];
        stream.on("data", (part) => parts.push(part));
        stream.on("end", () => resolve(Buffer.concat(parts).toString()));
        stream.on("error", reject);
    });
}

// `answer` gets {method, path, headers, body} and gives {status, headers, body}; where it throws, the connection ends.
// Returns the port.
function serve(answer) {
    const server = http2.createSecureServer({ ...tenant.identity, allowHTTP1: true }, async (incoming, outgoing) => {
        try {
            const body = await bodyOf(incoming);
            const { method, url, headers } = incoming;
            const { status, headers: told, body: text } = await answer({ method, path: url, headers, body });
            outgoing.writeHead(status, withoutHops(told));
            outgoing.end(text);
        } catch {
            incoming.socket.destroy();
        }
    });
    return new Promise((resolve) => {
        server.listen(0, "127.0.0.1", () => resolve(server.address().port));
    });
}

// Puts itself between a client and the tenant. `exchanges` is the list to which each {request, answer} is added; there
// is no answer where the tenant gave none.
function relay(exchanges) {
    return serve(async (request) => {
        const exchange = { request };
        exchanges.push(exchange);
        exchange.answer = await tenant.send({ ...request, headers: withoutHops(request.headers) });
        return exchange.answer;
    });
}

module.exports = { relay, serve };
