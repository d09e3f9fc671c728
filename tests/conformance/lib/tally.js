// Runs tests one after another. The last line counts them in busted's words, which tests/run reads.
"use strict";

const tests = [];

// `body` may return a promise; what it throws is why the test failed.
function test(name, body) {
    tests.push({ name, body });
}

async function run() {
    let good = 0;
    for (const { name, body } of tests) {
        try {
            await body();
            good += 1;
        } catch (fault) {
            console.log(`not ok: ${name}\n    ${String(fault.stack || fault).replaceAll("\n", "\n    ")}`);
        }
    }
    const bad = tests.length - good;
    console.log(`${good} successes / ${bad} failures / 0 errors / 0 pending`);
    // Connections that are kept alive would keep the process.
    process.exit(bad === 0 && good > 0 ? 0 : 1);
}

// Throws the list, unless it is empty: its first entries say enough.
function none(faults) {
    const most = 5;
    const rest = faults.length > most ? [`and ${faults.length - most} more`] : [];
    if (faults.length > 0) throw [...faults.slice(0, most), ...rest].join("\n");
}

module.exports = { none, run, test };
