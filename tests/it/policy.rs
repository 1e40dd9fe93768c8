//! Policy: what a file says, which line is wrong, what is refused by which rule, and what counts as a secret.
//!
//! In: policy texts, modules, names, values. Out: verdicts, as the agent and `waspect check` have them.

use waspect::cli::policy::parse as read;
use waspect::limits::Budget;
use waspect::module;
use waspect::policy::{Is, Policy, Redaction, Rule};

fn policy(text: &str) -> Policy {
    read("p.toml", text).unwrap_or_else(|e| panic!("{text}: {}", e.told("p.toml")))
}

/// A policy's text, and what is wrong with it.
#[test]
fn bad_files_name_line_and_word() {
    let check = |text: &str, expected: &str| {
        let told = read("p.toml", text).expect_err(text).told("p.toml");
        assert!(told.contains(expected), "{text:?}\n  says {told}\n  expected {expected}");
    };
    check("[imports\n", "p.toml:1: ");
    check("\n[inports]\n", "p.toml:2: unknown field `inports`");
    check("[imports]\n\nalow = []\n", "p.toml:3: unknown field `alow`, expected `allow` or `deny`");
    check(
        "[imports]\ndeny = [\n  \"probe1.get arg0\",\n  \"probe1.gett arg0\",\n]\n",
        "p.toml:4: no import is of `probe1.gett`",
    );
    check("[imports]\ndeny = [\"probe1.gett arg0\"]\n", "did you mean `probe1.get`?");
    check("[imports]\ndeny = \"probe1.get\"\n", "p.toml:2: invalid type");
    check("[probe]\nallow = [\"shop..cart\"]\n", "p.toml:2: ");
    check("[probe]\nallow = [\"9shop\"]\n", "p.toml:2: ");
    check("[limits]\nfuel_per_fyre = 9\n", "p.toml:2: no limit is called `fuel_per_fyre`");
    check("[limits]\nfuel_per_fyre = 9\n", "did you mean `fuel_per_fire`?");
    check("[limits]\nmodule_bytes_max = 9\n", "`module_bytes_max` is the same for everybody");
    check("[limits]\nfuel_per_fire = -1\n", "p.toml:2: ");
    check("[limits]\nfuel_per_fire = \"much\"\n", "p.toml:2: invalid type");
    check("[redact]\nnames = [\"ok\", \"__\"]\n", "p.toml:2: expected a name such as `api_key`, found `__`");
    check("[redact]\ntypes = [\"shop Cart\"]\n", "p.toml:2: expected the dotted name of a class");
    check("[redact.patterns]\npayment_cart = false\n", "p.toml:2: no pattern is called `payment_cart`");
    check("[redact]\nrequire = true\n", "p.toml:2: unknown field `require`");
}

const MODULE: &str = r#"(module
    (import "probe1.get" "arg0.user.email" (func (result i64)))
    (import "probe1.get" "arg1[\"k\"]" (func (result i64)))
    (import "probe1.field" "email" (func (param i64)))
    (import "probe1" "emit" (func (result i32)))
    (func (export "fn:shop.auth.Login.check:entry"))
    (func (export "fn:shop.cart.*:entry"))
    (func (export "begin")))"#;

