// sdk.js <from> <to> <in flight>: links those pairs with Auth0's own SDK as it comes, its retries included.
"use strict";

const dns = require("node:dns");
const { ManagementClient } = require("auth0");

const lookup = dns.lookup;
dns.lookup = (host, options, done) => lookup(host === "tenant.test" ? "127.0.0.1" : host, options, done);

const domain = process.env.AUTH0_TENANT_DOMAIN;
const [from, to, most] = process.argv.slice(2).map(Number);
const management = new ManagementClient({
    domain,
    clientId: "mockclient",
    clientSecret: "mocksecret",
    audience: `https://${domain}/api/v2/`,
});
const told = { done: 0, failed: 0, codes: {}, failures: [], none: [] };
let next = from;

async function lane() {
    while (next <= to) {
        const id = String(next++);
        try {
            await management.users.identities.link(`auth0|${id}`, { provider: "google-oauth2", user_id: id });
            told.done++;
        } catch (error) {
            const code = String(error.statusCode ?? error.cause?.cause?.code ?? error.message);
            told.failed++;
            told.codes[code] = (told.codes[code] ?? 0) + 1;
            told.failures.push(id);
            told.none.push(id); // it knows no other failure
        }
    }
}

// The SDK leaves the timer of a request that failed running, a minute long.
Promise.all(Array.from({ length: most }, lane))
    .then(() => process.stdout.write(JSON.stringify(told) + "\n", () => process.exit(0)));
