//! Programs of the probe language to modules.
//!
//! In: text. Out: times of whole compilations, from text to bytes of a module. Never here: the engine's compiler.

use criterion::Criterion;
use waspect::lang::compile;

/// As people write them: predicates, records, histograms, what a request keeps.
const CLAUSES: [&str; 4] = [
    "fn:shop.cart.*:exit / elapsed > 5ms and retval[\"status\"] != \"ok\" / { capture(fn, args, took = elapsed); }\n",
    "fn:shop.**:exit { @lat[fn] = quantize(elapsed); }\n",
    "fn:shop.web.login:entry { $req.who = arg0.user.name; $req.n += 1; }\n",
    "fn:shop.db.query:raise { if (len(sql) > 100) { log(\"{sql[0:100]}: {exception}\"); } else { @failed[sql] = count(); } }\n",
];

pub(crate) fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("language");
    for clauses in [1, 20] {
        let text: String = CLAUSES.iter().cycle().take(clauses).copied().collect();
        let compiled = compile(&text);
        assert!(compiled.wasm.is_some(), "{:?}", compiled.diagnostics.list());
        group.bench_function(format!("{clauses} clauses"), |bench| bench.iter(|| compile(&text)));
    }
    group.finish();
}
