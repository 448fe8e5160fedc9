//! Smaller modules that still differ.

use super::{Case, Difference};

/// How often a case is run again, at most.
const ATTEMPTS: usize = 400;

/// The smallest case found that differs as `case` does, by leaving out bytes of what its module is made of.
pub fn shrink(case: Case, difference: Difference) -> (Case, Difference) {
    let mut best = (case, difference);
    let mut attempts = 0;
    let mut step = best.0.bytes.len() / 2;
    while step > 0 {
        let mut at = 0;
        let mut progress = false;
        while at < best.0.bytes.len() && attempts < ATTEMPTS {
            attempts += 1;
            // The end first: what `wasm-smith` reads last matters least.
            let end = best.0.bytes.len() - at;
            let mut smaller = best.0.clone();
            smaller.bytes.drain(end.saturating_sub(step)..end);
            match smaller.run() {
                Err(difference) if is_smaller(&smaller, &best.0) => {
                    best = (smaller, *difference);
                    progress = true;
                }
                _ => at += step,
            }
        }
        if !progress {
            step /= 2;
        }
        if attempts >= ATTEMPTS {
            break;
        }
    }
    best
}

fn is_smaller(a: &Case, b: &Case) -> bool {
    let size = |case: &Case| case.module().map_or(usize::MAX, |module| module.len());
    size(a) <= size(b)
}
