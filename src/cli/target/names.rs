//! What a process is called.
//!
//! In: a process's short name and words. Out: its names. Never here: a file or a process looked at.

use super::processes::Process;

/// Longer names the kernel cuts.
const COMM_BYTES_MAX: usize = 15;
/// Flags of the interpreter whose value may be the next word.
const WITH_VALUE: &[char] = &['W', 'X'];

/// Whether a process has this name.
pub(super) fn has(process: &Process, name: &str) -> bool {
    let is_cut = process.comm.len() == COMM_BYTES_MAX && name.len() > COMM_BYTES_MAX && name.starts_with(&process.comm);
    is_cut || all(process).iter().any(|own| own == name)
}

/// Whether what it runs is called Python: of one that cannot be looked into.
pub(in crate::cli) fn is_called_python(process: &Process) -> bool {
    let program = process.words.first().map_or("", |word| base(word));
    program.contains("python") || process.comm.contains("python")
}

/// The one that says most of it: the title, the module, the script; nothing for an interpreter that runs a text.
pub(in crate::cli) fn best(process: &Process) -> Option<String> {
    let program = || (!is_called_python(process)).then(|| process.comm.clone());
    title(process).map(str::to_owned).or_else(|| run(process)).or_else(program).filter(|name| !name.is_empty())
}

/// Every name.
pub(super) fn all(process: &Process) -> Vec<String> {
    let mut names = vec![process.comm.clone()];
    names.extend(title(process).map(str::to_owned));
    names.extend(process.words.first().map(|word| base(word).to_owned()));
    if let Some(run) = run(process) {
        names.extend(run.strip_suffix(".py").map(str::to_owned));
        names.push(run);
    }
    names
}

/// How a title begins that a process gave itself: `gunicorn: worker [app]`, `[celeryd: celery@host]`. It is one word with
/// spaces in it, which no program's path begins with.
fn title(process: &Process) -> Option<&str> {
    let [title, ..] = process.words.as_slice() else { return None };
    let title = title.trim_start_matches('[');
    let end = title.find([':', ' '])?;
    let first = &title[..end];
    (!first.is_empty() && !first.contains('/')).then_some(first)
}

/// What the interpreter runs: the module after `-m`, or the script's file name. For `…/shop/__main__.py` it is the folder's.
fn run(process: &Process) -> Option<String> {
    let (program, mut rest) = process.words.split_first()?;
    if !is_interpreter(program) {
        return None;
    }
    let mut at = None;
    while let Some((word, more)) = rest.split_first() {
        rest = more;
        match word.strip_prefix('-') {
            Some(letters) if !letters.is_empty() => match flags(letters) {
                Flags::Plain => {}
                Flags::ValueNext => rest = rest.get(1..)?,
                Flags::Code => return None,
                Flags::Module("") => return rest.first().cloned(),
                Flags::Module(name) => return Some(name.to_owned()),
            },
            _ => {
                at = Some(word);
                break;
            }
        }
    }
    let script = at.filter(|word| *word != "-")?;
    let whole = script.strip_suffix("/__main__.py").unwrap_or(script);
    Some(base(whole).to_owned()).filter(|name| !name.is_empty())
}

/// What a group of one-letter flags ends in.
enum Flags<'a> {
    Plain,
    ValueNext,
    Code,
    /// The name, where it is in the same word.
    Module(&'a str),
}

fn flags(letters: &str) -> Flags<'_> {
    if letters.starts_with('-') {
        // `--check-hash-based-pycs MODE` is the only long one with a value.
        return if letters == "-check-hash-based-pycs" { Flags::ValueNext } else { Flags::Plain };
    }
    for (i, letter) in letters.char_indices() {
        let after = &letters[i + letter.len_utf8()..];
        match letter {
            'm' => return Flags::Module(after),
            'c' => return Flags::Code,
            l if WITH_VALUE.contains(&l) => return if after.is_empty() { Flags::ValueNext } else { Flags::Plain },
            _ => {}
        }
    }
    Flags::Plain
}

fn is_interpreter(program: &str) -> bool {
    ["python", "pypy"].iter().any(|start| base(program).starts_with(start))
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `COMM | WORD WORD …`, where a word's own spaces are written `_`.
    fn process(text: &str) -> Process {
        let (comm, words) = text.split_once(" | ").unwrap();
        let words = words.split(' ').map(|word| word.replace('_', " ").replace("dunder main", "__main__")).collect();
        Process { comm: comm.into(), words, ..Process::default() }
    }

    fn check(text: &str, names: &[&str], shown: Option<&str>) {
        let process = process(text);
        let mut found = all(&process);
        found.sort();
        found.dedup();
        assert_eq!(found, names, "{text}");
        assert_eq!(best(&process).as_deref(), shown, "{text}");
        assert!(names.iter().all(|name| has(&process, name)) && !has(&process, "another"), "{text}");
    }

    #[test]
    fn names_are_those_an_operator_would_say() {
        for (text, names, shown) in [
            (
                "gunicorn | gunicorn:_worker_[shop.app]",
                &["gunicorn", "gunicorn: worker [shop.app]"][..],
                Some("gunicorn"),
            ),
            ("gunicorn | /v/bin/python3.12 /v/bin/gunicorn app", &["gunicorn", "python3.12"], Some("gunicorn")),
            ("python | python -m uvicorn app:app", &["python", "uvicorn"], Some("uvicorn")),
            ("python | python -Im http.server 80", &["http.server", "python"], Some("http.server")),
            ("python | python -mshop.web", &["python", "shop.web"], Some("shop.web")),
            ("python3 | python3 -X dev -Wd manage.py run", &["manage", "manage.py", "python3"], Some("manage.py")),
            ("python3 | python3 -u /srv/shop/dunder_main.py", &["python3", "shop"], Some("shop")),
            ("python3 | python3 /srv/shop", &["python3", "shop"], Some("shop")),
            ("python3 | python3 -c import_time -m other", &["python3"], None),
            ("python3 | python3", &["python3"], None),
            ("python3 | python3 -", &["python3"], None),
            (
                "celery | [celeryd:_celery@host:MainProcess]_-active-",
                &["[celeryd: celery@host:MainProcess] -active-", "celery", "celeryd"],
                Some("celeryd"),
            ),
            ("uwsgi | /usr/bin/uwsgi -m app", &["uwsgi"], Some("uwsgi")),
            ("python3 | /opt/my_app/python3 run.py", &["python3", "run", "run.py"], Some("run.py")),
        ] {
            check(text, names, shown);
        }
        assert!(has(&process("a-name-that-is- | python x"), "a-name-that-is-long"));
        assert!(!has(&process("a-name | python x"), "a-name-that-is-long"));
    }
}
