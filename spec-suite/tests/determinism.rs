//! With NaNs made canonical, the bits of all results are the same from run to run, and from mode to mode.

use terrane_spec_suite::{Script, scripts};
use terrane_wast::{Mode, RunOptions};

/// The results of a script, all of whose directives hold.
fn results(script: &Script, mode: Mode) -> Vec<String> {
    let report = script.run(&RunOptions {
        mode,
        canonicalize_nans: true,
        keep_results: true,
        ..RunOptions::default()
    });
    assert!(report.is_success(), "{report}");
    assert!(!report.results.is_empty(), "{report}");
    report.results
}

fn computes_floats(script: &Script) -> bool {
    let name = script.path.rsplit('/').next().unwrap_or_default();
    let float = ["f32", "f64", "float_", "conversions", "simd_f", "simd_conversions", "relaxed_m"];
    !script.path.starts_with("terrane/") && float.iter().any(|start| name.starts_with(start))
}

#[test]
fn float_scripts_give_the_same_bits_twice() {
    let mut count = 0;
    for script in scripts().expect("our own scripts can be read").iter().filter(|s| computes_floats(s)) {
        let first = results(script, Mode::Eager);
        assert_eq!(results(script, Mode::Eager), first, "{}", script.path);
        assert_eq!(results(script, Mode::Lazy), first, "{}", script.path);
        count += 1;
    }
    assert!(count > 40, "only {count} scripts were found");
}

/// These scripts have nothing that keeps the bits of a NaN.
#[test]
fn arithmetic_gives_the_one_nan() {
    let all = scripts().expect("our own scripts can be read");
    for (path, nan) in [("wasm-v3/f32.wast", "0x7fc00000"), ("wasm-v3/f64.wast", "0x7ff8000000000000")] {
        let script = all.iter().find(|script| script.path == path).expect("it is in the suite");
        let results = results(script, Mode::Eager);
        let nans: Vec<_> = results.iter().filter(|text| text.contains("NaN")).collect();
        assert!(nans.len() > 400, "only {} NaNs in {path}", nans.len());
        for text in nans {
            assert!(text.contains(nan), "{path}: {text}");
        }
    }
}