/// A policy's text, and the refusal of a module; nothing where it is taken.
#[test]
fn modules_are_refused_by_a_rule_and_its_line() {
    let module = module::parse("m.wat", MODULE.as_bytes(), &[]).expect("a module");
    let check = |text: &str, expected: &str| {
        let policy = policy(text);
        let verdict = policy.module(module.manifest(), &policy.lowered(Budget::DEFAULT));
        assert_eq!(verdict.err().map(|e| e.to_string()).unwrap_or_default(), expected, "{text}");
    };
    let email = "import `probe1.get arg0.user.email`";
    check("", "");
    check("[imports]\nallow = [\"*\"]\n", "");
    check("[imports]\nallow = [\"probe1*\"]\n", "");
    check(
        "[imports]\ndeny = [\"probe1.get *.email\"]\n",
        &format!("{email} is denied by `probe1.get *.email` (p.toml:2)"),
    );
    check(
        "[imports]\ndeny = [\n\"probe1.req\",\n\"probe1.get\"]\n",
        &format!("{email} is denied by `probe1.get` (p.toml:4)"),
    );
    check("[imports]\ndeny = [\"probe1.get arg0\"]\n", "");
    check(
        "[imports]\ndeny = [\"probe1.get `arg0.user.email`\"]\n",
        &format!("{email} is denied by `probe1.get arg0.user.email` (p.toml:2)"),
    );
    check(
        "[imports]\ndeny = ['probe1.get arg1[\"k\"]']\n",
        "import `probe1.get arg1[\"k\"]` is denied by `probe1.get arg1[\"k\"]` (p.toml:2)",
    );
    check("\n[imports]\nallow = [\"probe1 *\"]\n", &format!("{email} is on no list of what is allowed (p.toml:3)"));
    check(
        "[imports]\nallow = [\"probe1.get *\", \"probe1 emit\"]\n",
        "import `probe1.field email` is on no list of what is allowed (p.toml:2)",
    );
    check("[imports]\nallow = []\n", &format!("{email} is on no list of what is allowed (p.toml:2)"));
    check(
        "[imports]\nallow = [\"*\"]\ndeny = [\"probe1 emit\"]\n",
        "import `probe1 emit` is denied by `probe1 emit` (p.toml:3)",
    );
    let login = "a probe on `shop.auth.Login.check`";
    check("[probe]\ndeny = [\"shop.auth\"]\n", &format!("{login} is denied by `shop.auth` (p.toml:2)"));
    check("[probe]\ndeny = [\"shop.auth.Login\"]\n", &format!("{login} is denied by `shop.auth.Login` (p.toml:2)"));
    check("[probe]\ndeny = [\"**.check\"]\n", &format!("{login} is denied by `**.check` (p.toml:2)"));
    check("[probe]\ndeny = [\"shop.auth.Log\"]\n", "");
    check("[probe]\ndeny = [\"shop.cart\"]\n", "");
    check("[probe]\nallow = [\"shop\"]\n", "");
    check("[probe]\nallow = [\"shop.cart\"]\n", &format!("{login} is on no list of what is allowed (p.toml:2)"));
    check("[limits]\nevents_per_second = 10\n", "");
}

