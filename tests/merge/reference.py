#!/usr/bin/env python3
"""Random pairs of users, merged and put back, against an independent reference.

    tests/merge/reference.py PROGRAM [--pairs N] [--seed N]

PROGRAM is what tests/merge/pairs.c becomes. Values are made as trees that keep the text of each number and string, so
that the reference parses nothing: what the program must write is known letter by letter. Each merge is followed by
edits of the account and by putting back.
"""

import argparse
import functools
import itertools
import json
import random
import subprocess
import sys

PARTS = ("user_metadata", "app_metadata", "name", "picture")
DISCARD, PRIMARY_WINS, DEEP = range(3)
RESERVED = set(
    "__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities lastIP"
    " lastLogin loginsCount metadata multifactor_last_modified multifactor updated_at user_id".split()
)

# ---- values: ("number", text), ("string", raw), ("word", text), ("array", [value]), ("object", [(raw, value)]) ----

NULL = ("word", "null")


@functools.lru_cache(maxsize=None)
def unescape(raw):
    return json.loads('"%s"' % raw)


def write(value, space=lambda: ""):
    kind, content = value
    if kind == "string":
        return '"%s"' % content
    if kind == "array":
        inside = (space() + "," + space()).join(write(element, space) for element in content)
        return "[" + space() + inside + space() + "]"
    if kind == "object":
        inside = (space() + "," + space()).join(
            '"%s"%s:%s%s' % (raw, space(), space(), write(member, space)) for raw, member in content
        )
        return "{" + space() + inside + space() + "}"
    return content


def size_of(value):
    return 0 if value is None else len(write(value).encode())


def members(value):
    """Those that count, by their unescaped names, in their order: of one name the last, where the last stands."""
    if value is None or value[0] != "object":
        return {}
    found = {}
    for raw, member in value[1]:
        name = unescape(raw)
        found.pop(name, None)
        found[name] = (raw, member)
    return found


def member(value, name):
    return members(value).get(name, (None, None))[1]


@functools.lru_cache(maxsize=None)
def decimal(text):
    """Sign, digits and power of ten of a number: the same for numbers that are equal, and for no others."""
    mantissa, _, exponent = text.lower().partition("e")
    negative = mantissa.startswith("-")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "zero"
    if len(exponent.lstrip("+-").lstrip("0")) > 17:
        return "vast", text
    trimmed = digits.rstrip("0")
    return negative, trimmed, int(exponent or 0) - len(fraction) + len(digits) - len(trimmed)


def canonical(value):
    """Equal for values that are equal."""
    if value is None:
        return None
    kind, content = value
    if kind == "number":
        return kind, decimal(content)
    if kind == "string":
        return kind, unescape(content)
    if kind == "array":
        return kind, tuple(canonical(element) for element in content)
    if kind == "object":
        return kind, frozenset((name, canonical(inside)) for name, (_, inside) in members(value).items())
    return value


def same(one, other):
    return canonical(one) == canonical(other)


# ---- the reference ----


