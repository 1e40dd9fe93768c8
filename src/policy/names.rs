//! Which names tell a secret: the built-in list, and how a name is compared with it.
//!
//! In: a name, as bytes. Out: whether what has that name is withheld. A name is taken apart into words at everything that
//! is no letter or digit, and where small letters turn to capitals; capitals and small letters are the same. Some words
//! tell a secret wherever they stand (`user_password_2`, `X-Api-Key`), others only at the end, because they mean something
//! else in front (`access_token` is one, `token_count` is none). Never here: an allocation, a name that is not looked at
//! as a whole word: `tokenizer` and `spinner` are none.

/// Longer names, and those of more words, are looked at so far.
const BYTES_MAX: usize = 96;
const WORDS_MAX: usize = 16;
/// The longest entry of the lists has so many words.
const RUN_MAX: usize = 4;

/// A word of the lists, zeros behind it: in place, for pointers into text would have to be set right whenever a process loads
/// them.
type Entry = [u8; ENTRY_BYTES];
const ENTRY_BYTES: usize = 20;

const fn entries<const N: usize>(words: [&str; N]) -> [Entry; N] {
    let (mut all, mut i) = ([[0; ENTRY_BYTES]; N], 0);
    while i < N {
        let (word, mut j) = (words[i].as_bytes(), 0);
        while j < word.len() {
            all[i][j] = word[j];
            j += 1;
        }
        i += 1;
    }
    all
}

/// Secrets wherever they stand in a name, also with an `s` behind. Sorted; words without what is between them.
const ANYWHERE: [Entry; 92] = entries([
    "accesskey",
    "accesstoken",
    "accountkey",
    "apikey",
    "apisecret",
    "apitoken",
    "authenticationtoken",
    "authheader",
    "authkey",
    "authorization",
    "authtoken",
    "backupcode",
    "basicauth",
    "bearer",
    "bearertoken",
    "cardcvc",
    "cardcvv",
    "cardnumber",
    "cardpin",
    "ccnumber",
    "clientsecret",
    "connectionstring",
    "consumerkey",
    "cookiejar",
    "credential",
    "creditcard",
    "csrfmiddlewaretoken",
    "csrftoken",
    "customkey",
    "cvc",
    "cvv",
    "dbpass",
    "debitcard",
    "decryptionkey",
    "deploykey",
    "encryptionkey",
    "gpgkey",
    "httpauth",
    "iban",
    "idtoken",
    "jsessionid",
    "jwt",
    "licensekey",
    "logintoken",
    "masterkey",
    "mysqlpwd",
    "onetimecode",
    "passcode",
    "passkey",
    "passphrase",
    "passport",
    "passportnumber",
    "passwd",
    "password",
    "pgpkey",
    "phpsessid",
    "pincode",
    "privatekey",
    "privkey",
    "proxyauth",
    "proxyauthorization",
    "pswd",
    "pwd",
    "recoverycode",
    "refreshtoken",
    "remembertoken",
    "resettoken",
    "rsakey",
    "secret",
    "secretkey",
    "securityanswer",
    "securitycode",
    "securitytoken",
    "servicekey",
    "sessid",
    "sessionid",
    "sessionkey",
    "sessiontoken",
    "sharedkey",
    "signingkey",
    "smtppass",
    "socialsecurity",
    "socialsecuritynumber",
    "sshkey",
    "ssn",
    "storagekey",
    "taxid",
    "totp",
    "userpass",
    "verificationcode",
    "webhookkey",
    "xsrftoken",
]);

/// Secrets as a whole name or at its end: what comes behind says that something else is meant.
const AT_THE_END: [Entry; 9] = entries(["auth", "cookie", "cookies", "csrf", "otp", "pin", "session", "token", "xsrf"]);

/// Words that say only in which form a secret is there; numbers count as such.
const FORMS: [Entry; 23] = entries([
    "again",
    "b64",
    "base",
    "bytes",
    "confirm",
    "confirmation",
    "data",
    "decoded",
    "digest",
    "encoded",
    "encrypted",
    "hash",
    "hashed",
    "header",
    "hex",
    "id",
    "plain",
    "raw",
    "repeat",
    "str",
    "string",
    "text",
    "value",
]);

/// What such a word ends with is written without a border often enough: `dbpassword`.
const ENDINGS: [Entry; 4] = entries(["password", "passwd", "passphrase", "apikey"]);

/// The lists, with what a policy adds and takes off.
#[derive(Default)]
pub(super) struct Names {
    added: Vec<Box<str>>,
    allowed: Vec<Box<str>>,
    no_list: bool,
}