/// The path that a rule denies is denied however the module spells it.
#[test]
fn another_spelling_is_no_way_around() {
    let policy = policy("[imports]\ndeny = ['probe1.get arg0[\"mail\"]', 'probe1.path .mail[0]']\n");
    for (module, name, denied) in [
        ("probe1.get", r#"arg0["mail"]"#, true),
        ("probe1.get", "arg0['mail']", true),
        ("probe1.get", r#"arg0["\u{6d}ail"]"#, true),
        ("probe1.get", r#"arg0["male"]"#, false),
        ("probe1.path", ".mail[0]", true),
        ("probe1.path", ".mail[1]", false),
    ] {
        assert_eq!(policy.import(module, name).is_err(), denied, "{module} {name}");
    }
}

#[test]
fn budgets_are_held_to_maxima() {
    let policy = policy("[limits]\nfuel_per_fire = 5000\nevents_per_second = 90000\nring_bytes = 1048576\n");
    let lowered = policy.lowered(Budget::DEFAULT);
    assert_eq!((lowered.fuel_per_fire, lowered.events_per_second), (5_000, Budget::DEFAULT.events_per_second));
    assert_eq!(policy.budget(&lowered), Ok(()));
    assert_eq!(policy.budget(&Budget { events_per_second: 90_000, ..lowered }), Ok(()));
    let check = |budget: Budget, expected: &str| {
        assert_eq!(policy.budget(&budget).expect_err(expected).to_string(), expected);
    };
    check(Budget::DEFAULT, "`fuel_per_fire` of 100000 is above the 5000 that the policy allows (p.toml:2)");
    check(
        Budget { events_per_second: 90_001, ..lowered },
        "`events_per_second` of 90001 is above the 90000 that the policy allows (p.toml:3)",
    );
    let ring = policy.asked("ring_bytes", 8 << 20).expect_err("a ring");
    assert_eq!(ring.to_string(), "`ring_bytes` of 8388608 is above the 1048576 that the policy allows (p.toml:4)");
}

/// All probes together may have what one may, and no more than a rule says, whether that is much or little.
#[test]
fn the_rate_of_a_process() {
    let raised = Budget { events_per_second: 1_000_000, ..Budget::DEFAULT };
    let rows = [("", 50_000, 1_000_000), ("= 2000", 2_000, 2_000), ("= 90000", 50_000, 90_000)];
    for (rule, usual, asked) in rows {
        let text =
            if rule.is_empty() { String::new() } else { format!("[limits]\nevents_per_second_process {rule}\n") };
        let policy = policy(&text);
        let found = [Budget::DEFAULT, raised].map(|budget| policy.events_of_process(&budget));
        assert_eq!(found, [usual, asked], "{rule}");
        assert_eq!(policy.asked("events_per_second_process", found[1]), Ok(()), "{rule}");
    }
}

#[test]
fn names_that_tell_secrets() {
    let redaction = Redaction::default();
    let secrets = "password passwd PASSWORD Password _password __password __Login__password user_password userPassword \
        new-password password2 password_1 password_hash passwordConfirmation db_passwd mysql_pwd pwd passphrase secret \
        client_secret SECRET_KEY secrets _secret_value AWS_SECRET_ACCESS_KEY aws_access_key_id api_key apikey APIKey \
        X-Api-Key x_api_key apiKeys stripeApiKey api.key access_key private_key privateKeyPem ssh_key token access_token \
        accessToken refresh_tokens token_value token1 oauth2_token csrf_token CSRF xsrf-token csrfmiddlewaretoken \
        authorization Authorization HTTP_AUTHORIZATION Proxy-Authorization auth basic_auth bearer jwt jwt_token cookie \
        cookies Set-Cookie set_cookie HTTP_COOKIE session db_session sessionid session_id session_key PHPSESSID \
        credential credentials aws_credentials ssn user_ssn social_security_number credit_card creditCardNumber \
        card_number cardNumber card-number cvv cvv2 cvc card_cvc iban pin user_pin pin_code otp totp dbpassword \
        rootpasswd passport_number security_code connection_string";
    for name in secrets.split_whitespace() {
        assert!(redaction.hides(name.as_bytes()), "{name}");
        // Remembered.
        assert!(redaction.hides(name.as_bytes()), "{name}, asked again");
    }
    let others = "user name email tokenizer tokenize token_count token_type max_tokens tokens spinner pinned pins spin \
        mapping opinion shipping session_timeout session_factory sessions secretary author authority authors oauth \
        authenticated auth_required cookie_policy cookbook card cards discard number order_id keyboard key keys public_key \
        primary_key monkey passenger compass passing pass pwdx classification assess access accession \
        possession ivory curve cvs jwtx carriers retval args self x _ __ bearings totpx optpin piny";
    for name in others.split_whitespace() {
        assert!(!redaction.hides(name.as_bytes()), "{name}");
        assert!(!redaction.hides(name.as_bytes()), "{name}, asked again");
    }
    // No names at all, and more of one than is looked at.
    for none in [&b""[..], b"_", b"-", b"\xFF\xFE", &[b'a'; 4096]] {
        assert!(!redaction.hides(none), "{none:?}");
    }
    assert!(redaction.hides("пароль_password".as_bytes()));
}

/// What a policy adds to the list and takes off it.
#[test]
fn lists_of_names_can_be_changed() {
    let redaction = |names: &[&str], allow: &[&str]| {
        let rule = |is| move |name: &&str| Rule { is, text: (*name).to_owned(), value: 0, line: 1 };
        let rules = names.iter().map(rule(Is::Secret)).chain(allow.iter().map(rule(Is::NoSecret))).collect();
        Redaction::new(&Policy { rules, ..Policy::default() })
    };
    let check = |redaction: &Redaction, name: &str, hides: bool| {
        assert_eq!(redaction.hides(name.as_bytes()), hides, "{name}");
    };
    let added = redaction(&["Tax-Number", "dob"], &[]);
    for (name, hides) in [
        ("tax_number", true),
        ("user.taxNumber", true),
        ("dob", true),
        ("user_dob_2", true),
        ("taxnumbers", false),
        ("password", true),
    ] {
        check(&added, name, hides);
    }
    let off = redaction(&[], &["session", "csrf_token"]);
    for (name, hides) in [
        ("session", false),
        ("db_session", false),
        ("session_id", true),
        ("csrfToken", false),
        ("token", true),
        ("password", true),
    ] {
        check(&off, name, hides);
    }
    let none = redaction(&["mine"], &["*"]);
    for (name, hides) in [("password", false), ("token", false), ("mine", true), ("my_own", false)] {
        check(&none, name, hides);
    }
}

#[test]
fn values_that_are_secrets() {
    let redaction = Redaction::default();
    let found = [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "card=5555555555554444;",
        "paid with 378282246310005.",
        "6011111111111117",
        "30569309025904",
        "3530111333300000",
        "6200000000000005",
        "order 12 4111 1111 1111 1111 ok",
        "{\"number\": \"4242424242424242\"}",
        "2223003122003222",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.",
        "AKIAIOSFODNN7EXAMPLE",
        "key: ASIAIOSFODNN7EXAMPLE, region",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "x\n-----BEGIN PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ];
    for text in found {
        assert!(redaction.finds(text.as_bytes()), "{text}");
    }
    let clean = [
        "",
        "4111111111111112",
        "1732750000123456789",
        "411111111111111",
        "41111111111111111111",
        "a4111111111111111",
        "4111111111111111b",
        "4111  1111 1111 1111",
        "2024-11-27 22:56:08.123456",
        "0000000000000000",
        "9999999999999999",
        "550e8400-e29b-41d4-a716-446655440000",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJ.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
        "keyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x",
        "AKIAIOSFODNN7EXAMPL",
        "AKIAiosfodnn7example",
        "XAKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "an ordinary sentence, with 13 or more letters and a dash - or two -- in it",
    ];
    for text in clean {
        assert!(!redaction.finds(text.as_bytes()), "{text}");
    }
}

/// Each pattern alone can be left out.
#[test]
fn patterns_can_be_taken_off() {
    let all = [
        ("payment_card", "4111111111111111"),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x"),
        ("aws_key", "AKIAIOSFODNN7EXAMPLE"),
        ("private_key", "-----BEGIN PRIVATE KEY-----"),
    ];
    for (off, _) in all {
        let redaction = Redaction::new(&policy(&format!("[redact.patterns]\n{off} = false\n")));
        for (name, text) in all {
            assert_eq!(redaction.finds(text.as_bytes()), name != off, "{text} without {off}");
        }
    }
}

/// Text made to be looked at for long is looked at once: work grows with its length.
#[test]
fn work_is_linear() {
    for piece in ["eyJ", "4 ", "4111111111111112 ", "A", "-----BEGIN ", "eyJaaaaaaaa.", "AKIA"] {
        let text = piece.repeat((1 << 18) / piece.len());
        assert_eq!(Redaction::default().finds(text.as_bytes()), piece == "eyJaaaaaaaa.", "{piece}");
    }
}

#[test]
fn types_are_globs() {
    let redaction = Redaction::new(&policy("[redact]\ntypes = [\"shop.vault.*\", \"*.SecretStr\"]\n"));
    for (class, hides) in
        [("shop.vault.Key", true), ("pydantic.types.SecretStr", true), ("shop.cart.Cart", false), ("str", false)]
    {
        assert_eq!(redaction.hides_type(class), hides, "{class}");
    }
    assert!(redaction.has_types() && !Redaction::default().has_types());
}

/// Every example of the page is a policy.
#[test]
fn the_page_has_good_examples() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/POLICY.md")).expect("the page");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() > 3, "{}", examples.len());
    examples.into_iter().for_each(|text| drop(policy(text)));
}
