// What two values have in common: the keys of objects, and the types of all that is in them. Texts that are dates or
// ids have to be that on both sides.
"use strict";

const FORMS = {
    "a date": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    "a full id": /^[a-z0-9-]+\|.+$/,
    "a job": /^job_[A-Za-z0-9]{16}$/,
    "a connection": /^con_[A-Za-z0-9]{16}$/,
    "24 digits": /^[0-9a-f]{24}$/,
};

function kind(value) {
    if (value === null) return "null";
    if (Array.isArray(value)) return "an array";
    if (typeof value !== "string") return `a ${typeof value}`;
    return Object.keys(FORMS).find((name) => FORMS[name].test(value)) || "a string";
}

// Sentences about where `actual` has another shape than `recorded`.
function differences(recorded, actual, where = "body") {
    const [wanted, got] = [kind(recorded), kind(actual)];
    if (wanted !== got) return [`${where}: ${wanted} is recorded, ${got} came`];
    if (recorded === null || typeof recorded !== "object") return [];
    const keys = new Set([...Object.keys(recorded), ...Object.keys(actual)]);
    return [...keys].flatMap((key) => {
        if (!(key in actual)) return [`${where}.${key}: is recorded, but did not come`];
        if (!(key in recorded)) return [`${where}.${key}: came, but is not recorded`];
        return differences(recorded[key], actual[key], `${where}.${key}`);
    });
}

module.exports = { differences };
