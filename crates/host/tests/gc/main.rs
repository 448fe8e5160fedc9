//! References that are collected: types, objects, handles, and the collector itself.
//!
//! Every test runs twice: with the collector as it is, and with a collection at every allocation.

mod collection;
mod handles;
mod objects;
mod types;

use std::num::NonZeroU32;
use terrane::{Config, Engine, Error, ErrorKind, Instance, Module, Result, Store, StoreLimits};

/// Runs a test with engines that collect when it is due, and at every allocation.
#[track_caller]
fn both(test: impl Fn(&Engine)) {
    for every in [None, NonZeroU32::new(1)] {
        test(&Engine::new(Config::new().gc_zeal_alloc_counter(every)).unwrap());
    }
}

fn instance<T>(store: &mut Store<T>, text: &str) -> Instance {
    let module = Module::new(store.engine(), text).unwrap_or_else(|error| panic!("{error}"));
    Instance::new(store, &module, &[]).unwrap()
}

fn limited(engine: &Engine, limits: StoreLimits) -> Store<StoreLimits> {
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store
}

/// The request was wrong, and the message says so.
#[track_caller]
fn refused<R>(result: Result<R>, expected: &str) {
    let Err(error) = result else { panic!("it was not refused: {expected}") };
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error:?}");
    assert_eq!(error.to_string(), expected);
}

/// What any handle says that is used too late.
const ENDED: &str =
    "a reference was used after the scope that kept it had ended: see `Rooted::to_owned_rooted`";
/// What any handle says that is used elsewhere.
const ELSEWHERE: &str = "a reference was used with another store than the one it belongs to";

#[track_caller]
fn ended<R>(result: Result<R, Error>) {
    refused(result, ENDED);
}
