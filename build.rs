//! Build: tells the compiler which CPython it builds against (`cfg(Py_3_12)` …). Never links anything.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_PYTHON").is_some() {
        pyo3_build_config::use_pyo3_cfgs();
    }
}