impl Names {
    pub(super) fn add(&mut self, name: &str) {
        self.added.push(joined(name));
    }

    /// Takes one off the list, or all.
    pub(super) fn allow(&mut self, name: &str) {
        self.no_list |= name == "*";
        self.allowed.push(joined(name));
    }

    /// Whether a name tells a secret.
    #[inline(never)]
    pub(super) fn tell(&self, name: &[u8]) -> bool {
        let words = Words::of(name);
        let all = words.run(0, words.count);
        if all.is_empty() || has(&self.allowed, all) {
            return false;
        }
        let end = words.without_forms();
        (0..words.count).any(|from| {
            (from + 1..=words.count.min(from + RUN_MAX))
                .any(|to| self.is_listed(words.run(from, to), to == words.count || to == end))
        })
    }

    /// A run of words. `last`: nothing that matters comes behind.
    fn is_listed(&self, run: &[u8], last: bool) -> bool {
        if has(&self.added, run) {
            return true;
        }
        if self.no_list || has(&self.allowed, run) {
            return false;
        }
        let one = run.strip_suffix(b"s").unwrap_or(run);
        is_in(&ANYWHERE, run)
            || is_in(&ANYWHERE, one) && !has(&self.allowed, one)
            || last && is_in(&AT_THE_END, run)
            || ENDINGS.iter().any(|end| run.ends_with(word(end)) && !has(&self.allowed, word(end)))
    }
}

fn has(names: &[Box<str>], run: &[u8]) -> bool {
    names.iter().any(|name| name.as_bytes() == run)
}

/// In a sorted list.
fn is_in(list: &[Entry], run: &[u8]) -> bool {
    let mut entry = [0; ENTRY_BYTES];
    let Some(front) = entry.get_mut(..run.len()) else { return false };
    front.copy_from_slice(run);
    list.binary_search(&entry).is_ok()
}

/// Without the zeros.
fn word(entry: &Entry) -> &[u8] {
    entry.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// As the lists have it.
fn joined(name: &str) -> Box<str> {
    let words = Words::of(name.as_bytes());
    String::from_utf8_lossy(words.run(0, words.count)).into()
}

/// A name's words in small letters, one behind the other.
struct Words {
    text: [u8; BYTES_MAX],
    /// Where each ends.
    ends: [u8; WORDS_MAX],
    count: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Border,
    Small,
    Capital,
    Digit,
}

fn kind(byte: u8) -> Is {
    match byte {
        b'0'..=b'9' => Is::Digit,
        b'A'..=b'Z' => Is::Capital,
        b'a'..=b'z' | 0x80.. => Is::Small,
        _ => Is::Border,
    }
}

impl Words {
    fn of(name: &[u8]) -> Self {
        let mut words = Self { text: [0; BYTES_MAX], ends: [0; WORDS_MAX], count: 0 };
        let (mut length, mut before) = (0, Is::Border);
        for (i, byte) in name.iter().enumerate() {
            let is = kind(*byte);
            // `apiKey`, and the last capital of `APIKey`.
            let turns = is == Is::Capital
                && (before != Is::Capital || name.get(i + 1).is_some_and(|next| kind(*next) == Is::Small));
            if is != Is::Border && (before == Is::Border || turns || (is == Is::Digit) != (before == Is::Digit)) {
                if words.count == WORDS_MAX {
                    break;
                }
                words.count += 1;
            }
            if is != Is::Border {
                if length == BYTES_MAX {
                    break;
                }
                words.text[length] = byte.to_ascii_lowercase();
                length += 1;
                words.ends[words.count - 1] = u8::try_from(length).unwrap_or(u8::MAX);
            }
            before = is;
        }
        words
    }

    fn end(&self, word: usize) -> usize {
        usize::from(self.ends[word])
    }

    fn run(&self, from: usize, to: usize) -> &[u8] {
        let start = if from == 0 { 0 } else { self.end(from - 1) };
        if to == 0 { &[] } else { self.text.get(start..self.end(to - 1)).unwrap_or_default() }
    }

    /// How many words are left when those are taken off the end that only say the form.
    fn without_forms(&self) -> usize {
        let is_form = |word: &[u8]| word.iter().all(u8::is_ascii_digit) || is_in(&FORMS, word);
        (0..self.count).rev().find(|i| !is_form(self.run(*i, i + 1))).map_or(0, |i| i + 1)
    }
}

#[cfg(test)]
#[test]
fn lists_are_sorted() {
    assert!(ANYWHERE.is_sorted() && AT_THE_END.is_sorted() && FORMS.is_sorted());
}
