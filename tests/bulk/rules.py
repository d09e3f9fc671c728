"""The rules of `auth0-accounts plan`, written again from doc/bulk.md and doc/safety.md, without a look at its code."""
import json
import re
from collections import Counter, defaultdict

PASSWORD, PASSWORDLESS = "auth0", ("email", "sms")
LONGEST_ADDRESS, LARGEST_PROFILE, CROWD = 1020, 10240, 1000
# In the order of doc/bulk.md.
ORDER = ("already_linked", "blocked", "has_secondaries", "weaker_factors", "too_large", "reserved_key", "forbidden_key",
         "email_not_verified", "emails_differ", "connection_not_trusted", "password_account", "unreadable")
CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
COUNTED = ("user_id", "email", "email_verified", "blocked", "created_at", "name", "picture", "logins_count",
           "user_metadata", "app_metadata", "multifactor", "identities")


def fold(address):
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in address)


def size_of(value):
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))


class Account:
    def __init__(self, line):
        repeated = []

        def collect(pairs):
            names = Counter(name for name, _ in pairs)
            repeated.append([name for name, count in names.items() if count > 1])
            return dict(pairs)

        self.all = json.loads(line, object_pairs_hook=collect)
        self.is_repeated = any(name in COUNTED for name in repeated[-1])
        self.id = self.all["user_id"]
        self.bytes = self.id.encode("utf-8", "surrogatepass")
        email = self.all.get("email")
        self.folded = fold(email) if isinstance(email, str) and email else None
        identities = self.all.get("identities")
        self.identities = identities if isinstance(identities, list) else []
        named = [one for one in self.identities if self.names(one)]
        self.own = named[0] if named else (self.identities or [None])[0]
        self.is_named = bool(named)
        self.others = [one for one in self.identities if one is not self.own]

    def names(self, identity, wanted=None):
        """Whether an identity is the one that the account is called after."""
        provider, own = identity.get("provider"), identity.get("user_id")
        return (wanted or self.id) in ("%s|%s" % (provider, own), own)

    @property
    def connection(self):
        return self.own.get("connection") if self.own else None

    @property
    def has_password(self):
        return any(one.get("provider") == PASSWORD for one in self.identities)

    @property
    def is_readable(self):
        good = self.identities and not self.is_repeated and re.match(r"[^|]+\|.", self.id, re.S)
        for name in ("user_metadata", "app_metadata"):
            value = self.all.get(name)
            good = good and (value is None or value == [] or isinstance(value, dict))
        return bool(good) and not re.search(r"[\x00-\x1f\x7f-\x9f]", self.id)

    @property
    def created(self):
        value = self.all.get("created_at")
        return value if isinstance(value, str) and CREATED.match(value) else None

    @property
    def logins(self):
        value = self.all.get("logins_count")
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0

    @property
    def factors(self):
        value = self.all.get("multifactor")
        return bool(value) if isinstance(value, list) else False

    def alone(self, options):
        """The reasons that it has by itself."""
        if not self.is_readable:
            return ["unreadable"]
        reasons = []
        blocked = self.all.get("blocked")
        if blocked is not None and blocked is not False: # 0 is no False here
            reasons.append("blocked")
        if self.all.get("email_verified") is not True:
            reasons.append("email_not_verified")
        # What vouches for another identity than the account's own vouches for nothing.
        if not self.is_named or self.connection not in options.get("trusted", ()):
            reasons.append("connection_not_trusted")
        if self.has_password and not options.get("password_merge"):
            reasons.append("password_account")
        return reasons


def is_enterprise(identity):
    return identity.get("provider") not in (PASSWORD, *PASSWORDLESS) and identity.get("isSocial") is not True


def in_order(accounts, rule):
    def oldest(account):
        return (account.created is None, account.created or "", -account.logins, account.bytes)

    if rule == "newest":
        latest = sorted(accounts, key=lambda a: (-a.logins, a.bytes))
        return sorted(latest, key=lambda a: a.created or "", reverse=True) # stable also in reverse
    if rule == "most-logins":
        return sorted(accounts, key=lambda a: (-a.logins, oldest(a)))
    if rule.startswith("connection="):
        names = rule.split("=", 1)[1].split(",")
        place = {name: i for i, name in enumerate(names)}
        return sorted(accounts, key=lambda a: (place.get(a.connection, len(names)), oldest(a)))
    return sorted(accounts, key=oldest)


