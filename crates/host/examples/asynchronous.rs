//! Functions of the host that wait, for guests that do not know it: two guests on one thread, each of which stands
//! still while its function of the host waits. Any executor will do.
//!
//! ```text
//! cargo run --example asynchronous
//! ```

use futures::executor::block_on;
use futures::future::join;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};
use terrane::{Caller, Engine, Linker, Module, Result, Store};

const GUEST: &str = r#"(module
    (import "host" "sleep" (func $sleep (param i32)))
    (import "host" "say" (func $say (param i32)))
    (func (export "run") (param $n i32) (param $millis i32)
        (loop $next
            (call $sleep (local.get $millis))
            (call $say (local.get $n))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

async fn guest(linker: &Linker<Vec<u32>>, module: &Module, n: u32, millis: u32) -> Result<Vec<u32>> {
    let mut store = Store::new(linker.engine(), Vec::new());
    let instance = linker.instantiate_async(&mut store, module).await?;
    let run = instance.get_typed_func::<(u32, u32), ()>(&mut store, "run")?;
    run.call_async(&mut store, (n, millis)).await?;
    Ok(store.into_data())
}

#[allow(clippy::print_stdout)]
fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap_async("host", "sleep", |_caller, (millis,): (u32,)| {
        Box::new(Sleep(Instant::now() + Duration::from_millis(millis.into())))
    })?;
    linker.func_wrap("host", "say", |mut caller: Caller<'_, Vec<u32>>, n: u32| caller.data_mut().push(n))?;
    let module = Module::new(&engine, GUEST)?;

    let (first, second) = block_on(join(guest(&linker, &module, 4, 5), guest(&linker, &module, 2, 10)));
    let (first, second) = (first?, second?);
    println!("the first guest said {first:?}, the second {second:?}");
    assert_eq!((first, second), (vec![4, 3, 2, 1], vec![2, 1]));
    Ok(())
}

/// A future that is ready at some time.
struct Sleep(Instant);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        thread::spawn(move || {
            thread::sleep(left);
            waker.wake();
        });
        Poll::Pending
    }
}