class Merge:
    def __init__(self, choices, united, primary, secondary):
        self.choices, self.united = choices, united
        self.patch, self.before, self.entries, self.faults = [], [], [], []
        for part in range(2):
            self.metadata(part, member(primary, PARTS[part]), member(secondary, PARTS[part]))
        for part in range(2, 4):
            self.attribute(part, member(primary, PARTS[part]), member(secondary, PARTS[part]))
        self.patch_text = write(("object", self.patch)) if self.patch else ""
        self.before_text = write(("object", self.before))
        growth = max(0, len(self.patch_text.encode()) - len(self.before_text.encode()))
        gone = [member(secondary, part) for part in PARTS[:2]]
        self.size = size_of(primary) + growth + size_of(secondary) - sum(map(size_of, gone))

    def entry(self, part, path, fate):
        self.entries.append((PARTS[part], ".".join(path), fate))

    def metadata(self, part, primary, secondary):
        theirs, ours, choice = members(secondary), members(primary), self.choices[part]
        wrote, was = [], []
        for name, (raw, value) in ours.items():
            if name in theirs:
                merged = self.pair(part, (name,), value, theirs[name][1])
                if merged is not None:
                    wrote.append((raw, merged))
                    was.append((raw, value))
        for name, (raw, value) in theirs.items():
            if name in ours:
                continue
            if choice == DISCARD:
                self.entry(part, (name,), "discarded")
            elif value == NULL:
                self.entry(part, (name,), "unwritable")
            else:
                self.entry(part, (name,), "added")
                wrote.append((raw, value))
        if wrote:
            self.patch.append((PARTS[part], ("object", wrote)))
            self.check(part, ("object", wrote), part == 1)
        if was:
            self.before.append((PARTS[part], ("object", was)))

    def pair(self, part, path, primary, secondary):
        """What a value of the primary becomes; None where it stays."""
        choice = self.choices[part]
        if primary[0] == secondary[0] == "object" and choice == DEEP:
            return self.objects(part, path, primary, secondary)
        if primary[0] == secondary[0] == "array" and choice != DISCARD and self.is_united(path):
            have = {canonical(element) for element in primary[1]}
            new = []
            for element in secondary[1]:
                if canonical(element) not in have:
                    have.add(canonical(element))
                    new.append(element)
            self.entry(part, path, "united" if new else "held")
            return ("array", primary[1] + new) if new else None
        lost = "discarded" if choice == DISCARD else "outvoted"
        self.entry(part, path, "held" if same(primary, secondary) else lost)
        return None

    def is_united(self, path):
        return any(tuple(wanted.split(".")) == path for wanted in self.united)

    def objects(self, part, path, primary, secondary):
        ours, theirs, changes = members(primary), members(secondary), False
        self.entry(part, path, "merged" if secondary[1] else "held")
        result = []
        for name, (raw, value) in ours.items():
            merged = self.pair(part, path + (name,), value, theirs[name][1]) if name in theirs else None
            changes = changes or merged is not None
            result.append((raw, value if merged is None else merged))
        for name, (raw, value) in theirs.items():
            if name not in ours:
                self.entry(part, path + (name,), "added")
                result.append((raw, value))
                changes = True
        return ("object", result) if changes else None

    def attribute(self, part, primary, secondary):
        if self.choices[part] == DISCARD or secondary is None or secondary[0] != "string" or not secondary[1]:
            return
        if is_unset(primary):
            self.patch.append((PARTS[part], secondary))
            self.entry(part, (), "added")
        else:
            self.entry(part, (), "held" if same(primary, secondary) else "outvoted")

    def check(self, part, value, can_be_reserved):
        if value[0] == "array":
            for element in value[1]:
                self.check(part, element, False)
        if value[0] == "object":
            for raw, inside in value[1]:
                name = unescape(raw)
                if can_be_reserved and name in RESERVED:
                    self.faults.append((PARTS[part], name, "reserved"))
                elif "." in name or "$" in name:
                    self.faults.append((PARTS[part], name, "forbidden"))
                self.check(part, inside, False)


def is_unset(value):
    return value is None or value == NULL or value == ("string", "")


class Restore:
    def __init__(self, before, wrote, now):
        self.entries, self.patch = [], []
        for part in PARTS[:2]:
            keys = self.keys(part, member(before, part), member(wrote, part), member(now, part))
            if keys:
                self.patch.append((part, ("object", keys)))
        for part in PARTS[2:]:
            self.attribute(part, member(wrote, part), member(now, part))
        self.patch_text = write(("object", self.patch)) if self.patch else ""

    def keys(self, part, before, wrote, now):
        keys = []
        for name, (raw, value) in members(wrote).items():
            states = member(before, name), value, member(now, name)
            if same(states[0], states[1]):
                continue
            action, result = self.resolve(part, (name,), *states)
            if action:
                keys.append((raw, NULL if result is None else result))
        return keys

    def resolve(self, part, path, before, wrote, now):
        """Whether a member changes, and what it becomes; None: it goes."""
        def fate(word):
            self.entries.append((part, ".".join(path), word))

        if same(before, now):
            fate("as_before")
            return False, now
        if same(wrote, now):
            fate("put_back")
            return True, before
        if any(value is None or value[0] != "object" for value in (wrote, now)) or (before and before[0] != "object"):
            fate("conflict")
            return False, now
        fate("merged")
        was, did, result, changes = members(before), members(wrote), [], False
        for name, (raw, value) in members(now).items():
            if name in did and not same(was.get(name, (None, None))[1], did[name][1]):
                action, becomes = self.resolve(
                    part, path + (name,), was.get(name, (None, None))[1], did[name][1], value
                )
                changes = changes or action
                if becomes is not None:
                    result.append((raw, becomes))
            else:
                result.append((raw, value))
        for name, (raw, value) in did.items():
            if name not in members(now) and not same(was.get(name, (None, None))[1], value):
                self.resolve(part, path + (name,), was.get(name, (None, None))[1], value, None)
        return changes, ("object", result) if changes else now

    def attribute(self, part, wrote, now):
        if wrote is None:
            return
        fate = "as_before" if is_unset(now) else "put_back" if same(wrote, now) else "conflict"
        self.entries.append((part, "", fate))
        if fate == "put_back":
            self.patch.append((part, NULL))


