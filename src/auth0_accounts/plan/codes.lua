--- Why accounts are left alone, in the order in which reasons are told (doc/bulk.md): each code, what it means, and
--- what can be done about it.
return {
    { "too_many_accounts", "more than 1,000 accounts have the address: it is no person's own" },
    { "listed_twice", "an account is on several lines of the export: make a new export" },
    { "several_primaries", "--primary-file names several of the accounts: name one" },
    { "not_chosen", "the function of --choose has named none" },
    { "mixed_enterprise", "a company's account meets a private one: --enterprise-merge" },
    { "already_linked", "it is an identity of the primary, and stands all the same" },
    { "no_account", "there is no such account" },
    { "blocked", "the account is blocked" },
    { "has_secondaries", "it has linked identities of its own, and is not the primary" },
    { "weaker_factors", "it has a second factor, and the primary has none" },
    { "too_large", "the primary's profile would exceed 10 KB" },
    { "reserved_key", "its metadata has keys that the tenant does not take" },
    { "forbidden_key", "its metadata has keys that the tenant does not take" },
    { "email_not_verified", "its address is not verified" },
    { "emails_differ", "its address is too long to be compared" },
    { "connection_not_trusted", "its connection is not trusted: --trust-connection NAME" },
    { "password_account", "it has a password: --password-merge" },
    { "unreadable", "its line is no account as the API has it: make a new export" },
}
