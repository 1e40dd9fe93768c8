//! `waspect inspect`: where a module attaches and what it can read, before anybody runs it.
//!
//! In: one file. Out: its manifest in words, or as JSON. Never here: anything that the manifest does not hold.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value as Json, json};
use waspect_abi::{Arg, Import, Reads, WASI_MODULE, import_named};

use super::open::ModuleArgs;
use super::policy::PolicyArgs;
use super::signers::{Signer, signers};
use super::{HEADING, text};
use crate::limits;
use crate::path::{Context, Path, Root};
use crate::spec::words::quoted;
use crate::spec::{ImportUse, Manifest, Options, Point, Probe, Spec};

/// Show where a module attaches, what it reads, and what it needs
///
/// Everything shown is read from the module's bytes: its exports say where it fires, its imports are all it can ask
/// for. A path that is not listed cannot be read.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect inspect slow_calls.wat
  waspect inspect --json slow_calls.wasm | jq '.imports[].name'
  waspect inspect -e 'fn:shop.cart.add:entry { capture(arg0.total); }'
  waspect inspect add.wasm --at 'on_add=fn:shop.cart.add:entry'")]
pub(super) struct Args {
    /// Write one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    policy: PolicyArgs,

    #[command(flatten)]
    module: ModuleArgs,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let module = args.module.open()?;
    let signers = signers(module.manifest(), &args.policy.read()?);
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&as_json(module.manifest(), &signers))?)?;
    } else {
        write(&mut out, module.manifest(), &signers)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut impl Write, manifest: &Manifest, signers: &[Signer]) -> io::Result<()> {
    let size = text::bytes(manifest.wasm_bytes);
    writeln!(out, "{HEADING}{}{HEADING:#}  {size}, {}", manifest.name.escape_debug(), memory(manifest))?;
    writeln!(out, "sha256 {}", hex(&manifest.sha256))?;
    signers.iter().try_for_each(|signer| writeln!(out, "{}", signer.words()))?;
    if manifest.has_initialize {
        writeln!(out, "`_initialize` runs once per instance, before the first firing")?;
    }
    writeln!(out, "\n{HEADING}Attaches{HEADING:#}")?;
    for probe in &manifest.probes {
        writeln!(out, "  {}", probe.spec)?;
        facts(probe).iter().try_for_each(|fact| writeln!(out, "      {fact}"))?;
    }
    let reads_call = |import: &ImportUse| row(import).is_some_and(|known| known.reads == Reads::Subject);
    if !manifest.imports.iter().any(reads_call) {
        writeln!(out, "\n{HEADING}Reads nothing of the call{HEADING:#}")?;
    }
    for (reads, heading) in GROUPS {
        group(out, manifest, heading, |known| known.reads == *reads && !is_idle(known))?;
    }
    group(out, manifest, "Has of WASI, as stubs", is_idle)
}

/// A stub that is there so that the module links.
fn is_idle(known: &Import) -> bool {
    known.module == WASI_MODULE && known.reads == Reads::Nothing
}

/// What an import lets a module do, in the order an operator asks.
const GROUPS: &[(Reads, &str)] = &[
    (Reads::Subject, "Reads of the call"),
    (Reads::Value, "Looks at what it has read"),
    (Reads::Context, "Asks"),
    (Reads::Store, "Keeps"),
    (Reads::Writes, "Writes"),
    (Reads::Nothing, "Makes"),
];

fn group(
    out: &mut impl Write,
    manifest: &Manifest,
    heading: &str,
    belongs: impl Fn(&Import) -> bool,
) -> io::Result<()> {
    let rows = manifest.imports.iter().filter_map(|import| {
        let known = row(import).filter(|known| belongs(known))?;
        Some([words(known, import), format!("{} {}", import.module, quoted(&import.name))])
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{HEADING}{heading}{HEADING:#}")?;
    text::columns(out, "  ", &rows)
}

fn row(import: &ImportUse) -> Option<&'static Import> {
    import_named(&import.module, &import.name)
}

fn words(known: &Import, import: &ImportUse) -> String {
    match known.arg {
        Arg::Fixed(_) => known.does.to_owned(),
        Arg::Path => import.name.parse().map_or_else(|_| known.does.to_owned(), |path| path_words(&path)),
        _ => format!("{}: {:?}", known.does, import.name),
    }
}

/// `argument 0, its .user["email"]`.
fn path_words(path: &Path) -> String {
    let root = root_words(&path.root);
    let steps: String = path.steps.iter().map(ToString::to_string).collect();
    if steps.is_empty() { root } else { format!("{root}, its {steps}") }
}

fn root_words(root: &Root) -> String {
    match root {
        Root::Arg(n) => format!("argument {n}"),
        Root::Itself => "argument 0".to_owned(),
        Root::Args => "the positional arguments".to_owned(),
        Root::Kwargs => "the keyword arguments".to_owned(),
        Root::Local(name) => format!("the local `{name}`"),
        Root::Locals => "all locals".to_owned(),
        Root::Globals => "all globals of the function's module".to_owned(),
        Root::Global(name) => format!("the global `{name}`"),
        Root::Closure(name) => format!("the enclosing function's `{name}`"),
        Root::Retval => "the return value".to_owned(),
        Root::Exception => "the exception".to_owned(),
        Root::ExcType => "the exception's class".to_owned(),
        Root::ExcMessage => "the exception's message".to_owned(),
        Root::Context(which) => context_words(*which).to_owned(),
    }
}

fn context_words(which: Context) -> &'static str {
    match which {
        Context::Pid => "the process id",
        Context::Tid => "the thread id",
        Context::Thread => "the thread's name",
        Context::Task => "the asyncio task's name",
        Context::Request => "the request's id",
        Context::Fn => "the function's name",
        Context::Qualname => "the function's qualified name",
        Context::Module => "the function's module",
        Context::File => "the function's file",
        Context::Line => "the line",
        Context::Now => "the wall clock",
        Context::Mono => "the monotonic clock",
        Context::Elapsed => "the time since the call began",
        Context::Depth => "the call depth",
        Context::Cpu => "the CPU",
    }
}

/// What is said of one probe below its spec.
fn facts(probe: &Probe) -> Vec<String> {
    let Spec { target, point, options, .. } = &probe.spec;
    let subject = if target.is_exact() { " function " } else { " functions like " };
    let when = match point {
        Point::Tick(_) => format!("whenever {} have passed", spec_time(&probe.spec)),
        _ if point.has_call() => [point_words(*point), subject, &target.to_string()].concat(),
        _ => point_words(*point).to_owned(),
    };
    let mut all = vec![when];
    all.extend(option_words(options));
    if probe.export != probe.spec.to_string() {
        all.push(format!("export {}", quoted(&probe.export)));
    }
    let wants = want_words(probe);
    if !wants.is_empty() {
        all.push(format!("uses {}", wants.join(", ")));
    }
    all
}

fn point_words(point: Point) -> &'static str {
    match point {
        Point::Entry => "on entry of",
        Point::Exit => "on return or raise of",
        Point::Return => "on return of",
        Point::Raise => "on raise of",
        Point::Begin => "once in each process, when it is attached there",
        Point::End => "once in each process, when it is detached there or the process ends",
        Point::Tick(_) => "whenever its time has passed",
    }
}

