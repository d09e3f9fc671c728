// sdk.js <links> [<in flight>]: with Auth0's own SDK as it comes.
"use strict";

const dns = require("node:dns");
const fs = require("node:fs");
const { ManagementClient } = require("auth0");

const lookup = dns.lookup;
dns.lookup = (host, options, done) => lookup(host.endsWith(".test") ? "127.0.0.1" : host, options, done);

const domain = process.env.AUTH0_BENCH_DOMAIN;
const management = new ManagementClient({ domain, token: process.env.AUTH0_BENCH_TOKEN });
const [links, most = 1] = process.argv.slice(2).map(Number);

async function run(count) {
    let next = 1;
    const lane = async () => {
        while (next <= count) {
            const id = String(next++).padStart(24, "0");
            await management.users.identities.link(`auth0|${id}`,
                { provider: "google-oauth2", user_id: "115015401343387192604" });
        }
    };
    await Promise.all(Array.from({ length: most }, lane));
}

// The measuring process takes the time while this waits for a line.
function mark(word) {
    fs.writeSync(1, word + "\n");
    fs.readSync(0, Buffer.alloc(1));
}

run(20)
    .then(() => mark("begin"))
    .then(() => run(links))
    .then(() => mark("end"))
    .then(() => process.exit(0))
    .catch((error) => {
        console.error(error);
        process.exit(1);
    });
