// The official Node SDK drives the tenant: a token, two accounts, a link, a list, an unlink, and refusals, which are
// told by the SDK's own classes of errors. Where the API's contract is there, what it sends is held against it as well.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const { AuthenticationClient, ManagementClient, ManagementError } = require("auth0");
const { BadRequestError, ConflictError, ForbiddenError, NotFoundError, UnauthorizedError } =
    require("auth0").Management;
const { Contract } = require("./lib/contract");
const { relay } = require("./lib/server");
const { none, run, test } = require("./lib/tally");
const tenant = require("./lib/tenant");

const DATABASE = "Username-Password-Authentication";
const CREDENTIALS = { clientId: "mockclient", clientSecret: "mocksecret" };
const exchanges = [];

function claimsOf(token) {
    return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
}

// Runs a call that is to fail, and gives what it threw.
async function thrown(call) {
    try {
        await call();
    } catch (error) {
        return error;
    }
    throw new Error("nothing was thrown");
}

function refusal(name, call, Class, status, errorCode) {
    test(name, async () => {
        const error = await thrown(call);
        assert.ok(error instanceof Class && error instanceof ManagementError, `${error.name}: ${error.message}`);
        assert.equal(error.statusCode, status);
        assert.equal(error.body.statusCode, status);
        assert.equal(error.body.errorCode, errorCode);
    });
}

async function describe(domain) {
    const audience = claimsOf(await tenant.token()).aud;
    // Refusals are not to be tried again: none of them passes.
    const options = { domain, audience, maxRetries: 0 };
    const management = new ManagementClient({ ...options, ...CREDENTIALS });
    const ids = {};
    let primary;

    test("a token by client credentials, signed with RS256", async () => {
        const authentication = new AuthenticationClient({ domain, ...CREDENTIALS });
        const { data } = await authentication.oauth.clientCredentialsGrant({ audience });
        assert.deepEqual([data.token_type, data.expires_in], ["Bearer", 86400]);
        assert.equal(claimsOf(data.access_token).azp, CREDENTIALS.clientId);
        const header = JSON.parse(Buffer.from(data.access_token.split(".")[0], "base64url").toString());
        assert.equal(header.alg, "RS256");
    });

    test("a token with a wrong secret is refused", async () => {
        const authentication = new AuthenticationClient({ domain, ...CREDENTIALS, clientSecret: "wrong" });
        const error = await thrown(() => authentication.oauth.clientCredentialsGrant({ audience }));
        assert.deepEqual([error.name, error.error, error.statusCode], ["AuthApiError", "access_denied", 401]);
    });

    test("two accounts are created", async () => {
        for (const name of ["ann", "bea"]) {
            const account = await management.users.create({ connection: DATABASE, email: `${name}@example.com`,
                password: "correct horse", user_metadata: { name } });
            assert.equal(account.email, `${name}@example.com`);
            assert.match(account.user_id, /^auth0\|[0-9a-f]{24}$/);
            ids[name] = account.user_id;
        }
    });

    test("one is linked to the other", async () => {
        const identities = await management.users.identities.link(ids.ann, { provider: "auth0", user_id: ids.bea });
        assert.deepEqual(identities.map((one) => `${one.provider}|${one.user_id}`), [ids.ann, ids.bea]);
        assert.equal(identities[1].profileData.email, "bea@example.com");
    });

    test("the account that was read lists both identities", async () => {
        primary = await management.users.get(ids.ann);
        assert.deepEqual(primary.identities.map((one) => one.connection), [DATABASE, DATABASE]);
        assert.deepEqual(primary.user_metadata, { name: "ann" });
    });

    test("the list of accounts holds the primary alone", async () => {
        const page = await management.users.list({ q: "email:*@example.com", include_totals: true });
        assert.deepEqual(page.data.map((one) => one.user_id), [ids.ann]);
    });

    test("by its address the primary is found, the secondary no longer", async () => {
        const found = await management.users.listUsersByEmail({ email: "ann@example.com" });
        assert.deepEqual(found.map((one) => one.user_id), [ids.ann]);
        assert.deepEqual(await management.users.listUsersByEmail({ email: "bea@example.com" }), []);
    });

    refusal("404: the secondary is no account any more", () => management.users.get(ids.bea), NotFoundError, 404,
        "inexistent_user");
    refusal("409: the identity is linked already",
        () => management.users.identities.link(ids.ann, { provider: "auth0", user_id: ids.bea }), ConflictError, 409);
    refusal("400: an account with itself",
        () => management.users.identities.link(ids.ann, { provider: "auth0", user_id: ids.ann }), BadRequestError, 400);
    refusal("403: a token without the scope", async () => {
        const reader = new ManagementClient({ ...options, token: await tenant.token({ scope: "read:users" }) });
        return reader.users.identities.link(ids.ann, { provider: "auth0", user_id: ids.bea });
    }, ForbiddenError, 403, "insufficient_scope");
    refusal("401: a token that has expired", async () => {
        const late = new ManagementClient({ ...options, token: await tenant.token({ expires_in: -1 }) });
        return late.users.get(ids.ann);
    }, UnauthorizedError, 401);

    test("the secondary is unlinked, and is an account without metadata again", async () => {
        const remaining = await management.users.identities.delete(ids.ann, "auth0", primary.identities[1].user_id);
        assert.deepEqual(remaining.map((one) => `${one.provider}|${one.user_id}`), [ids.ann]);
        const account = await management.users.get(ids.bea);
        assert.equal(account.email, "bea@example.com");
        assert.equal(account.user_metadata, undefined);
    });

    test("an account is updated, and both are deleted", async () => {
        const account = await management.users.update(ids.ann, { user_metadata: { name: null, colour: "blue" } });
        assert.deepEqual(account.user_metadata, { colour: "blue" });
        for (const id of Object.values(ids)) await management.users.delete(id);
        const page = await management.users.list({});
        assert.equal(page.data.length, 0);
    });

    test("an export is asked for, and its job is read", async () => {
        const { id } = await management.jobs.usersExports.create({ format: "json", fields: [{ name: "user_id" }] });
        const job = await management.jobs.get(id);
        assert.deepEqual([job.id, job.type], [id, "users_export"]);
    });

    if (!fs.existsSync(process.env.AUTH0_CONFORMANCE)) {
        console.log(`there is no folder ${process.env.AUTH0_CONFORMANCE}: what the SDK sends is not held against it`);
        return;
    }
    test("what the SDK sends, and what it is answered, conforms to the contract", () => {
        const contract = Contract.load();
        const api = exchanges.filter(({ request }) => request.path.startsWith("/api/"));
        assert.ok(api.length > 15, `${api.length} exchanges`);
        none(api.flatMap(({ request, answer }) => [...contract.request(request), ...contract.answer(request, answer)]));
    });
}

async function main() {
    await tenant.reset();
    await describe(`127.0.0.1:${await relay(exchanges)}`);
    await run();
}

main();