/// `5s` of `tick:5s`.
fn spec_time(spec: &Spec) -> String {
    let plain = Spec { options: Options::default(), tag: None, ..spec.clone() };
    plain.to_string().trim_start_matches("tick:").to_owned()
}

/// The options in the order in which the host tries them.
fn option_words(options: &Options) -> Option<String> {
    let min = Options { min_ns: options.min_ns, ..Options::default() }.to_string();
    let all = [
        options.min_ns.map(|_| format!("only calls of {} or longer", min.trim_start_matches("?min="))),
        options.sample.map(|p| format!("with probability {p}")),
        options.every.map(|n| format!("one time in {n}")),
        options.rate.map(|r| format!("at most {r} times a second")),
        options.fuel.map(|n| format!("with at most {n} fuel")),
        (options.prio != 0).then(|| format!("with priority {}", options.prio)),
        options.request_scope.then(|| "each call a request of its own".to_owned()),
    ];
    let said: Vec<String> = all.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn want_words(probe: &Probe) -> Vec<String> {
    let wants = &probe.wants;
    let mut all: Vec<String> = wants.args.iter().map(|n| format!("argument {n}")).collect();
    let flags = [
        (wants.any_arg, "arguments or locals by name or number"),
        (wants.elapsed, "the time since the call began"),
        (wants.slots, "what it keeps from entry to exit"),
        (wants.emits, "records"),
    ];
    all.extend(flags.iter().filter(|(set, _)| *set).map(|(_, words)| (*words).to_owned()));
    all
}

fn memory(manifest: &Manifest) -> String {
    let Some(memory) = manifest.memory else { return "no memory".to_owned() };
    let size = |pages: u64| text::bytes(pages.saturating_mul(64 << 10));
    let most = memory.pages_max.map_or(u64::MAX, |pages| pages.saturating_mul(64 << 10));
    let bound = manifest.profile.of(limits::GUEST_MEMORY_BYTES_MAX, limits::large::GUEST_MEMORY_BYTES_MAX);
    let most = text::bytes(most.min(bound));
    format!("memory {} growing to at most {most}", size(memory.pages_min))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn as_json(manifest: &Manifest, signers: &[Signer]) -> Json {
    json!({
        "name": manifest.name,
        "sha256": hex(&manifest.sha256),
        "bytes": manifest.wasm_bytes,
        "memory": manifest.memory.map(|m| json!({ "pages_min": m.pages_min, "pages_max": m.pages_max })),
        "initialize": manifest.has_initialize,
        "signed": signers.iter().map(Signer::json).collect::<Vec<_>>(),
        "probes": manifest.probes.iter().map(probe_json).collect::<Vec<_>>(),
        "imports": manifest.imports.iter().map(import_json).collect::<Vec<_>>(),
    })
}

fn probe_json(probe: &Probe) -> Json {
    let Spec { target, point, options, tag } = &probe.spec;
    let wants = &probe.wants;
    json!({
        "export": probe.export,
        "spec": probe.spec.to_string(),
        "target": target.to_string(),
        "exact": target.is_exact(),
        "point": point.name(),
        "options": {
            "sample": options.sample, "every": options.every, "rate": options.rate, "min_ns": options.min_ns,
            "prio": options.prio, "fuel": options.fuel, "scope": options.request_scope.then_some("request"),
        },
        "tag": tag,
        "status": probe.status,
        "wants": {
            "args": wants.args, "any_arg": wants.any_arg, "elapsed": wants.elapsed, "slots": wants.slots,
            "emits": wants.emits,
        },
    })
}

fn import_json(import: &ImportUse) -> Json {
    let known = row(import);
    json!({
        "module": import.module,
        "name": import.name,
        "reads": known.map(|k| format!("{:?}", k.reads).to_lowercase()),
        "does": known.map(|k| words(k, import)),
    })
}