def apply(user, patch):
    """A user after a PATCH, as the tenant does it: at the first level only, and a null deletes."""
    result = [(raw, value) for raw, value in user[1] if unescape(raw) not in PARTS]
    for part in PARTS:
        old, new = member(user, part), member(patch, part)
        if part in PARTS[:2] and new is not None:
            keys = {name: (raw, value) for name, (raw, value) in members(old).items()}
            for name, (raw, value) in members(new).items():
                keys[name] = (raw, value)
            new = ("object", [(raw, value) for raw, value in keys.values() if value != NULL])
        if new is not None or old is not None:
            result.append((part, old if new is None else new))
    return ("object", result)


# ---- what is made at random ----

NAMES = ["a", "\\u0061", "b", "c", "o", "tags", "t\\u0061gs", "list", "", "\\ud800", "\\uD83D\\uDE00", "\U0001f600",
         "\u00e9"]
NAMES += ["\\u00e9", "a.b", "\\u0024x", "email", "blocked", "\\\"q\\\"", "user_id", "_id", "deep"]
NUMBERS = ["0", "-0", "1", "1.0", "10e-1", "1E0", "1e400", "1e401", "123456789012345678901234567890", "0.1", "1e-1"]
NUMBERS += ["123456789012345678901234567891", "-1", "-1.00", "9007199254740993", "9007199254740992", "1e1", "10", "0e7"]
NUMBERS += ["1e999999999999999999999", "1E999999999999999999999", "100000000000000000000000000000000000e-5", "1e30"]
STRINGS = ["", "a", "\\u0061", "A", "\\ud800", "\\uDFFF\\ud800", "\\ud83d\\ude00", "\U0001f600", "\\u0000", "\\/", "/"]
STRINGS += ["\\n", "\\u000A", "\u20ac", "\\u20AC", "x" * 40, "\\\\", "\\\"", "\\ud83d", "null", "1"]


@functools.lru_cache(maxsize=None)
def spellings(kind, content):
    return [text for text in (NUMBERS if kind == "number" else STRINGS) if same((kind, text), (kind, content))]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def space(self):
        return self.random.choice((" ", "\n", "\t ", "\r\n")) if self.chance(0.05) else ""

    def scalar(self):
        kind = self.random.randrange(8)
        if kind < 3:
            return "number", self.random.choice(NUMBERS)
        if kind < 6:
            return "string", self.random.choice(STRINGS)
        return "word", self.random.choice(("null", "true", "false"))

    def value(self, depth):
        kind = self.random.randrange(10)
        if depth == 0 or kind < 4:
            return self.scalar()
        if kind < 7:
            return "array", [self.value(depth - 1) for _ in range(self.random.randrange(5))]
        return self.object(depth - 1)

    def object(self, depth, most=6):
        count = self.random.randrange(most)
        return "object", [(self.random.choice(NAMES), self.value(depth)) for _ in range(count)]

    def nested(self):
        value = self.scalar()
        for _ in range(self.random.randrange(40, 61)):
            value = ("array", [value]) if self.chance(0.2) else ("object", [("deep", value)])
        return "object", [("deep", value)]

    def respell(self, value):
        """An equal value in other letters."""
        kind, content = value
        if kind == "array":
            return kind, [self.respell(element) for element in content]
        if kind == "object":
            kept = [(raw, self.respell(inside)) for raw, inside in members(value).values()]
            self.random.shuffle(kept)
            return kind, kept
        equal = spellings(kind, content) if kind != "word" else None
        return (kind, self.random.choice(equal)) if equal else value

    def mutate(self, value, depth=4):
        """A relative of a value: some of it equal, some of it changed."""
        kind, content = value
        if self.chance(0.15):
            return self.value(2)
        if kind == "array":
            content = [self.mutate(element, depth - 1) if self.chance(0.3) else self.respell(element)
                       for element in content]
            if self.chance(0.5):
                content.insert(self.random.randrange(len(content) + 1), self.value(1))
            if content and self.chance(0.3):
                content.pop(self.random.randrange(len(content)))
            return kind, content
        if kind == "object":
            content = [(raw, self.mutate(inside, depth - 1)) for raw, inside in content if self.chance(0.85)]
            if self.chance(0.5):
                content.append((self.random.choice(NAMES), self.value(2)))
            return kind, content
        return self.respell(value)

    def metadata(self):
        chance = self.random.random()
        if chance < 0.03:
            return self.scalar()
        return self.nested() if chance < 0.06 else self.object(4, 9)

    def user(self, relative=None):
        found = [("user_id", ("string", "auth0|1"))]
        for part in PARTS[:2]:
            other = member(relative, part) if relative else None
            if self.chance(0.9):
                found.append((part, self.mutate(other) if other and self.chance(0.7) else self.metadata()))
        for part in PARTS[2:]:
            if self.chance(0.5):
                found.append((part, self.random.choice((self.scalar(), ("string", "A"), ("string", "\\u0041"), NULL))))
        self.random.shuffle(found)
        return "object", found

    def united(self):
        return [path for path in ("tags", "list", "o.tags", "o.list", "a", "a.tags", "a.a", "o") if self.chance(0.5)]

    def edited(self, user):
        """The account after its user was at work; often only in one place, or not at all."""
        if self.chance(0.3):
            return self.respell(user)
        edited = []
        for raw, value in user[1]:
            if unescape(raw) in PARTS and value[0] == "object":
                value = ("object", [(name, self.mutate(v) if self.chance(0.4) else v)
                                    for name, v in value[1] if self.chance(0.9)])
            elif unescape(raw) in PARTS and self.chance(0.3):
                value = self.scalar()
            edited.append((raw, value))
        return "object", edited