class Merged:
    """The primary, as it would be after the links before. Its size is known within bounds."""

    def __init__(self, primary):
        self.primary, self.identities = primary, list(primary.identities)
        self.least = self.most = size_of(primary.all)
        self.keys = set(primary.all.get("user_metadata") or ())
        self.unclear = False

    def going_over(self, account):
        metadata = account.all.get("user_metadata") or {}
        return {key: value for key, value in metadata.items() if key not in self.keys}

    def without_metadata(self, account):
        return {k: v for k, v in account.all.items() if k not in ("user_metadata", "app_metadata")}

    def judge(self, account):
        reasons, over = [], self.going_over(account)
        if any(one is not self.primary.own and account.names(one) for one in self.identities):
            reasons.append("already_linked")
        if account.others:
            reasons.append("has_secondaries")
        if account.factors and not self.primary.factors:
            reasons.append("weaker_factors")
        more = size_of(self.without_metadata(account)) + (size_of(over) if over else 0)
        if self.least + more - 40 > LARGEST_PROFILE:
            reasons.append("too_large")
        elif self.most + more + 40 > LARGEST_PROFILE:
            self.unclear = True
        if any("." in key or "$" in key for key in over):
            reasons.append("forbidden_key")
        if len(account.folded.encode("utf-8", "surrogatepass")) > LONGEST_ADDRESS:
            reasons.append("emails_differ")
        return reasons

    def link(self, account):
        over = self.going_over(account)
        self.keys.update(over)
        self.identities.append(account.own)
        grown = size_of(account.own) + (size_of(over) if over else 0)
        self.least += grown
        profile = size_of(self.without_metadata(account)) - size_of(account.identities)
        self.most += grown + profile + len(',"profileData":')


class Decision:
    """Of one group: links in their order, and what is left alone as (reasons, ids)."""

    def __init__(self, folded, accounts):
        self.folded, self.accounts, self.links, self.skips, self.unclear = folded, accounts, [], [], False

    def leave(self, reasons, accounts):
        self.skips.append((tuple(reasons), tuple(sorted(a.id for a in accounts))))


def sorted_reasons(reasons):
    return [code for code in ORDER if code in reasons]


def decide(folded, accounts, twice, options):
    done = Decision(folded, accounts)
    if len(accounts) > CROWD:
        done.leave(["too_many_accounts"], accounts)
        return done
    if any(account.id in twice for account in accounts):
        done.leave(["listed_twice"], accounts)
        return done
    named = [account for account in accounts if account.id in options.get("primary_ids", ())]
    if len(named) > 1:
        done.leave(["several_primaries"], accounts)
        return done
    kinds = {is_enterprise(one) for account in accounts for one in account.identities}
    if len(kinds) == 2 and not options.get("enterprise_merge"):
        done.leave(["mixed_enterprise"], accounts)
        return done
    left = [(account, account.alone(options)) for account in accounts]
    able = in_order([account for account, reasons in left if not reasons], options.get("primary", "oldest"))
    left = [(account, reasons) for account, reasons in left if reasons]
    if named: # no other takes its place
        able = named + [account for account in able if account is not named[0]] if named[0] in able else []
    if able:
        merged = Merged(able[0])
        for account in able[1:]:
            reasons = merged.judge(account)
            if reasons:
                left.append((account, sorted_reasons(reasons)))
            else:
                merged.link(account)
                done.links.append((able[0].id, account.id))
        done.unclear = merged.unclear
    if done.links:
        for account, reasons in left:
            done.leave(reasons, [account])
    else:
        done.leave(sorted_reasons({code for _, reasons in left for code in reasons}), accounts)
    return done


def address_of(line):
    return Account(line).folded


QUICK = re.compile(rb'"email":"([\x20-\x21\x23-\x5b\x5d-\x7e]*)"')


def groups_of(path):
    """The lines of each address that several accounts have. Reads the file twice, so that it holds only those."""
    counts = Counter()
    with open(path, "rb") as file:
        for line in file:
            found = QUICK.findall(line)
            address = fold(found[0].decode()) if len(found) == 1 else address_of(line)
            if address:
                counts[hash(address)] += 1
    shared = {key for key, count in counts.items() if count > 1}
    del counts
    groups = defaultdict(list)
    with open(path, "rb") as file:
        for line in file:
            found = QUICK.findall(line)
            address = fold(found[0].decode()) if len(found) == 1 else None
            if address is not None and hash(address) not in shared:
                continue
            account = Account(line)
            if account.folded and hash(account.folded) in shared:
                groups[account.folded].append(account)
    return {folded: accounts for folded, accounts in groups.items() if len(accounts) > 1}


def twice_in(groups):
    seen = Counter(account.id for accounts in groups.values() for account in accounts)
    return {id_ for id_, count in seen.items() if count > 1}


def plan(groups, options):
    """Decisions in the order of the plan: that of the folded addresses, byte by byte."""
    twice = twice_in(groups)
    for folded in sorted(groups, key=lambda f: f.encode("utf-8", "surrogatepass")):
        yield decide(folded, groups[folded], twice, options)
