//! Functions by the attribute `host_module` that wait.

use super::{instantiate, run, store};
use futures::executor::block_on;
use futures::future::try_join;
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;
use terrane::{
    Caller, Engine, GuestStringError, Linker, MemoryAccessError, Module, Result, Store, host_module,
};

/// Is ready when it is asked the second time.
async fn later() {
    let mut asked = false;
    let again = poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    again.await;
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("no such page: {0}")]
struct NoSuchPage(String);

#[derive(Default)]
struct Net {
    visited: Mutex<Vec<String>>,
}

#[host_module]
impl Net {
    async fn fetch(&self, url: &str, into: &mut [u8]) -> Result<u32, NoSuchPage> {
        self.visited.lock().unwrap().push(format!("{url}?"));
        later().await;
        let page = url.strip_prefix("page:").ok_or_else(|| NoSuchPage(url.to_owned()))?;
        let len = page.len().min(into.len());
        into[..len].copy_from_slice(&page.as_bytes()[..len]);
        self.visited.lock().unwrap().push(format!("{url}!"));
        Ok(page.len() as u32)
    }

    async fn tell(&self, mut caller: Caller<'_, Vec<String>>, text: String, times: &[u16]) {
        for n in times {
            later().await;
            caller.data_mut().push(format!("{text} {n}"));
        }
    }

    async fn nothing() {
        later().await;
    }

    fn visits(&self) -> u32 {
        self.visited.lock().unwrap().len() as u32
    }
}

const GUEST: &str = r#"(module
    (import "net" "fetch" (func $fetch (param i32 i32 i32 i32) (result i32)))
    (import "net" "tell" (func $tell (param i32 i32 i32 i32)))
    (import "net" "nothing" (func $nothing))
    (import "net" "visits" (func $visits (result i32)))
    (memory 1)
    (data (i32.const 8) "page:Hello!\ff")
    (data (i32.const 32) "\05\00\07\00")
    (func (export "run")
        (call $nothing)
        (drop (call $fetch (i32.const 8) (i32.const 11) (i32.const 100) (i32.const 5)))
        (call $tell (i32.const 100) (i32.const 5) (i32.const 32) (i32.const 2)))
    (func (export "fetch") (param i32 i32 i32 i32) (result i32 i32)
        (call $fetch (local.get 0) (local.get 1) (local.get 2) (local.get 3))
        (call $visits)))"#;

#[test]
fn guests_wait() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    let net = linker.host_module(Net::default()).unwrap();
    let module = Module::new(&engine, GUEST).unwrap();
    let guest = async || -> Result<Vec<String>> {
        let mut store = Store::new(&engine, Vec::new());
        let instance = linker.instantiate_async(&mut store, &module).await?;
        let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
        run.call_async(&mut store, ()).await?;
        Ok(store.into_data())
    };
    let (first, second) = block_on(try_join(guest(), guest())).unwrap();
    assert_eq!(first, ["Hello 5", "Hello 7"]);
    assert_eq!(second, first);
    // Both have waited for the network at the same time.
    let visited = net.visited.lock().unwrap().clone();
    assert_eq!(visited, ["page:Hello!?", "page:Hello!?", "page:Hello!!", "page:Hello!!"]);
}

#[test]
fn errors_come_back() {
    let mut store = store(Vec::new());
    let (instance, _) = instantiate(&mut store, Net::default(), GUEST).unwrap();
    type Four = (u32, u32, u32, u32);
    let fetch = instance.get_typed_func::<Four, (u32, u32)>(&mut store, "fetch").unwrap();
    let mut call = |args: Four| block_on(fetch.call_async(&mut store, args));
    assert_eq!(call((8, 11, 100, 0)).unwrap(), (6, 2));
    assert_eq!(call((8, 4, 100, 0)).unwrap_err().downcast_ref(), Some(&NoSuchPage("page".to_owned())));
    assert!(call((8, 65536, 100, 0)).unwrap_err().is::<MemoryAccessError>());
    assert!(call((8, 12, 100, 0)).unwrap_err().is::<GuestStringError>());
    assert!(call((8, 11, 10, 20)).unwrap_err().to_string().contains("overlap"));
    // The failed ones have not begun, or have not ended.
    assert_eq!(call((8, 11, 100, 0)).unwrap(), (6, 5));
}

#[test]
fn calls_that_cannot_wait() {
    let mut store = store(Vec::new());
    let (instance, _) = instantiate(&mut store, Net::default(), GUEST).unwrap();
    let error = run(&mut store, instance).unwrap_err();
    assert!(error.to_string().contains("call_async"), "{error}");
}
