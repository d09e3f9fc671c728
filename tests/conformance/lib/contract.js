// The API's contract: what its OpenAPI file says of a request and of an answer. Faults come back as lists of sentences.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const Ajv = require("ajv/dist/2020");
const formats = require("ajv-formats");

const METHODS = ["get", "post", "put", "patch", "delete"];

// The file declares no bodies for its errors; the schemas that other versions of it have ask for these three.
const ERROR = {
    type: "object",
    additionalProperties: false,
    required: ["statusCode", "error", "message"],
    properties: {
        statusCode: { type: "integer", minimum: 400, maximum: 599 },
        error: { type: "string", minLength: 1 },
        message: { type: "string", minLength: 1 },
        errorCode: { type: "string", pattern: "^[a-z_]+$" },
        attributes: { type: "object" },
    },
};

function isAbsolute(text) {
    try {
        return /^[a-z][a-z0-9+.-]*:/i.test(text) && !/\s/.test(text) && Boolean(new URL(text));
    } catch {
        return false;
    }
}

function sayAll(errors, where) {
    return errors.map((error) => `${where}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
}

// A parameter is text on the wire.
function read(text, schema) {
    if (schema.type === "integer" && /^-?\d+$/.test(text)) return Number(text);
    if (schema.type === "boolean" && (text === "true" || text === "false")) return text === "true";
    return text;
}

class Contract {
    constructor(document) {
        this.document = document;
        this.ajv = new Ajv({ strict: false, allErrors: true });
        formats(this.ajv);
        this.ajv.addFormat("strict-uri", isAbsolute);
        this.ajv.addFormat("connection-realm", true);
        this.ajv.addFormat("client-id", true);
        this.ajv.addSchema(document, "contract", false, false);
        this.error = this.ajv.compile(ERROR);
        this.operations = [];
        this.compiled = new Map();
        for (const [template, methods] of Object.entries(document.paths)) {
            for (const method of METHODS.filter((name) => methods[name])) {
                this.operations.push(this.operation(template, method, methods[method]));
            }
        }
    }

    static load() {
        const file = path.join(process.env.AUTH0_CONFORMANCE, "auth0-management.slim.openapi.json");
        return new Contract(JSON.parse(fs.readFileSync(file, "utf8")));
    }

    operation(template, method, definition) {
        const names = [];
        const pattern = template.replace(/\{([^}]+)\}/g, (_, name) => {
            names.push(name);
            return "([^/]+)";
        });
        return {
            name: `${method.toUpperCase()} ${template}`, method, names, definition, pattern: new RegExp(`^${pattern}$`),
            pointer: `#/paths/${template.replaceAll("~", "~0").replaceAll("/", "~1")}/${method}`,
        };
    }

    // The operation that a request is for: one with fewer parameters wins.
    find(method, pathname) {
        return this.operations
            .filter((one) => one.method === method.toLowerCase() && one.pattern.test(pathname))
            .sort((a, b) => a.names.length - b.names.length)[0];
    }

    check(value, pointer, where) {
        if (!this.compiled.has(pointer)) {
            this.compiled.set(pointer, this.ajv.compile({ $ref: `contract${encodeURI(pointer)}` }));
        }
        const validate = this.compiled.get(pointer);
        return validate(value) ? [] : sayAll(validate.errors, where);
    }

    parameter(operation, index, text, where) {
        const { schema } = operation.definition.parameters[index];
        const pointer = `${operation.pointer}/parameters/${index}/schema`;
        return this.check(read(text, schema), schema.type === "array" ? `${pointer}/items` : pointer, where);
    }

    path(operation, pathname) {
        const raw = operation.pattern.exec(pathname).slice(1);
        return operation.names.flatMap((name, i) => {
            // RFC 3986: what else stands in a segment is percent-encoded.
            if (!/^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+$/.test(raw[i])) {
                return [`path ${name}: ${raw[i]} is not encoded`];
            }
            const index = operation.definition.parameters.findIndex((one) => one.in === "path" && one.name === name);
            return this.parameter(operation, index, decodeURIComponent(raw[i]), `path ${name}`);
        });
    }

    query(operation, search) {
        const declared = operation.definition.parameters || [];
        const given = new URLSearchParams(search);
        const faults = declared
            .filter((one) => one.in === "query" && one.required && !given.has(one.name))
            .map((one) => `query ${one.name}: is missing`);
        for (const [name, text] of given) {
            const index = declared.findIndex((one) => one.in === "query" && one.name === name);
            if (index < 0) faults.push(`query ${name}: is not declared`);
            else faults.push(...this.parameter(operation, index, text, `query ${name}`));
        }
        return faults;
    }

    body(operation, type, text) {
        const { requestBody } = operation.definition;
        if (!requestBody) return text === "" ? [] : ["body: none is declared"];
        const media = (type || "").split(";")[0].trim();
        if (!requestBody.content[media]) return [`body: the type ${media} is not declared`];
        let value;
        try {
            value = media === "application/json" ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
        } catch {
            return ["body: is no JSON"];
        }
        const pointer = `${operation.pointer}/requestBody/content/${media.replace("/", "~1")}/schema`;
        return this.check(value, pointer, "body");
    }

    // `request` is {method, path with its query, headers with names in lower case, body}.
    request(request) {
        const [pathname, search] = request.path.split("?");
        const operation = this.find(request.method, pathname);
        if (!operation) return [`${request.method} ${pathname} is not declared`];
        const bearer = /^Bearer \S+$/.test(request.headers.authorization || "") ? [] : ["no bearer"];
        return [
            ...bearer,
            ...this.path(operation, pathname),
            ...this.query(operation, search || ""),
            ...this.body(operation, request.headers["content-type"], request.body || ""),
        ];
    }

    // `answer` is {status, headers, body}.
    answer(request, answer) {
        const operation = this.find(request.method, request.path.split("?")[0]);
        const declared = operation && operation.definition.responses[answer.status];
        if (!declared) return [`status ${answer.status} is not declared for ${request.method} ${request.path}`];
        if (answer.status === 204) return answer.body === "" ? [] : ["answer: 204 with a body"];
        if (!/^application\/json(;|$)/.test(answer.headers["content-type"] || "")) {
            return [`answer: is ${answer.headers["content-type"]}`];
        }
        const value = JSON.parse(answer.body);
        if (declared.content) {
            return this.check(value, `${operation.pointer}/responses/${answer.status}/content/application~1json/schema`,
                "answer");
        }
        const faults = this.error(value) ? [] : sayAll(this.error.errors, "answer");
        return value.statusCode === answer.status ? faults : [...faults, `answer: statusCode is ${value.statusCode}`];
    }
}

module.exports = { Contract };
