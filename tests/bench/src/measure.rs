//! Taking turns with the clock.

use std::time::Duration;

use crate::Result;

/// What is timed for one column: does its work once and says how long that took.
pub(crate) type Lane<'a> = Box<dyn FnMut() -> Result<Duration> + 'a>;

/// Once a lane has used up this much time it takes no further part: slow engines get fewer samples.
const BUDGET: Duration = Duration::from_secs(30);

/// Runs all lanes in turn, A B C, A B C, … for so many rounds, so that a machine that slows down slows all alike.
///
/// A missing lane stays missing; one that fails yields its error.
pub(crate) fn interleave(rounds: u32, lanes: Vec<Option<Lane<'_>>>) -> Vec<Option<Result<Samples>>> {
    let mut lanes = lanes;
    let mut samples: Vec<Option<Result<Samples>>> =
        lanes.iter().map(|lane| lane.as_ref().map(|_| Ok(Samples::default()))).collect();
    for _ in 0..rounds {
        for (lane, cell) in lanes.iter_mut().zip(&mut samples) {
            let (Some(lane), Some(Ok(taken))) = (lane, cell.as_mut()) else { continue };
            if taken.0.iter().sum::<f64>() > BUDGET.as_secs_f64() {
                continue;
            }
            match lane() {
                Ok(time) => taken.0.push(time.as_secs_f64()),
                Err(error) => *cell = Some(Err(error)),
            }
        }
    }
    samples
}

/// Times of one lane in seconds, in the order in which they were taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(pub(crate) Vec<f64>);

impl Samples {
    /// The middle one; the mean of the middle two if their number is even.
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            len if len % 2 == 1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
        }
    }
}

/// The processor time that `f` takes on this thread: what else the machine does then counts less than with a clock on
/// the wall, and no engine here works on other threads. Its result is dropped after the clock has stopped.
pub(crate) fn time<T>(f: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let start = now();
    let result = f()?;
    let time = now().saturating_sub(start);
    drop(std::hint::black_box(result));
    Ok(time)
}

#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Where there is no such clock, the one on the wall.
#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// The geometric mean of `values`, if there are any.
pub(crate) fn geometric_mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let logs: Vec<f64> = values.into_iter().map(f64::ln).collect();
    (!logs.is_empty()).then(|| (logs.iter().sum::<f64>() / logs.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_odd_and_even_counts() {
        assert_eq!(Samples(vec![3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(Samples(vec![4.0, 1.0, 2.0, 3.0]).median(), 2.5);
    }

    #[test]
    fn geometric_mean_of_reciprocals_is_one() {
        assert!((geometric_mean([0.5, 2.0]).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean([]), None);
    }

    #[test]
    fn lanes_take_turns_and_one_that_fails_drops_out() {
        let order = std::cell::RefCell::new(String::new());
        let lane = |letter: char, ok: bool| -> Option<Lane<'_>> {
            let order = &order;
            Some(Box::new(move || {
                order.borrow_mut().push(letter);
                if ok { Ok(Duration::from_secs(1)) } else { Err("no".into()) }
            }))
        };
        let samples = interleave(2, vec![lane('a', true), lane('b', false), None, lane('c', true)]);
        assert_eq!(*order.borrow(), "abcac");
        assert!(matches!(&samples[0], Some(Ok(s)) if s.0.len() == 2));
        assert!(matches!(&samples[1], Some(Err(_))));
        assert!(samples[2].is_none());
    }
}
