//! The last seconds of a function: what was counted when, and what comes of it.
//!
//! In: what was seen, one moment after the other. Out: rates and times of the last seconds. Never here: a clock, a mean of
//! means: what two moments counted is subtracted.

use std::collections::VecDeque;
use std::time::Duration;

use super::fleet::Seen;
use crate::report::Histogram;

/// What "now" means for a rate: long enough to stand still, short enough to follow.
pub const WINDOW: Duration = Duration::from_secs(5);
/// Seconds that the picture of the rate goes back.
pub const SECONDS_MAX: usize = 120;
/// Moments closer than this are one second of the picture.
const SECOND_MIN: Duration = Duration::from_millis(500);

/// One function's moments.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct History {
    moments: VecDeque<Moment>,
    /// Calls a second, the latest last.
    seconds: VecDeque<u64>,
    /// Since when the last of them is counted.
    since: Option<(Duration, u64)>,
}

#[derive(Clone, PartialEq, Debug)]
struct Moment {
    at: Duration,
    calls: u64,
    latency: Histogram,
}

impl History {
    pub fn add(&mut self, at: Duration, seen: &Seen) {
        self.add_second(at, seen.calls);
        self.moments.push_back(Moment { at, calls: seen.calls, latency: seen.latency.clone().unwrap_or_default() });
        while self.moments.get(1).is_some_and(|second| at.saturating_sub(second.at) >= WINDOW) {
            self.moments.pop_front();
        }
    }

    fn add_second(&mut self, at: Duration, calls: u64) {
        let Some((since, before)) = self.since else {
            self.since = Some((at, calls));
            return;
        };
        let time = at.saturating_sub(since);
        if time < SECOND_MIN {
            return;
        }
        let rate = calls.saturating_sub(before) as f64 / time.as_secs_f64();
        self.seconds.push_back(rate.round() as u64);
        if self.seconds.len() > SECONDS_MAX {
            self.seconds.pop_front();
        }
        self.since = Some((at, calls));
    }

    /// Calls a second over the window; nothing after one moment alone.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.moments.front()?, self.moments.back()?);
        let time = last.at.saturating_sub(first.at).as_secs_f64();
        (time > 0.0).then(|| last.calls.saturating_sub(first.calls) as f64 / time)
    }

    /// Times over the window; where nothing ended in it, those of all calls.
    pub fn latency(&self) -> Option<Histogram> {
        let (first, last) = (self.moments.front()?, self.moments.back()?);
        let recent = without(&last.latency, &first.latency);
        let chosen = if recent.count > 0 { recent } else { last.latency.clone() };
        (chosen.count > 0).then_some(chosen)
    }

    /// Calls a second, of each of the last seconds.
    pub fn seconds(&self) -> Vec<u64> {
        self.seconds.iter().copied().collect()
    }
}

/// What came after: `later` and `earlier` are the same histogram at two moments.
fn without(later: &Histogram, earlier: &Histogram) -> Histogram {
    let before = |low: f64| earlier.buckets.iter().find(|b| b.0.total_cmp(&low).is_eq()).map_or(0, |b| b.2);
    let buckets = later.buckets.iter().map(|&(low, high, n)| (low, high, n.saturating_sub(before(low))));
    Histogram {
        count: later.count.saturating_sub(earlier.count),
        sum: later.sum - earlier.sum,
        buckets: buckets.filter(|b| b.2 > 0).collect(),
    }
}