# ---- the comparison ----


def shown(entries):
    return ",".join("%s/%s/%s" % (part, name.encode("utf-8", "surrogatepass").hex(), fate)
                    for part, name, fate in entries)


def sorted_text(text):
    return ",".join(sorted(text.split(",")))


def cases(maker, pairs):
    """Records, and the lines that must come of them."""
    for _ in range(pairs):
        primary = maker.user()
        secondary = maker.user(primary)
        choices = [maker.random.randrange(most) for most in (3, 3, 2, 2)]
        united = maker.united()
        merge = Merge(choices, united, primary, secondary)
        record = ["merge", "".join(map(str, choices)), ",".join(united)]
        record += [write(primary, maker.space), write(secondary, maker.space)]
        line = [merge.patch_text, merge.before_text, str(merge.size), shown(merge.entries),
                sorted_text(shown(merge.faults))]
        yield record, line

        before, wrote = ("object", merge.before), ("object", merge.patch)
        now = maker.edited(apply(primary, wrote) if maker.chance(0.9) else primary)
        restore = Restore(before, wrote, now)
        record = ["restore", write(before), write(wrote), write(now, maker.space)]
        yield record, [restore.patch_text, shown(restore.entries)]

        # What was not touched since is back, to the letter.
        undo = Restore(before, wrote, apply(primary, wrote))
        undone = apply(apply(primary, wrote), ("object", undo.patch))
        for part in PARTS[:2]:
            kept = {name: value for name, (_, value) in members(member(primary, part)).items() if value != NULL}
            is_back = {name: value for name, (_, value) in members(member(undone, part)).items()}
            assert not merge.patch or is_back == kept or member(wrote, part) is None, (primary, secondary)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--pairs", type=int, default=100000)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    maker = Maker(options.seed)
    done = wrong = wrote = conflicts = 0
    made = cases(maker, options.pairs)
    while batch := list(itertools.islice(made, 4000)):
        records = "".join("\x1f".join(record) + "\x1e" for record, _ in batch)
        run = subprocess.run([options.program], input=records.encode(), stdout=subprocess.PIPE, check=True)
        lines = run.stdout.decode().split("\n")[:-1]
        assert len(lines) == len(batch), "the program wrote %d lines of %d" % (len(lines), len(batch))
        for (record, wanted), line in zip(batch, lines):
            is_line = line.split("\x1f")
            if record[0] == "merge":
                is_line[4] = sorted_text(is_line[4])
                wrote += wanted[0] != ""
            else:
                conflicts += "conflict" in wanted[1]
            done += 1
            if is_line != wanted:
                wrong += 1
                if wrong <= 3:
                    print("\n".join(["-- given", *record, "-- wanted", *wanted, "-- is", *is_line]), file=sys.stderr)
    print("%d pairs, seed %d: %d wrong" % (options.pairs, options.seed, wrong))
    print("%d merges wrote something, %d of %d put back met a conflict" % (wrote, conflicts, done // 2))
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
